"""The auth chain: which credential, for which scope, cached and refreshed, and sent to nobody else."""

from __future__ import annotations

from ._authenticator import Authenticator
from ._authenticators import Authenticators
from ._azure_identity import http_options
from ._chain import LinkReport
from ._headers import AuthHeaders
from ._redaction import redact
from ._tokens import expiry_text

__all__ = [
    "AuthHeaders",
    "Authenticator",
    "Authenticators",
    "LinkReport",
    "expiry_text",
    "http_options",
    "redact",
]
