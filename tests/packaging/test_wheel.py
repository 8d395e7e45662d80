"""What would be published: built, checked, and installed into environments that hold nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

import azure_connector
from azure_connector.emulator import Emulator

pytestmark = pytest.mark.release

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0
CALL = """
import json, sys
import azure_connector as ac
with ac.AzureConnector(azure_endpoint=sys.argv[1], api_key=sys.argv[2]) as client:
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello to Oslo"}]}
    reply = client.chat.completions.create(**asked)
    print(json.dumps([reply.choices[0].message.content, ac.azure_info(reply).deployment, ac.__version__]))
"""
TYPED = """
from azure_connector import AzureConnector, azure_info
client = AzureConnector(azure_endpoint="https://x.openai.azure.com", api_key="k")
reveal_type(azure_info)
AzureConnector(deadline="soon")
"""


def run(*command: Any, cwd: Path, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AZURE", "OPENAI"))}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=kept | environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == expect, f"{words}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of this tree, and the wheel that is built from that sdist."""
    where = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", where, ROOT, cwd=where)
    return where


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def empty(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with nothing but the wheel and what it needs."""
    return install(wheel, tmp_path_factory.mktemp("empty"))


def install(wheel: Path, where: Path, extra: str = "", interpreter: str = sys.executable) -> Path:
    run(interpreter, "-m", "venv", where, cwd=where.parent)
    python = where / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    quiet = ("--quiet", "--disable-pip-version-check")
    run(python, "-m", "pip", "install", *quiet, "-c", ROOT / "constraints.txt", wanted, cwd=where)
    return python


def test_the_sdist_builds_the_wheel_that_the_tree_builds(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    (direct,) = tmp_path.glob("*.whl")
    assert contents(direct) == contents(wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_twine_finds_nothing_wrong(built: Path) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir(), cwd=built)


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    found = contents(wheel)
    tops = {name.partition("/")[0] for name in found}
    info = f"azure_connector-{azure_connector.__version__}.dist-info"
    assert tops == {"azure_connector", "sk_azure_plugin", "litellm_adapter", info}
    assert {f"{name}/py.typed" for name in tops - {info}} <= set(found)
    tracked = run("git", "ls-files", *(tops - {info}), cwd=ROOT).stdout.split()
    assert {name for name in found if not name.startswith(info)} == set(tracked)


def test_the_metadata(wheel: Path) -> None:
    info = f"azure_connector-{azure_connector.__version__}.dist-info"
    said = Parser().parsestr(contents(wheel)[f"{info}/METADATA"].decode())
    assert said["Requires-Python"] == ">=3.11"
    assert said["Version"] == azure_connector.__version__
    assert said.get_payload().startswith("# azure-connector\n")
    links = re.findall(r"(?:\]\(|(?:href|src)=[\"']?)([^)\s\"'>]+)", said.get_payload())
    inside = [link for link in links if not link.startswith(("https://", "http://"))]
    assert inside == [], "links that lead nowhere where no repository is around them"


def test_the_sdist_holds_what_a_builder_needs(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "azure_connector/py.typed"} <= names
    assert not [name for name in names if name.startswith((".venv", "site/", ".hypothesis"))]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_a_first_call_on_each_python(wheel: Path, empty: Path, azure: Emulator, tmp_path: Path, version: str) -> None:
    """In an environment with the wheel and what it needs, and nothing else."""
    interpreter = run("make", "--silent", f"python-of-{version}", cwd=ROOT).stdout.strip()
    if not interpreter:
        pytest.skip(f"Python {version} is not installed")
    here = version == f"{sys.version_info.major}.{sys.version_info.minor}"
    python = empty if here else install(wheel, tmp_path / "environment", interpreter=interpreter)
    assert version in run(python, "--version", cwd=tmp_path).stdout
    done = run(python, "-W", "error", "-c", CALL, azure.endpoint, azure.api_key, cwd=tmp_path)
    text, deployment, found = json.loads(done.stdout)
    assert "Oslo" in text
    assert (deployment, found) == ("gpt-4o", azure_connector.__version__)
    assert len(azure.requests) == 1
    told = run(python.with_name("azure-connector"), "--help", cwd=tmp_path, expect=2).stderr
    assert 'pip install "azure-connector[cli]"' in told


def test_what_is_missing_is_named_and_what_is_advised_works(wheel: Path, tmp_path: Path) -> None:
    python = install(wheel, tmp_path / "environment")
    command = python.with_name("azure-connector")
    told = run(command, "--help", cwd=tmp_path, expect=2).stderr
    assert 'pip install "azure-connector[cli]"' in told
    advised = ("install", "--quiet", "-c", ROOT / "constraints.txt", "azure-connector[cli]")
    run(python, "-m", "pip", *advised, cwd=tmp_path)
    assert "doctor" in run(command, "--help", cwd=tmp_path).stdout
    assert azure_connector.__version__ in run(command, "--version", cwd=tmp_path).stdout


def test_a_type_checker_reads_the_installed_package(empty: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(TYPED)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = (sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", empty, "program.py")
    found = json.loads(run(*command, cwd=tmp_path, expect=1).stdout)["generalDiagnostics"]
    errors = [one["message"] for one in found if one["severity"] == "error"]
    assert len(errors) == 1, errors
    assert '"deadline"' in errors[0]
    assert any("AzureInfo" in one["message"] for one in found), "the reply's type is known"
