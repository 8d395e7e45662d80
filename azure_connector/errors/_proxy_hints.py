"""What to do about a proxy on the way; the same words for calls and `doctor`."""

from __future__ import annotations

import re

from ._hint_context import HintContext

__all__ = ["around", "proxy_hint", "proxy_remedy"]

_STATUS = re.compile(r"\b(407|403|502|503|504)\b")


def proxy_hint(said: str, context: HintContext) -> str:
    """The advice for a call that did not come through its proxy.

    Args:
        said: what the HTTP library said.
        context: what the call looked like.
    """
    found = _STATUS.search(said) if "proxy" in said.lower() else None
    way = around(context.proxy_origin, context.where, context.leave_out("proxy"))
    return proxy_remedy(context.where, context.proxy, context.proxy_origin, way, int(found[1]) if found else 0)


def proxy_remedy(where: str, proxy: str, origin: str, way: str, status: int = 0, offers: str = "") -> str:
    """What to do about a proxy.

    Args:
        where: the endpoint's address.
        proxy: the proxy, without user and password.
        origin: where it is set.
        way: how to go around it (`around`).
        status: what it answered; 0 where it gave no connection.
        offers: the ways to sign in that it offers.
    """
    if status == 407 and offers and "basic" not in offers.lower():
        return (
            f"The proxy {proxy} asks for {offers}, which no setting here can answer: run a local proxy that signs in "
            f"there (px, cntlm) and name it instead in {origin}, or ask for an exception for {where} and go around it: "
            f"{way}."
        )
    if status == 407:
        unless = "" if offers else " `azure-connector doctor` shows whether it takes any: NTLM and Kerberos do not."
        return (
            f"The proxy wants a user and password: write them into its URL (http://USER:PASSWORD@{proxy}), special "
            f"characters as their codes (@ is %40), set by {origin}.{unless}"
        )
    if status:
        return f"Ask whoever runs the proxy {proxy} to allow {where}, or go around it: {way}."
    return (
        f"The way to {where} goes through the proxy {proxy}, which gives no connection: correct its address in "
        f"{origin}, or start it; where none is needed, go around it: {way}."
    )


def around(origin: str, where: str, without: str) -> str:
    """How a host is reached without the proxy.

    Args:
        origin: where the proxy is set: a variable that every program reads, or the setting.
        where: the endpoint's address.
        without: how to take the setting away.
    """
    if not origin.lower().endswith("_proxy"):
        return without or "take the setting proxy away"
    host = where.partition("://")[2].partition("/")[0].rpartition("@")[2]
    name = host if host.startswith("[") else host.partition(":")[0]
    # Programs prefer the name in small letters, so what stands in the other is taken over.
    return f'`export no_proxy="${{no_proxy:-$NO_PROXY}},{name}"`'
