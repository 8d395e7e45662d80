"""Secrets taken out of texts that come from elsewhere: error messages, outputs of commands, log lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import SecretStr

__all__ = ["MASK", "redact"]

MASK = "**********"

# Shorter ones would blank out innocent words; no real key or token is that short.
_SHORTEST_SECRET = 6

_PATTERNS = (
    # A JSON Web Token: three base64url parts, the first of which is an object.
    re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(r"(?i)(?<=\bbearer )[\w.~+/=-]{8,}"),
    re.compile(
        r"(?i)(?P<name>\b(?:api[-_]?key|(?:ocp-apim-)?subscription-key|client_secret|client_assertion|password"
        r"|(?:access|refresh|id)_token|accesstoken|x-identity-header|sig)\b[\"']?\s*[:=]\s*[\"']?)"
        r"(?P<value>[^\s\"'&,;}{]{6,})"
    ),
)


def redact(text: str, secrets: Iterable[SecretStr | str | None] = ()) -> str:
    """The text without the given secrets and without anything that looks like a token, a key or a password.

    Args:
        text: a message from a library, a service or a user's own code.
        secrets: values that are known to be secret.
    """
    for secret in secrets:
        value = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
        if value and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(_masked, text)
    return text


def _masked(match: re.Match[str]) -> str:
    return f"{match['name']}{MASK}" if "name" in match.re.groupindex else MASK
