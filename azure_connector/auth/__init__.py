"""The auth chain: which credential, for which scope, cached and refreshed, and sent to nobody else."""

from ._authenticator import Authenticator
from ._chain import LinkReport
from ._headers import AuthHeaders
from ._redaction import redact

__all__ = ["AuthHeaders", "Authenticator", "LinkReport", "redact"]
