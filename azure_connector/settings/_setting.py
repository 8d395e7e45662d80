"""What is known of a setting beside its type: written once, in the `Annotated` metadata of its field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic.fields import FieldInfo

__all__ = ["Setting", "setting_of"]


@dataclass(frozen=True, slots=True)
class Setting:
    """The metadata of a setting's field.

    Attributes:
        variables: the environment variables that may hold it, the first that is set wins; None for
            `AZURE_CONNECTOR_` with the setting's name, empty for none.
        secret: its value is secret.
        method: it chooses a method of the auth chain. The fields stand in the chain's order.
        as_json: a variable holds it as a JSON object.
        shared: those of the variables that other tools set too, for purposes of their own.
        found: whether a file that nobody named may set it: `yes`, `no`, `vault` on a vault's host, or `cloud` as one of
            the known clouds has it (others only for a client secret that stands in the same directory).
    """

    variables: tuple[str, ...] | None = None
    secret: bool = False
    method: bool = False
    as_json: bool = False
    shared: frozenset[str] = frozenset()
    found: Literal["yes", "no", "vault", "cloud"] = "yes"
    aliases: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    typed: str | None = None


_PLAIN = Setting()


def setting_of(field: FieldInfo) -> Setting:
    """The metadata of a field."""
    return next((item for item in field.metadata if isinstance(item, Setting)), _PLAIN)
