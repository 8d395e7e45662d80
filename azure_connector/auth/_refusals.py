"""What a 401 or 403 asks for: another credential, another method, or nothing. Pure."""

from __future__ import annotations

from enum import Enum

from ._headers import AuthHeaders
from ._tokens import CachedToken

__all__ = ["Advice", "advise", "keys_are_disabled"]

# A credential this young that came because its predecessor was refused will not get better by asking once more.
_YOUNG = 60.0
# Without knowing what was sent, one that came this recently is taken for newer than the refusal.
_JUST_NOW = 2.0


class Advice(Enum):
    """What to do about a refusal."""

    GIVE_UP = "give up"
    RESEND = "send again with what is in hand"
    RENEW = "fetch another credential first"


def keys_are_disabled(code: str | None, message: str) -> bool:
    """Whether a 403 says that the resource takes no API keys; gateways leave out the code."""
    return code == "AuthenticationTypeDisabled" or "key based authentication is disabled" in message.lower()


def advise(
    status: int,
    cached: CachedToken | None,
    sent: AuthHeaders | None,
    *,
    fixed: bool,
    replaced: float | None,
    now: float,
) -> Advice:
    """What to do about a refusal.

    Args:
        status: the HTTP status.
        cached: the credential in hand.
        sent: the headers that were refused, where the caller knows.
        fixed: there is no other credential: it is a plain value of the settings.
        replaced: when a refused credential was last replaced, seconds since the epoch.
        now: seconds since the epoch.
    """
    if sent is not None and (cached is None or sent.mark != cached.mark):
        return Advice.RESEND if status == 401 or cached is not None else Advice.GIVE_UP
    if status != 401 or fixed:
        return Advice.GIVE_UP
    if cached is None:
        # Dropped for another caller, or never there at all.
        return Advice.GIVE_UP if replaced is None else Advice.RESEND
    age = now - cached.fetched_at
    came_instead = replaced is not None and cached.fetched_at >= replaced
    if came_instead and sent is None and age < _JUST_NOW:
        return Advice.RESEND
    life = cached.refresh_at - cached.fetched_at
    if came_instead and age < min(_YOUNG, life / 2):
        return Advice.GIVE_UP
    return Advice.RENEW
