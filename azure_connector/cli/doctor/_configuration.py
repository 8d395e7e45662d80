"""The settings as the doctor shows them, and what is wrong with them before anything is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import ConfigurationError
from ...settings import METHODS, leave_out
from ._finding import Finding

if TYPE_CHECKING:
    from ...settings import ConnectorSettings, Resource

__all__ = ["SettingRow", "check_endpoint", "check_settings", "rows_of", "unusable"]

_KINDS = {
    "azure": "Azure OpenAI",
    "foundry": "Azure AI Foundry",
    "gateway": "API Management",
    "loopback": "this machine (an emulator or a gateway)",
    "other": "a host of your own (a gateway, or a private name)",
}


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting that some source gives: its value, secrets masked, and where it came from."""

    setting: str
    value: str
    origin: str
    trust: str = ""


def rows_of(settings: ConnectorSettings) -> tuple[SettingRow, ...]:
    """Every setting that is given; credentials that were found and are not used, too."""
    shown = settings.to_dict()
    rows = [
        SettingRow(name, _text(shown[name]), origin, settings.trust.get(name, ""))
        for name, origin in settings.origins.items()
        if origin != "default"
    ]
    return (*rows, *(SettingRow(name, "(not used)", why) for name, why in settings.set_aside.items()))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def unusable(error: ConfigurationError) -> Finding:
    """The finding for settings that could not be read."""
    detail = str(error).removesuffix(error.hint).strip()
    version = "api_version" in detail and "v1" in detail
    remedy = error.hint or "Correct the setting that is named; nothing was sent."
    return Finding("settings", "failed", detail, "api-version" if version else "settings", remedy)


def check_settings(settings: ConnectorSettings) -> Iterator[Finding]:
    """What the settings come to, and what was left unread or overridden."""
    given = [name for name, origin in settings.origins.items() if origin != "default"]
    methods = [name for name in METHODS if name in given]
    resources = settings.resource_map()
    named = f", {len(resources)} resources" if len(resources) > 1 else ""
    found = sorted(name for name, trust in settings.trust.items() if trust == "found")
    facts = {"credentials": methods, "found": found}
    yield Finding("settings", "ok", f"{len(given)} settings{named}", facts=facts)
    for remark in settings.remarks:
        remedy = (
            "Remove the one that is not meant, or name the file (AZURE_CONNECTOR_CONFIG, AZURE_CONNECTOR_ENV_FILE)."
        )
        yield Finding("settings", "warning", remark, "overridden", remedy)


def check_endpoint(resource: Resource, settings: ConnectorSettings) -> Iterator[Finding]:
    """The endpoint's form; an api-version that lies around and is not sent is pointed out."""
    endpoint = resource.endpoint
    form = f"classic form, api-version {endpoint.api_version}" if endpoint.form == "classic" else "v1 form"
    facts = {
        "base": endpoint.base,
        "form": endpoint.form,
        "api_version": endpoint.api_version,
        "kind": endpoint.kind,
        "cloud": endpoint.cloud,
    }
    detail = f"{endpoint.base}: {_KINDS[endpoint.kind]}, {form}"
    yield Finding("endpoint", "ok", detail, resource=resource.name, facts=facts)
    origin = settings.origins.get("api_version", "default")
    if resource.name == "default" and endpoint.form == "v1" and settings.api_version and origin != "default":
        yield Finding(
            "endpoint",
            "warning",
            f"api_version {settings.api_version} ({origin}) is not sent: the endpoint's URL is of the v1 form, which "
            "takes none",
            "api-version",
            f"{leave_out('api_version', origin, os.environ)}: the endpoint needs none.",
            resource.name,
        )
