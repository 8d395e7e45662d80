"""What the calls to a resource's deployments say together: tenant, role, quota, filter, retirement. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ...deployments import ListedModel
from ._finding import Finding

__all__ = ["verdicts"]

_SOON = 90 * 86400.0  # seconds
_BEFORE = ("tenant", "role")
_BEHIND = ("quota", "filter", "model")
# What a service says only to an identity that it knows and lets in.
_LET_IN = frozenset({"quota", "capacity", "filter", "retired"})


def verdicts(
    calls: Sequence[Finding], credential: Finding | None, models: Iterable[ListedModel], now: float
) -> Iterator[Finding]:
    """The lines of one resource, in the order of the way; each check has one, and a failure stands in its place.

    Args:
        calls: what came of each call; one that failed is of the check that found it.
        credential: what was found about the credential.
        models: what the resource lists.
        now: seconds since the epoch.
    """
    made = [one for one in calls if one.status != "skipped"]
    if not made:
        yield from calls
        return
    failed = {check: [one for one in calls if one.check == check] for check in (*_BEFORE, *_BEHIND)}
    resource = calls[0].resource
    signed_in = "Bearer" if credential is not None and credential.facts.get("audience") else ""
    let_in = any(one.status == "ok" or one.cause in _LET_IN for one in made)
    yield from failed["tenant"] or [_tenant(resource, credential, let_in, bool(failed["role"]), signed_in)]
    yield from failed["role"] or [_role(resource, let_in, signed_in)]
    yield from (one for one in calls if one.check not in failed)
    answered = [one for one in calls if one.check == "call" and one.status == "ok"]
    yield from failed["quota"] or _quota(resource, answered)
    yield from failed["filter"] or _filter(resource, answered)
    yield from failed["model"] or _retirement(resource, answered, models, now)


def _tenant(resource: str, credential: Finding | None, let_in: bool, known: bool, signed_in: str) -> Finding:
    if not signed_in or credential is None:
        return Finding("tenant", "skipped", "a key names none", resource=resource)
    if not (let_in or known):
        return Finding("tenant", "skipped", "not known: no call came that far", resource=resource)
    tenant = credential.facts.get("tenant") or "its own"
    return Finding("tenant", "ok", f"the resource takes tokens of {tenant}", resource=resource)


def _role(resource: str, let_in: bool, signed_in: str) -> Finding:
    if not signed_in:
        return Finding("role", "skipped", "a key needs none", resource=resource)
    if not let_in:
        return Finding("role", "skipped", "not known: no call came that far", resource=resource)
    return Finding("role", "ok", "the identity may call the deployments", resource=resource)


def _quota(resource: str, answered: Sequence[Finding]) -> Iterator[Finding]:
    told = [one for one in answered if _left(one.facts)]
    if not answered:
        return
    if not told:
        yield Finding("quota", "ok", "not used up; how much is left is not told", resource=resource)
        return
    least = min(told, key=lambda one: _share(one.facts))
    name = least.subject.rpartition("@")[0]
    which = f"{name} has the least left" if len(told) > 1 else f"{name} has left"
    yield Finding("quota", "ok", f"{which}: {_left(least.facts)}", resource=resource, subject=least.subject)


def _left(facts: Mapping[str, Any]) -> str:
    parts = [
        f"{facts[f'remaining_{what}']:,} of {facts[f'limit_{what}']:,} {what}"
        if facts.get(f"limit_{what}") is not None
        else f"{facts[f'remaining_{what}']:,} {what}"
        for what in ("tokens", "requests")
        if facts.get(f"remaining_{what}") is not None
    ]
    return " and ".join(parts)


def _share(facts: Mapping[str, Any]) -> float:
    shares = [
        facts[f"remaining_{what}"] / facts[f"limit_{what}"]
        for what in ("tokens", "requests")
        if facts.get(f"remaining_{what}") is not None and facts.get(f"limit_{what}")
    ]
    return min(shares, default=1.0)


def _filter(resource: str, answered: Sequence[Finding]) -> Iterator[Finding]:
    if not answered:
        return
    seen = sorted({name for one in answered for name in one.facts.get("filters", ())})
    detail = f"lets a harmless prompt through ({', '.join(seen)})" if seen else "stopped nothing"
    yield Finding("filter", "ok", detail, resource=resource)


def _retirement(
    resource: str, answered: Sequence[Finding], models: Iterable[ListedModel], now: float
) -> Iterator[Finding]:
    """One line for each model that retires soon; else one for all."""
    if not answered:
        return
    ends = {one.id: one.retires for one in models if one.resource == resource and one.retires is not None}
    served = {str(one.facts.get("served_model")): one for one in answered}
    soon = {name: ends[name] for name in served if name in ends and ends[name] - now < _SOON}
    for name, end in soon.items():
        word = "retires" if end > now else "was to retire"
        remedy = (
            f"Deploy the successor of {name} under the same name before its date, and nothing need be changed here. "
            "Dates: https://aka.ms/oai/model-retirements."
        )
        detail, subject = f"{name} {word} on {_day(end)}", served[name].subject
        yield Finding("model", "warning", detail, "retired", remedy, resource, subject, facts={"retires": end})
    if not soon:
        known = min((ends[name] for name in served if name in ends), default=None)
        told = "no date of retirement is told" if known is None else f"the first to retire does so on {_day(known)}"
        yield Finding("model", "ok", told, resource=resource, facts={"retires": known})


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
