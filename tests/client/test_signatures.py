"""What editors, `help()` and Jupyter show: every argument with a line of text, made only when somebody looks."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
from pathlib import Path

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, ConnectorSettings
from azure_connector.settings import ALIASES, SETTINGS

SNAPSHOT = Path(__file__).with_name("signatures.txt")
SHOWN = {
    "AzureConnector": AzureConnector,
    "AsyncAzureConnector": AsyncAzureConnector,
    "AzureConnector.with_options": AzureConnector.with_options,
    "ConnectorSettings": ConnectorSettings,
}


def lines() -> str:
    """Every signature, an argument a line."""
    return "".join(
        f"{name}\n" + "".join(f"    {one}\n" for one in inspect.signature(of).parameters.values())
        for name, of in SHOWN.items()
    )


def test_the_signatures_are_as_they_were() -> None:
    assert lines() == SNAPSHOT.read_text(encoding="utf-8"), f"if that is meant: write lines() to {SNAPSHOT.name}"


@pytest.mark.parametrize("kind", [AzureConnector, AsyncAzureConnector])
def test_every_setting_is_shown_and_nothing_private(kind: type) -> None:
    for of in (kind, kind.__init__, kind.copy):
        shown = set(inspect.signature(of).parameters) - {"self"}
        assert shown >= {*SETTINGS, *ALIASES, "organization", "websocket_base_url"}
        assert not [name for name in shown if name.startswith("_")]
        assert "options" not in shown
    signature = inspect.signature(kind)
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in signature.parameters.values())
    assert signature.bind(azure_endpoint="x", max_attempts=3).arguments == {"azure_endpoint": "x", "max_attempts": 3}
    with pytest.raises(TypeError, match="azure_endpont"):
        signature.bind(azure_endpont="x")


@pytest.mark.parametrize("kind", [AzureConnector, AsyncAzureConnector, ConnectorSettings])
def test_every_argument_has_a_line_of_text(kind: type) -> None:
    text = inspect.getdoc(kind) or ""
    for name in inspect.signature(kind).parameters:
        told = [line.partition(":")[0].split(", ") for line in text.splitlines()]
        assert any(name in map(str.strip, names) for names in told), name
    shown = pydoc.plain(pydoc.render_doc(kind))
    for name in ("max_attempts", "azure_deployment", "tenant_id"):
        assert shown.count(f"{name}:") > 1, "in the signature and in the text"


def test_jupyters_question_mark_and_completion_know_the_arguments() -> None:
    ipython = pytest.importorskip("IPython.core.interactiveshell")
    from IPython.core.completer import provisionalcompleter

    shell = ipython.InteractiveShell.instance()
    shell.user_ns["AzureConnector"] = AzureConnector
    try:
        asked = shell.inspector.info(AzureConnector)
        assert "azure_deployment: 'str | None' = None" in asked["init_definition"]
        assert "max_attempts: Requests sent for one call" in asked["docstring"]
        typed = "AzureConnector(azure_depl"
        for jedi in (True, False):
            shell.Completer.use_jedi = jedi
            with provisionalcompleter():
                assert [one.text for one in shell.Completer.completions(typed, len(typed))] == ["azure_deployment="]
    finally:
        ipython.InteractiveShell.clear_instance()


def test_a_subclass_with_a_constructor_of_its_own_shows_that() -> None:
    class Mine(AzureConnector):
        def __init__(self, team: str, **options: object) -> None:
            super().__init__(**options)
            self.team = team

    assert list(inspect.signature(Mine).parameters) == ["team", "options"]

    class Same(AzureConnector):
        pass

    assert inspect.signature(Same) == inspect.signature(AzureConnector)


def test_a_signature_is_one_to_whoever_handles_it() -> None:
    signature = inspect.signature(AzureConnector)
    lazy = AzureConnector.__init__.__signature__
    assert isinstance(lazy, inspect.Signature)
    assert pickle.loads(pickle.dumps(signature.replace(parameters=[]))) == inspect.Signature(
        return_annotation=signature.return_annotation
    )
    assert lazy.replace() == lazy
    assert copy.copy(lazy) == lazy
    assert str(lazy).startswith("(self, *, settings")


def test_a_client_with_the_sdks_own_arguments_travels() -> None:
    told = {"organization": "org-1", "project": "p-1", "websocket_base_url": "wss://r.openai.azure.com/x"}
    with AzureConnector(azure_endpoint="https://r.openai.azure.com", **told) as client:
        packed = pickle.dumps(client)
    with pickle.loads(packed) as arrived:
        assert {name: getattr(arrived, name) for name in told} == told
    with (
        AzureConnector(azure_endpoint="https://r.openai.azure.com", webhook_secret="whsec_x") as client,
        pytest.raises(Exception, match="OPENAI_WEBHOOK_SECRET"),
    ):
        pickle.dumps(client)
