"""What the doctor looked at, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["CAUSES", "Cause", "Finding", "Status", "Step", "TerminalOnly"]

Status = Literal["ok", "warning", "failed", "skipped"]

Cause = Literal[
    "",
    "api-version",
    "blocked",
    "capacity",
    "certificate",
    "clock-skew",
    "credential",
    "deployment-missing",
    "expired-token",
    "filter",
    "gateway",
    "gateway-key",
    "keys-disabled",
    "network-blocked",
    "no-answer",
    "no-network",
    "no-reply",
    "not-listed",
    "other",
    "overridden",
    "proxy",
    "quota",
    "retired",
    "settings",
    "subscription",
    "tenant",
    "tls-interception",
    "unknown-host",
    "unreachable",
    "wrong-audience",
    "wrong-host",
    "missing-role",
    "wrong-key",
    "wrong-path",
]

CAUSES: Mapping[Cause, str] = {
    "api-version": "The api-version does not go with the URL form or the resource.",
    "blocked": "Azure has blocked the resource.",
    "capacity": "Azure has no capacity for the model at the moment.",
    "certificate": "The host's TLS certificate does not hold.",
    "clock-skew": "This machine's clock is wrong.",
    "credential": "No method of the auth chain gives a credential.",
    "deployment-missing": "The deployment does not exist on the resource.",
    "expired-token": "The Entra ID token has expired.",
    "filter": "The content filter refuses a harmless prompt.",
    "gateway": "A gateway in front of the resource answers instead of it.",
    "gateway-key": "The gateway (API Management) wants a subscription key.",
    "keys-disabled": "Key authentication is switched off on the resource.",
    "missing-role": "The identity is known, but lacks a role on the resource.",
    "network-blocked": "The resource refuses calls from this network.",
    "no-answer": "What answers gives no answer of a model.",
    "no-network": "This machine has no network: no host name can be resolved.",
    "no-reply": "The host accepts connections and answers nothing.",
    "not-listed": "The resource does not list its deployments.",
    "other": "A call failed for another reason.",
    "overridden": "A setting is given more than once; one of them counts.",
    "proxy": "The proxy does not let the connection through.",
    "quota": "The deployment's quota is used up.",
    "retired": "The model is retired, or will be soon.",
    "subscription": "The Azure subscription is not active.",
    "tenant": "The token is of another tenant than the resource.",
    "settings": "The settings cannot be used.",
    "tls-interception": "TLS is intercepted: the certificate's authority is not trusted here.",
    "unknown-host": "The endpoint's host name does not exist.",
    "unreachable": "The host does not accept connections.",
    "wrong-audience": "The token is for another audience.",
    "wrong-host": "The endpoint answers, but it is no Azure OpenAI resource.",
    "wrong-key": "The key is not this resource's.",
    "wrong-path": "Nothing is at the path that is called.",
}
"""What is wrong, in a sentence each."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the doctor is about to do, for a progress display."""

    text: str


class TerminalOnly:
    """Text for the doctor's own terminal: whatever else shows it, stores it or sends it shows nothing.

    Args:
        text: the text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        """The text."""
        return self._text

    def __repr__(self) -> str:
        return "TerminalOnly()"

    def __reduce__(self) -> Any:
        return TerminalOnly, ()

    def __deepcopy__(self, memo: Mapping[int, Any]) -> TerminalOnly:
        return TerminalOnly()


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        check: what was looked at, in the order of the way: `settings`, `endpoint`, `DNS`, `TCP`, `proxy`, `TLS`,
            `HTTP`, `clock`, `credential`, `deployments`, `mapping`, `tenant`, `role`, `call`, `quota`, `filter` or
            `model`.
        status: `ok`, `warning`, `failed`, or `skipped` where an earlier failure leaves nothing to look at.
        detail: what was found; never a secret.
        cause: what is wrong, by its short name; empty where nothing is.
        remedy: what to do about it.
        resource: the resource's name in the settings; empty where it is about none.
        subject: what exactly was looked at, such as a deployment.
        seconds: how long it took, where that matters.
        private: what only the terminal shows, behind the detail: never in `to_dict`, a log or a repr.
        facts: further values, for `--json` and bug reports.
    """

    check: str
    status: Status
    detail: str
    cause: Cause = ""
    remedy: str = ""
    resource: str = ""
    subject: str = ""
    seconds: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    private: TerminalOnly = field(default_factory=TerminalOnly, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "private"}
