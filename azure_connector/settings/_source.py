"""What every source of settings has in common: values, where they came from, and secrets wrapped at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NoReturn, cast

from pydantic import SecretStr, ValidationError

from .._utils._text import nearest

__all__ = [
    "MASK",
    "METHODS",
    "SECRETS",
    "Headers",
    "Layer",
    "Unusable",
    "conceal",
    "is_blank",
    "problems_of",
]

MASK = "**********"
"""What stands in place of a secret, as in pydantic."""

SECRETS = frozenset(
    {
        "api_key",
        "azure_ad_token",
        "client_secret",
        "client_certificate_password",
        "apim_subscription_key",
        "redis_url",
        "proxy",
    }
)
"""The settings whose values are secret. Those of `default_headers` are too (see `Headers`)."""

METHODS: tuple[str, ...] = (
    "api_key",
    "key_vault_secret",
    "azure_ad_token",
    "azure_ad_token_provider",
    "credential",
    "client_secret",
    "client_certificate_path",
    "federated_token_file",
    "use_managed_identity",
    "use_default_credential",
)
"""The settings that choose a method of the auth chain, in the chain's order."""


@dataclass(slots=True)
class Layer:
    """The settings of one source.

    Attributes:
        values: setting -> value as the source has it, secrets wrapped.
        origins: setting -> where it stands, in words.
        problems: what is wrong with the source. Collected instead of raised, so that no traceback holds the raw text.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    origins: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[str] = field(default_factory=list[str])

    def put(self, setting: str, value: Any, origin: str) -> None:
        """Take a value over unless it is blank; a setting that stands twice in one source is a problem."""
        if is_blank(value):
            return
        if setting in self.values:
            self.problems.append(f"The setting {setting!r} is given twice: in {self.origins[setting]} and in {origin}.")
            return
        self.values[setting] = conceal(setting, value)
        self.origins[setting] = origin

    def without(self, settings: Collection[str]) -> Layer:
        """The same layer without some settings."""
        return Layer(
            {name: value for name, value in self.values.items() if name not in settings},
            {name: origin for name, origin in self.origins.items() if name not in settings},
        )


class Headers(Mapping[str, str]):
    """HTTP headers whose repr hides the values: gateways' keys stand there.

    Args:
        headers: name -> value.
    """

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self._headers = dict(headers)

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return f"Headers({dict.fromkeys(self._headers, MASK)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Headers hold secrets and are not pickled")


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a secret of a type that no secret has, so that the value itself is never printed."""

    type_name: str


def is_blank(value: object) -> bool:
    """Templates and CI systems leave settings empty: None and blank text count as not given."""
    if isinstance(value, SecretStr):
        return not value.get_secret_value().strip()
    return value is None or (isinstance(value, str) and not value.strip())


def conceal(setting: str, value: Any) -> Any:
    """Wrap the secrets in a setting's value, nested tables included; everything else stays as it is."""
    if setting in SECRETS:
        if isinstance(value, str):
            return SecretStr(value.strip())
        known = isinstance(value, SecretStr | Unusable) or callable(value) or value is None
        return value if known else Unusable(type(value).__name__)
    if setting == "default_headers" and (table := _table(value)) is not None:
        # A value that is no text stays bare and is refused later; text is where secrets are.
        return Headers(table)
    if setting == "resources" and (table := _table(value)) is not None:
        return {name: _conceal_resource(resource) for name, resource in table.items()}
    return value


def _table(value: Any) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def _conceal_resource(resource: Any) -> Any:
    table = _table(resource)
    if table is None:
        return resource
    return {name: conceal(name, value) for name, value in table.items() if not is_blank(value)}


def problems_of(
    error: ValidationError, origin: Callable[[str], str], known: Collection[str], elsewhere: Collection[str]
) -> list[str]:
    """What pydantic found wrong, one line each, with the setting and its source and without any value.

    Args:
        error: pydantic's error.
        origin: setting -> where its value came from.
        known: the settings of a resource, which "did you mean" may suggest.
        elsewhere: the settings of the whole connector.
    """
    lines: list[str] = []
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        setting = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            key = str(detail["loc"][-1])
            heading = f"[{setting.rpartition('.')[0]}]"
            message = f"a resource has no such setting.{nearest(key, known)}"
            if key in elsewhere:
                message = f"is no setting of a single resource; move it above the heading {heading}."
        lines.append(f"{setting} ({origin(str(detail['loc'][0]))}): {message}")
    return lines
