"""What is leaned on in others' code: CONTRIBUTING.md's table names all of it, and without any of it calls go on."""

from __future__ import annotations

import ast
import inspect
import re
import weakref
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.client import _resource_client, _web_sockets
from azure_connector.requests import _call_options
from azure_connector.transport import _aiohttp, _loops, _network
from azure_connector.transport import _http_client as http
from tests.support.asking import HELLO

ROOT = Path(__file__).parents[1]
SECTION = "### What is leaned on in others' code"
# Those whose classes of ours stand on others'; the emulator's stand on nothing private.
CLASSES = (
    "azure_connector.client._client",
    "azure_connector.client._azure_type",
    "azure_connector.client._resource_client",
    "azure_connector.transport._http_client",
    "azure_connector.transport._aiohttp",
)
OURS = {"azure_connector", "builtins"}
LOOKUPS = {"getattr", "hasattr", "setattr", "delattr"}
# A named tuple's method.
PUBLIC = {"_replace"}


def private(name: object) -> bool:
    return isinstance(name, str) and bool(re.fullmatch(r"_[a-z]\w+", name))


@cache
def trees() -> dict[Path, ast.Module]:
    found = [file for file in (ROOT / "azure_connector").rglob("*.py") if "emulator" not in file.parts]
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in found}


def defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


def asked(tree: ast.Module) -> Iterator[str]:
    """The private names that a file reads from objects, imports, or looks up by text."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name):
                yield name
            case ast.Call(func=ast.Name(id=function), args=[_, ast.Constant(value=str(name)), *_]) if (
                function in LOOKUPS
            ):
                yield name
            case ast.ImportFrom(module=str(module), names=names, level=0) if not module.startswith("azure_connector"):
                yield from (part for part in (*module.split("."), *(one.name for one in names)))


def leaned_on() -> set[str]:
    """Private names that nothing of their own room defines, and methods of ours that stand in the place of others'."""
    own: dict[Path, set[str]] = defaultdict(set)
    for file, tree in trees().items():
        own[file.parent].update(defined(tree))
    ours = set().union(*own.values())
    names = {
        name
        for file, tree in trees().items()
        for name in asked(tree)
        if private(name) and name not in own[file.parent] and (name not in ours or name in THEIRS)
    }
    return (names | set(overridden())) - PUBLIC


# Names that a room of ours uses for something of its own, and another room reads from others' objects.
THEIRS = {"_auth", "_transport"}


def overridden() -> Iterator[str]:
    for module in map(import_module, CLASSES):
        for kind in (one for one in vars(module).values() if inspect.isclass(one)):
            if kind.__module__ != module.__name__:
                continue
            above = [
                base for base in kind.__mro__[1:] if not base.__module__.startswith(("azure_connector", "builtins"))
            ]
            yield from (name for name in vars(kind) if private(name) and any(name in vars(base) for base in above))


def section() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.partition(SECTION)[2].partition("\n## ")[0]


def test_the_table_names_all_of_it_and_no_more() -> None:
    core = [
        line
        for line in section().splitlines()
        if line.startswith("|") and "_adapter/" not in line and "sk_" not in line
    ]
    named = set(re.findall(r"`(_[a-z]\w+)`", "\n".join(line.split("|")[1] for line in core)))
    assert named == leaned_on()


def test_the_modules_and_tests_that_the_table_names_exist() -> None:
    rows = [line.split("|")[1:5] for line in section().splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) >= 14
    for _, module, without, tests in rows:
        (found,) = re.findall(r"`([\w/]+)`", module)
        bases = (ROOT, ROOT / "azure_connector")
        assert any((base / found).is_dir() or (base / f"{found}.py").is_file() for base in bases), module
        assert without.strip()
        assert all((ROOT / test).exists() for test in re.findall(r"`([\w./]+)`", tests)), tests


class Without:
    """An object that lacks one attribute."""

    def __init__(self, inner: object, name: str) -> None:
        self._held, self._lacking = inner, name

    def __getattr__(self, name: str) -> Any:
        if name == self._lacking:
            raise AttributeError(name)
        return getattr(self._held, name)


@pytest.mark.parametrize("name", ["_auth", "_event_hooks", "_mounts", "_transport"])
def test_an_httpx_that_lacks_a_name_sends_as_it_does(name: str) -> None:
    with openai.DefaultHttpxClient() as client:
        request = client.build_request("GET", "https://resource.openai.azure.com/")
        how = {"follow_redirects": False}
        assert http._Direct.transport_for(client, request, how) is not None
        assert http._Direct.transport_for(Without(client, name), request, how) is None
        assert http.transports_of(Without(client, "_transport")) == [one for one in client._mounts.values() if one]
        assert http.transports_of(Without(client, "_mounts")) == [client._transport]


def test_connections_whose_insides_are_not_known_are_left_alone() -> None:
    _aiohttp._QuietConnector._retire(object(), "key")
    assert _aiohttp._transports(object()) == []
    _loops.cut([object()])
    _network.note_protocol(_network.Stream(object(), weakref.WeakSet()), [object()])
    assert _network.pools_of([object()]) == []


def test_a_socket_that_connects_in_another_way_keeps_its_own() -> None:
    class Manager:
        def __enter__(self) -> str:
            return "open"

    assert "_connect_ws" not in vars(_web_sockets._kind(Manager))


async def answers(azure: Any) -> list[Any]:
    """What a call of each kind gives, sync and async."""
    where = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "max_attempts": 1}
    with AzureConnector(**where) as client:
        chat = client.chat.completions
        found = [chat.create(model="gpt-4o", messages=HELLO).choices[0].message.content]
        chunks = list(chat.create(model="gpt-4o", messages=HELLO, stream=True))
        found.append("".join(one.choices[0].delta.content or "" for one in chunks if one.choices))
        found.append(client.responses.create(model="gpt-4o", input="Say hello to Oslo").output_text)
    async with AsyncAzureConnector(**where) as later:
        found.append((await later.chat.completions.create(model="gpt-4o", messages=HELLO)).choices[0].message.content)
    return found


HELLOS = ["hello to Oslo"] * 4


async def test_clients_work_without_the_options_that_the_sdk_makes(azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, nothing in (("_POST", None), ("_GET", None), ("_LIGHT", None), ("_NAMES", frozenset())):
        monkeypatch.setattr(_call_options, name, nothing)
    assert await answers(azure) == HELLOS
    where = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    with AzureConnector(**where) as client, pytest.raises(RuntimeError, match="request options in a way that is not"):
        client.catalog()


@pytest.mark.parametrize("name", ["_build_request", "_process_response", "_send_request"])
async def test_an_sdk_that_does_not_ask_us_goes_its_own_way(
    azure: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for kind in (_resource_client.ResourceClient, _resource_client.AsyncResourceClient):
        for owner in kind.__mro__:
            if name in vars(owner) and owner.__module__.startswith("azure_connector"):
                monkeypatch.delattr(owner, name)
    assert await answers(azure) == HELLOS


def test_an_sdk_that_does_not_have_requests_signed_is_refused(azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(_resource_client.ResourceClient, "_prepare_request")
    where = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "max_attempts": 1}
    with AzureConnector(**where) as client, pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
