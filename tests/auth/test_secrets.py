"""Canaries in every secret: none may appear in a repr, a log record, an error, a traceback with locals, a pickle."""

from __future__ import annotations

import copy
import io
import logging
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import SecretStr

from azure_connector.auth import Authenticator
from azure_connector.emulator.entra import EntraID

Make = Callable[..., Authenticator]
CANARY = "c4nary-0f-the-c0al-mine"


@pytest.fixture
def every_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that any library logs, at DEBUG, with tracebacks."""
    monkeypatch.setattr(logging.getLogger("azure.identity"), "disabled", False)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(before)
    root.removeHandler(handler)


def shown_by(error: BaseException) -> str:
    """All that a crash reporter would keep."""
    text = io.StringIO()
    traceback.TracebackException.from_exception(error, capture_locals=True).print(file=text)
    return "\n".join([text.getvalue(), repr(error), str(error), repr(vars(error)), repr(error.args)])


def shown_of(authenticator: Authenticator) -> str:
    """All that a debugger's first look or a careless log line shows, three levels deep."""
    seen: list[str] = [repr(authenticator), repr(authenticator.describe()), str(authenticator.describe())]

    def look(value: object, depth: int) -> None:
        seen.append(repr(value))
        if depth and hasattr(value, "__dict__"):
            for inner in vars(value).values():
                look(inner, depth - 1)

    look(authenticator, 3)
    return "\n".join(seen)


def raising(canary: str) -> Callable[[], str]:
    def raises() -> str:
        token = canary
        raise ValueError(f"cannot parse {token}")

    return raises


def key_with_line_break(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"api_key": lambda: f"{CANARY}\r\nX-Evil: 1"}


def token_provider_raises(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    # A token as it looks: nobody knows it, its shape alone gives it away.
    return {"azure_ad_token_provider": raising(f"eyJhbGciOiJub25lIn0.{CANARY}.{CANARY}")}


def wrong_secret(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"app": entra.register_app(secret="another"), "client_secret": SecretStr(CANARY)}


def unreachable(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {
        "app": entra.register_app(secret=CANARY),
        "client_secret": SecretStr(CANARY),
        "tenant_id": "nowhere.example",
    }


def wrong_password(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    written = entra.write_certificate(password="right-password")
    return {
        "app": entra.register_app(certificate=written),
        "client_certificate_path": str(written.path),
        "client_certificate_password": SecretStr(CANARY),
    }


def bad_federated_token(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "token").write_text(CANARY)
    return {"app": entra.register_app(federated="subject"), "federated_token_file": str(tmp_path / "token")}


def subscription_key_beside(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"apim_subscription_key": SecretStr(CANARY), "azure_ad_token_provider": raising(CANARY)}


CASES = [
    key_with_line_break,
    token_provider_raises,
    wrong_secret,
    unreachable,
    wrong_password,
    bad_federated_token,
    subscription_key_beside,
]


@pytest.mark.parametrize("case", CASES)
async def test_no_failure_shows_a_secret(
    case: Callable[[EntraID, Path], dict[str, Any]],
    entra: EntraID,
    via_entra: Make,
    tmp_path: Path,
    every_log: io.StringIO,
) -> None:
    authenticator = via_entra(**case(entra, tmp_path))
    errors: list[BaseException] = []
    with pytest.raises(openai.OpenAIError) as caught:
        authenticator.headers()
    errors.append(caught.value)
    with pytest.raises(openai.OpenAIError) as caught:
        await authenticator.aheaders()
    errors.append(caught.value)
    for error in errors:
        assert CANARY not in shown_by(error)
        at: BaseException | None = error
        while at is not None:
            assert at is error or at.__traceback__ is None
            at = at.__cause__ or at.__context__
    assert CANARY not in shown_of(authenticator)
    assert CANARY not in every_log.getvalue()
    assert not authenticator.refused(401)
    assert CANARY not in every_log.getvalue()


GOOD: dict[str, Callable[[EntraID], dict[str, Any]]] = {
    "key": lambda entra: {"api_key": SecretStr(CANARY)},
    "key callable": lambda entra: {"api_key": lambda: CANARY},
    "token": lambda entra: {"azure_ad_token": SecretStr(CANARY)},
    "provider": lambda entra: {"azure_ad_token_provider": lambda: CANARY},
    "subscription key": lambda entra: {"apim_subscription_key": SecretStr(CANARY)},
    "client secret": lambda entra: {"app": entra.register_app(secret=CANARY), "client_secret": SecretStr(CANARY)},
}


@pytest.mark.parametrize("name", GOOD)
def test_nothing_that_works_shows_a_secret(name: str, entra: EntraID, via_entra: Make, every_log: io.StringIO) -> None:
    authenticator = via_entra(**GOOD[name](entra))
    headers = authenticator.headers()
    secrets = [CANARY, *(value.removeprefix("Bearer ") for value in headers.values())]
    authenticator.refused(401, "PermissionDenied", "no", headers)
    shown = shown_of(authenticator) + every_log.getvalue()
    try:
        raise RuntimeError("the caller's own fault")
    except RuntimeError as error:
        # Our objects among the locals of somebody else's frame.
        held = (authenticator, authenticator.headers(), authenticator._active, authenticator._active.cache.cached)
        assert held
        text = io.StringIO()
        kept = {key: value for key, value in sys._getframe().f_locals.items() if key in ("authenticator", "held")}
        traceback.TracebackException.from_exception(error, capture_locals=False).print(file=text)
        shown += repr(kept) + text.getvalue()
    for secret in secrets:
        assert secret not in shown


def test_nothing_is_pickled(make: Make) -> None:
    authenticator = make(api_key=SecretStr(CANARY))
    for value in (authenticator, authenticator.headers(), authenticator._active.cache.cached):
        with pytest.raises(TypeError):
            pickle.dumps(value)
    assert copy.deepcopy(authenticator.headers()) is authenticator.headers()


def test_an_error_that_was_caught_holds_no_secret_in_what_can_be_reached(
    entra: EntraID, via_entra: Make, tmp_path: Path
) -> None:
    """Not even on purpose: neither the request that was sent nor a frame hangs on the error."""
    authenticator = via_entra(**wrong_secret(entra, tmp_path))
    with pytest.raises(Exception, match="AADSTS7000215") as caught:
        authenticator.headers()
    found: list[str] = []
    seen: set[int] = set()

    def walk(value: object, depth: int) -> None:
        if id(value) in seen or depth == 0:
            return
        seen.add(id(value))
        if isinstance(value, str):
            if CANARY in value:
                found.append(value)
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(key, depth - 1)
                walk(inner, depth - 1)
        elif isinstance(value, (list, tuple, set)):
            for inner in value:
                walk(inner, depth - 1)
        elif isinstance(value, BaseException):
            walk(value.__cause__, depth - 1)
            walk(value.__context__, depth - 1)
            walk(vars(value), depth - 1)
        elif hasattr(value, "__dict__") and not isinstance(value, type):
            walk(vars(value), depth - 1)

    walk(caught.value, 12)
    assert found == []
