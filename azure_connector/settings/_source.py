"""What every source of settings has in common: values, where they came from, and secrets wrapped at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr, ValidationError

from .._utils import mapping_or_none
from ._aliases import by_setting, read_alias
from ._meaning import suggestion
from ._names import ALIASES, RESOURCE_ALIASES, SECRET_SETTINGS
from ._remedies import Problem, leave_out
from ._secret_values import Headers, InvalidSecret, is_blank
from ._trust import Place, SourceKind

__all__ = ["ARGUMENT", "SettingsSource", "readable_errors", "wrap_secrets"]


ARGUMENT = "argument"
"""Where an argument's value stands, in words."""


@dataclass(slots=True)
class SettingsSource:
    """The settings of one source.

    Attributes:
        kind: whose source it is.
        values: setting -> value as the source has it, secrets wrapped.
        origins: setting -> where it stands, in words.
        references: setting, or `resources.NAME.SETTING` -> the variable that `${NAME}` brought, and whose it is.
        variables: setting -> the variable of the environment that holds it.
        deployed_model: what `AZURE_OPENAI_MODEL` says: the base model of `AZURE_OPENAI_DEPLOYMENT`, among other things.
        unread: variables that may have been meant for a setting, and are none of any.
        notes: what was left unread, and why.
        problems: what is wrong with the source. Collected instead of raised, so that no traceback holds the raw text.
    """

    kind: SourceKind = "directory"
    values: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    origins: dict[str, str] = field(default_factory=dict[str, str])
    references: dict[str, tuple[str, SourceKind]] = field(default_factory=dict[str, tuple[str, SourceKind]])
    variables: dict[str, str] = field(default_factory=dict[str, str])
    deployed_model: str | None = None
    unread: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])

    def put(self, setting: str, value: object, origin: str) -> None:
        """Take a value over unless it is blank; a setting that stands twice in one source is a problem."""
        if is_blank(value):
            return
        if setting in self.values:
            self.problems.append(_given_twice(setting, self.origins[setting], origin))
            return
        self.values[setting] = wrap_secrets(setting, value)
        self.origins[setting] = origin

    def put_named(self, name: str, value: object, origin: str) -> None:
        """As `put`, by any name that constructors take."""
        setting = ALIASES.get(name, name)
        if setting == name or is_blank(value):
            self.put(setting, value, origin)
            return
        origin = f"{origin} {name}"
        try:
            read = read_alias(name, value)
        except ValueError as error:
            self.problems.append(f"{origin} {error}.")
            return
        if read.api_form and "api_form" not in self.values:
            self.put("api_form", read.api_form, origin)
        self.put(setting, read.value, origin)

    def without(self, settings: Collection[str]) -> SettingsSource:
        """The same layer without some settings."""
        return replace(
            self,
            values={name: value for name, value in self.values.items() if name not in settings},
            origins={name: origin for name, origin in self.origins.items() if name not in settings},
        )

    def place(self, setting: str, resource: str | None = None) -> Place:
        """Where the value of a setting stands: of the default resource, or in one of the table `resources`."""
        path, text = setting, self.origins["resources" if resource is not None else setting]
        if resource is not None:
            path, text = f"resources.{resource}.{setting}", f"{text} [resources.{resource}]"
        variable, kind = self.references.get(path, ("", self.kind))
        if not variable:
            return Place(kind, text)
        text = text if f"({variable})" in text else f"{text} ({variable})"
        # A named file that asks for a variable does not vouch for a `.env` that happens to have it.
        return Place(kind, f"{text} of .env" if kind == "directory" else text, referenced=True)


def _given_twice(setting: str, *origins: str) -> str:
    what = f"The setting {setting!r} is given twice"
    if all(origin.startswith(ARGUMENT) for origin in origins):
        names = (origin.removeprefix(ARGUMENT).strip() or setting for origin in origins)
        return f"{what}: the arguments {' and '.join(names)} both mean it. Give one of them."
    return f"{what}: in {' and in '.join(origins)}. Give one of them."


def wrap_secrets(setting: str, value: object) -> Any:
    """Wrap the secrets in a setting's value, nested tables included; everything else stays as it is."""
    setting = ALIASES.get(setting, setting)
    if setting in SECRET_SETTINGS:
        if isinstance(value, str):
            return SecretStr(value.strip())
        known = isinstance(value, SecretStr | InvalidSecret) or callable(value) or value is None
        return value if known else InvalidSecret(type(value).__name__)
    if setting == "default_headers" and (table := mapping_or_none(value)) is not None:
        # A value that is no text stays bare and is refused later; text is where secrets are.
        return Headers(table)
    if setting == "resources" and (table := mapping_or_none(value)) is not None:
        return {name: _wrap_resource(resource) for name, resource in table.items()}
    return value


def _wrap_resource(resource: object) -> Any:
    table = mapping_or_none(resource)
    if table is None:
        return resource
    given = {name: wrap_secrets(name, value) for name, value in table.items() if not is_blank(value)}
    try:
        return by_setting(given, RESOURCE_ALIASES)
    except ValueError:  # the field's own check says so, with the resource's name
        return given


def readable_errors(
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
            message = f"a resource has no such setting.{suggestion(key, known)}"
            if key in elsewhere:
                message = f"is no setting of a single resource; move it above the heading {heading}."
        first = str(detail["loc"][0])
        way = leave_out(first, origin(first), os.environ) if len(detail["loc"]) == 1 else ""
        hint = f"Correct {setting}, or do without: {way}" if way else ""
        lines.append(Problem(f"{setting} ({origin(first)}): {message}", hint))
    return lines
