"""Which of the settings about the API form goes before what the pasted address shows."""

from __future__ import annotations

from typing import NamedTuple

from ._endpoint_url import ApiStyle

__all__ = ["ApiStyleChoice", "choose_api_style"]

_ARGUMENT = 0


class ApiStyleChoice(NamedTuple):
    """What `parse_endpoint` is told."""

    form: ApiStyle | None
    api_version: str | None
    default_api_version: str | None


def choose_api_style(
    form: ApiStyle | None, version: str | None, *, endpoint_level: int, form_level: int, version_level: int
) -> ApiStyleChoice:
    """Decide by how near each setting is: arguments are level 0, then file, environment and `.env`.

    An api-version that is nearer than the address decides the form. One that is as near or farther away, such as an
    `OPENAI_API_VERSION` that lies around, only completes what the address does not say; as an argument beside an
    argument it must not contradict it, which `parse_endpoint` checks.
    """
    if version is None:
        return ApiStyleChoice(form, None, None)
    if form is not None and form_level < version_level:
        return ApiStyleChoice(form, None, version)
    if version_level == _ARGUMENT and _ARGUMENT in (endpoint_level, form_level):
        return ApiStyleChoice(form if form_level == _ARGUMENT else None, version, None)
    if version_level < min(endpoint_level, form_level):
        words = version.strip().lower() in ("v1", "preview", "latest")
        return ApiStyleChoice(None if words else "classic", version, None)
    return ApiStyleChoice(form, None, version)
