"""The auth chain: which credential, for which scope, cached and refreshed, and sent to nobody else."""

from .authenticator import Authenticator
from .chain import LinkReport
from .headers import AuthHeaders
from .redaction import redact

__all__ = ["AuthHeaders", "Authenticator", "LinkReport", "redact"]
