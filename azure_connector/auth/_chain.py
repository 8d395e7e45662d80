"""Which method of the chain is used, and why the others are not. Pure: nothing is built, read or sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from ..errors import ConfigurationError
from ..settings import ENVIRONMENT, AuthSettings
from ..settings import METHODS as ORDER
from ._tokens import expiry_text

__all__ = ["METHODS", "Link", "LinkReport", "LinkState", "Method", "choose", "links_of", "report"]

Method = Literal[
    "api-key",
    "key vault",
    "static token",
    "token provider",
    "credential object",
    "client secret",
    "client certificate",
    "workload identity",
    "managed identity",
    "subscription key",
    "default credential",
]
LinkState = Literal["chosen", "passed over", "not configured", "incomplete", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one method is recognized in the settings.

    Attributes:
        method: its name.
        needs: the settings that must all be set; the first one is what makes it configured.
    """

    method: Method
    needs: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """What to set for each of them, as an error names it."""
        return tuple(_to_set(setting) for setting in self.needs)


def _to_set(setting: str) -> str:
    names = ENVIRONMENT.get(setting)
    if names is None:
        return f"the argument {setting}"
    return f"{names[0]}=true" if setting.startswith("use_") else names[0]


_APPLICATION = ("client_id", "tenant_id")
_NAMES: Mapping[str, tuple[Method, tuple[str, ...]]] = {
    "api_key": ("api-key", ()),
    "key_vault_secret": ("key vault", ()),
    "azure_ad_token": ("static token", ()),
    "azure_ad_token_provider": ("token provider", ()),
    "credential": ("credential object", ()),
    "client_secret": ("client secret", _APPLICATION),
    "client_certificate_path": ("client certificate", _APPLICATION),
    "federated_token_file": ("workload identity", _APPLICATION),
    "use_managed_identity": ("managed identity", ()),
    "use_default_credential": ("default credential", ()),
    # A gateway often signs in to the resource itself, so its subscription key may be all that a caller has.
    "apim_subscription_key": ("subscription key", ()),
}
"""Setting -> the method that it chooses, and what else that needs."""

# The order is the settings': the first that is configured wins.
_RULES = tuple(
    _Rule(_NAMES[setting][0], (setting, *_NAMES[setting][1])) for setting in (*ORDER, "apim_subscription_key")
)
METHODS: tuple[Method, ...] = tuple(rule.method for rule in _RULES)


@dataclass(frozen=True, slots=True)
class Link:
    """One method of the chain, as the settings have it.

    Attributes:
        method: its name.
        configured: whether everything that it needs is set.
        missing: what is still needed where a part of it is set, e.g. `tenant_id (AZURE_TENANT_ID)`.
        origin: where its first setting came from, e.g. `argument` or `environment AZURE_CLIENT_SECRET`, or why the
            settings left it out; empty where it has none.
        variables: what to set to configure it.
        implied: it is used only because nothing else is configured.
    """

    method: Method
    configured: bool
    missing: tuple[str, ...] = ()
    origin: str = ""
    variables: tuple[str, ...] = ()
    implied: bool = False

    @property
    def is_named(self) -> bool:
        """Whether some source of settings names it, used or not."""
        return self.configured or bool(self.origin)


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What `explain` and `doctor` show about one method.

    Attributes:
        name: the method.
        configured: whether its settings are complete.
        origin: where they came from; empty where it is not configured.
        state: what became of it.
        detail: an error's text, what is missing, or what to set; never a secret.
        expires_at: when the credential in hand expires, seconds since the epoch; None where there is none in hand
            or it does not expire.
    """

    name: str
    configured: bool
    origin: str
    state: LinkState
    detail: str = ""
    expires_at: float | None = None

    def __str__(self) -> str:
        parts = [f"{self.name}: {self.state}"]
        if self.origin:
            parts.append(f"from {self.origin}")
        if self.detail:
            parts.append(" ".join(self.detail.split()))
        if self.expires_at is not None:
            parts.append(expiry_text(self.expires_at))
        return ", ".join(parts)


def links_of(auth: AuthSettings) -> tuple[Link, ...]:
    """Every method in the chain's order.

    Raises:
        ConfigurationError: a part of one method is set, and nothing else.
    """
    links = tuple(_link(rule, auth) for rule in _RULES)
    if any(link.configured for link in links):
        return links
    for link in links:
        if link.missing:
            raise ConfigurationError(
                f"The {link.method} ({link.origin or 'settings'}) is set, but {' and '.join(link.missing)} is missing.",
                hint=f"It needs {', '.join(link.variables)}.",
            )
    return tuple(
        Link("default credential", configured=True, origin="nothing else is configured", implied=True)
        if link.method == "default credential"
        else link
        for link in links
    )


def choose(links: Collection[Link], refused: Collection[Method] = ()) -> Link | None:
    """The first configured method that the service has not refused for good."""
    return next((link for link in links if link.configured and link.method not in refused), None)


def report(
    link: Link, *, chosen: bool, refused: str | None, failed: str | None, expires_at: float | None
) -> LinkReport:
    """What became of one method.

    Args:
        link: the method.
        chosen: it is the one in use.
        refused: why the service refused it for good, if it did.
        failed: why it gave no credential when it was last asked, if it did not.
        expires_at: when the credential in hand expires.
    """
    state: LinkState
    if refused is not None:
        state, detail = "refused", refused
    elif failed is not None:
        state, detail = "failed", failed
    elif chosen:
        state, detail = "chosen", ""
    elif link.missing:
        state, detail = "incomplete", f"without {' and '.join(link.missing)}"
    elif link.is_named:
        state, detail = "passed over", ""
    else:
        state, detail = "not configured", f"set {', '.join(link.variables)}"
    return LinkReport(link.method, link.configured, link.origin, state, detail, expires_at)


def _link(rule: _Rule, auth: AuthSettings) -> Link:
    value = getattr(auth, rule.needs[0])
    origin = auth.origins.get(rule.needs[0], "")
    if not _is_set(value):
        # Named by a source but without a value: the settings left it out, and the origin says why.
        left_out = value is None and origin != "default"
        return Link(rule.method, configured=False, origin=origin if left_out else "", variables=rule.variables)
    missing = tuple(
        f"{name} ({variable})"
        for name, variable in zip(rule.needs, rule.variables, strict=True)
        if not _is_set(getattr(auth, name))
    )
    return Link(rule.method, configured=not missing, missing=missing, origin=origin, variables=rule.variables)


def _is_set(value: object) -> bool:
    # Not truth: a SecretStr and a user's object may have their own idea of it.
    return value is not None and value is not False and value != ""
