"""The api-versions of Azure OpenAI: which there are, and what each of them can do.

Sources: Microsoft's page on the versions' life cycle and changes, the published documents, and refusals that users
report in these words. Stable and preview versions are two lines: what came with a preview may be in no stable one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .errors import api_version_on_v1, api_version_unknown, azure, invalid, not_found
from .routes import Route
from .rules import Rules
from .served import Since
from .values import items_of, object_of
from .wire import Call

__all__ = ["PREVIEW", "STABLE", "check_fields", "check_version"]

_STABLE = "2022-12-01 2023-05-15 2024-02-01 2024-06-01 2024-10-21"
_PREVIEW = (
    "2023-03-15 2023-06-01 2023-07-01 2023-08-01 2023-09-01 2023-10-01 2023-12-01 2024-02-15 2024-03-01 2024-04-01 "
    "2024-05-01 2024-07-01 2024-08-01 2024-09-01 2024-10-01 2024-12-01 2025-01-01 2025-02-01 2025-03-01 2025-04-01"
)
STABLE = tuple(_STABLE.split())
PREVIEW = tuple(f"{one}-preview" for one in _PREVIEW.split())
# What the v1 form takes; clients that know both forms send it to the classic one too, for the newest version.
WORDS = ("v1", "preview")
NEWEST = "9999"
KNOWN = frozenset([*STABLE, *PREVIEW, *WORDS])


def has(version: str, since: Since) -> bool:
    """Whether a version that exists has what came with others."""
    if version in WORDS:
        return True
    if version in STABLE:
        return since.stable is not None and version >= since.stable
    return version.removesuffix("-preview") >= since.preview


FIELDS: Mapping[str, Since] = {
    "tools": Since("2023-12-01", "2024-02-01"),
    "tool_choice": Since("2023-12-01", "2024-02-01"),
    "parallel_tool_calls": Since("2024-08-01", "2024-10-21"),
    "stream_options": Since("2024-09-01", "2024-10-21"),
    "max_completion_tokens": Since("2024-09-01", "2024-10-21"),
}
JSON_SCHEMA = Since("2024-08-01", "2024-10-21")


def check_version(call: Call, route: Route, rules: Rules) -> None:
    """Refuse an api-version that the form or the operation does not take.

    Raises:
        Refusal: 400 on v1; on classic 404, which is how Azure answers a missing or unknown one and an operation that a
            version does not have.
    """
    version = call.query.get("api-version")
    if route.form == "v1":
        _check_v1(version, rules)
        return
    if route.form == "inference":
        if version is None or not re.fullmatch(r"20\d\d-\d\d-\d\d(-preview)?", version):
            raise not_found()
        return
    date = NEWEST if version in WORDS else (version or "").removesuffix("-preview")
    if version is None or version not in KNOWN or date > route.served.until:
        raise not_found()
    since = route.served.since
    if since is not None and not has(version, since):
        raise not_found()


def _check_v1(version: str | None, rules: Rules) -> None:
    if version is None or (version in WORDS and not rules.versions):
        return
    raise api_version_unknown() if not version[:1].isdigit() else api_version_on_v1()


def check_fields(call: Call) -> None:
    """Refuse what a Chat Completions request has and its classic api-version does not know.

    Raises:
        Refusal: 400.
    """
    version = call.query.get("api-version", "")
    if call.form != "classic" or call.operation != "/chat/completions" or version in WORDS:
        return
    body = object_of(call.body)
    for name, since in FIELDS.items():
        if body.get(name) is not None and not has(version, since):
            raise invalid(f"Unrecognized request argument supplied: {name}")
    kind = object_of(body.get("response_format")).get("type")
    strict = any(object_of(object_of(tool).get("function")).get("strict") for tool in items_of(body.get("tools")))
    if kind == "json_schema" and not has(version, JSON_SCHEMA):
        text = f"response_format value as json_schema is enabled only for api versions {JSON_SCHEMA.preview}-preview"
        raise azure(400, "BadRequest", f"{text} and later")
    if strict and not has(version, JSON_SCHEMA):
        raise invalid("Unrecognized request argument supplied: tools[0].function.strict")
