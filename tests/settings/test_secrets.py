"""A secret planted in every secret setting appears nowhere."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest

from azure_connector.errors import ConfigurationError
from azure_connector.settings import ENVIRONMENT, SECRET_SETTINGS, ConnectorSettings
from tests.support.tables import each_row

CANARY = "canary-4f9c2b"
URL = "https://r.openai.azure.com"


def planted(**more: Any) -> ConnectorSettings:
    secrets: dict[str, Any] = dict.fromkeys(SECRET_SETTINGS - {"azure_ad_token"}, CANARY)
    resource = {"azure_endpoint": URL, **dict.fromkeys(SECRET_SETTINGS - {"redis_url", "proxy"}, CANARY)}
    return ConnectorSettings(
        **{
            **secrets,
            "client_secret": None,  # a second credential argument would contradict the first
            "azure_endpoint": URL,
            "default_headers": {"x-gateway-key": CANARY},
            "resources": {"west": resource},
            **more,
        }
    )


class Telltale:
    """A credential whose repr shows its secret, as some do."""

    get_token = None

    def __repr__(self) -> str:
        return f"Telltale({CANARY})"


def test_no_rendering_of_the_settings_shows_a_secret() -> None:
    settings = planted()
    resources = settings.resource_map()
    renderings: list[object] = [
        repr(settings),
        str(settings),
        f"{settings!r:>10}",
        settings.to_dict(),
        settings.model_dump(),
        settings.model_dump_json(),
        dict(settings),
        settings.origins,
        settings.set_aside,
        repr(resources),
        repr(resources["default"].auth),
        repr(resources["west"]),
        settings.derived(timeout=3),
        vars(settings),
        settings.__pydantic_private__,
    ]

    for rendering in renderings:
        assert CANARY not in str(rendering)
    assert "**********" in str(settings.to_dict()["api_key"])
    assert settings.to_dict()["default_headers"] == {"x-gateway-key": "**********"}


def test_an_objects_own_repr_is_not_trusted() -> None:
    settings = ConnectorSettings(azure_endpoint=URL, credential=Telltale())

    for rendering in (repr(settings), settings.to_dict(), settings.model_dump_json(), repr(settings.resource_map())):
        assert CANARY not in str(rendering)
        assert "Telltale" in str(rendering)


def test_secrets_are_used_all_the_same() -> None:
    settings = planted()

    assert settings.resource_map()["default"].auth.api_key.get_secret_value() == CANARY  # type: ignore[union-attr]
    assert settings.resource_map()["west"].auth.client_secret.get_secret_value() == CANARY  # type: ignore[union-attr]
    assert settings.default_headers["x-gateway-key"] == CANARY


def test_nothing_is_pickled() -> None:
    settings = planted()

    for thing in (settings, settings.resources["west"], settings.default_headers, settings.resource_map()["west"]):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def rendered(error: BaseException) -> str:
    """The error as the most talkative of loggers shows it: chained, and with the locals of our frames."""
    seen: list[str] = []
    link: BaseException | None = error
    while link is not None:
        shown = traceback.TracebackException.from_exception(link, capture_locals=True)
        for frame in shown.stack:
            # The frame of this test holds the secret itself, as any caller does.
            if frame.filename != __file__:
                seen += [str(frame.locals)]
        seen += [str(link), repr(link), str(getattr(link, "__dict__", ""))]
        link = link.__cause__ or link.__context__
    return "\n".join(seen)


BAD = {"timeout": "soon", "unknown_setting": 1, "azure_endpoint": "ftp://x", "deployment_mapping": {"a": "b@nowhere"}}


@each_row("bad", BAD)
def test_no_error_shows_a_secret_of_its_neighbours(bad: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        planted(**{bad: BAD[bad]})

    assert CANARY not in rendered(caught.value)


@each_row("address", ["ftp://x", "https://other.openai.azure.com"])
def test_no_error_of_a_change_shows_a_secret(address: str) -> None:
    settings = planted()

    with pytest.raises(ConfigurationError) as caught:
        settings.derived(azure_endpoint=address, redis_url=CANARY, default_headers={"x": CANARY})

    assert CANARY not in rendered(caught.value)


@each_row("setting", sorted(SECRET_SETTINGS))
@each_row("shape", [[CANARY], {"key": CANARY}, CANARY.encode(), (CANARY,)])
def test_a_secret_of_the_wrong_type_is_not_shown(setting: str, shape: Any) -> None:
    with pytest.raises(ConfigurationError, match=setting) as caught:
        ConnectorSettings(**{setting: shape})

    assert CANARY not in rendered(caught.value)


@each_row("setting", ["api_key", "azure_ad_token", "apim_subscription_key", "default_headers"])
def test_a_secret_with_a_line_break_is_not_shown(setting: str) -> None:
    value: Any = f"{CANARY}\r\nx: y"

    with pytest.raises(ConfigurationError, match=setting) as caught:
        ConnectorSettings(**{setting: {"x-key": value} if setting == "default_headers" else value})

    assert CANARY not in rendered(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f'api_key = "{CANARY}"\nfoo = 1',
        f'api_kee = "{CANARY}"',
        f'api_key = "{CANARY}"\napi_key = "{CANARY}"',
        f'api_key = "{CANARY}',
        f'api_key = """\n{CANARY}',
        f"api_key = {CANARY}",
        f'api_key = ["{CANARY}"]',
        f'[resources.west]\nazure_endpoint = "{URL}"\napi_key = "{CANARY}"\nfoo = 1',
        f'[resources.west]\nazure_endpoint = "{URL}"\napi_kee = "{CANARY}"',
        f'[deployment_mapping]\n"gpt-5" = 5\napi_key = "{CANARY}"',
    ],
)
def test_no_error_about_a_file_shows_a_secret(text: str, bare_machine: Path) -> None:
    (bare_machine / "azure_connector.toml").write_text(text)

    with pytest.raises(ConfigurationError) as caught:
        ConnectorSettings()

    assert CANARY not in rendered(caught.value)


def test_no_error_about_variables_shows_a_secret(monkeypatch: pytest.MonkeyPatch, bare_machine: Path) -> None:
    for setting in SECRET_SETTINGS:
        monkeypatch.setenv(ENVIRONMENT[setting][0], CANARY)
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT_MAPPING", "{")
    (bare_machine / ".env").write_text(f"AZURE_API_KEY={CANARY}\nAZURE_OPENAI_TEMPERATURE=warm\n")

    with pytest.raises(ConfigurationError) as caught:
        ConnectorSettings()
    assert CANARY not in rendered(caught.value)

    monkeypatch.delenv("AZURE_OPENAI_DEPLOYMENT_MAPPING")
    with pytest.raises(ConfigurationError, match=r"\.env AZURE_OPENAI_TEMPERATURE") as caught:
        ConnectorSettings()
    assert CANARY not in rendered(caught.value)


def test_no_log_shows_a_secret(bare_machine: Path) -> None:
    (bare_machine / "azure_connector.toml").write_text(
        f'[provider.config]\nazure_endpoint = "{URL}"\n[provider.config.deployment_mapping]\n"a" = "b"\n'
        f'api_key = "{CANARY}"\n'
    )
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("azure_connector")
    logger.addHandler(handler)
    before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        settings = ConnectorSettings()
        settings.deployments.resolve("a", "/chat/completions")
        logger.debug("settings: %s, %r", settings, settings.resource_map())
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)

    assert "api_key" in stream.getvalue()
    assert CANARY not in stream.getvalue()
