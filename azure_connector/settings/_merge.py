"""Arguments, TOML file, environment and `.env`, laid over each other, with a record of where each value came from."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from .._utils import sentence
from ..errors import ConfigurationError
from ._endpoint import base_of
from ._environment import (
    CONFIG_VARIABLE,
    DEPLOYMENT,
    ENV_FILE_VARIABLE,
    disagreeing_bundles,
    read_env_file,
    read_environment,
)
from ._hosts import same_resource
from ._meaning import is_foreign, suggestion
from ._names import ALIASES, ENVIRONMENT, METHODS, SETTINGS
from ._remedies import leave_out, refused
from ._source import SettingsSource
from ._strays import strays_among
from ._trust import Place, SourceKind

__all__ = ["CONFIG_NAME", "Files", "Sources", "load", "read_files"]

CONFIG_NAME = "azure_connector.toml"
"""The TOML file that is read where no other is named."""

# What must not follow to a host that the settings do not name.
_CREDENTIALS = frozenset(METHODS) | {"apim_subscription_key", "client_certificate_password", "default_headers"}

FileOption = str | os.PathLike[str] | bool | None


@dataclass(frozen=True, slots=True)
class Files:
    """The files of some settings.

    Attributes:
        config: the TOML file that was read, or would have been; None where it was switched off.
        env: the same for `.env`.
        config_named: whether somebody named it.
        env_named: the same for `.env`.
        encoding: that of `.env`; None for UTF-8.
    """

    config: Path | None = None
    env: Path | None = None
    config_named: bool = False
    env_named: bool = False
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """The layers, first one first: arguments, TOML, environment, `.env`.

    Attributes:
        layers: the settings of each source.
        files: the files among them.
        set_aside: credential settings that are left out, and why.
    """

    layers: tuple[SettingsSource, ...] = field(repr=False)
    files: Files = Files()
    set_aside: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, layers: tuple[SettingsSource, ...], files: Files) -> Sources:
        """Those of some layers, without the credentials that an argument sets aside."""
        return cls(layers, files, _set_aside(layers))

    @property
    def config_file(self) -> Path | None:
        """The TOML file that was read, or would have been; None where it was switched off."""
        return self.files.config

    @property
    def env_file(self) -> Path | None:
        """The same for `.env`."""
        return self.files.env

    def values(self) -> dict[str, Any]:
        """Every setting that is given, from the first layer that has it."""
        merged: dict[str, Any] = {}
        for layer in reversed(self.layers):
            merged.update(layer.values)
        return {setting: value for setting, value in merged.items() if setting not in self.set_aside}

    def origin(self, setting: str) -> str:
        """Where a setting's value came from."""
        level = self.level(setting)
        return self.layers[level].origins[setting] if level < len(self.layers) else "default"

    def level(self, setting: str) -> int:
        """The index of the layer that decides a setting; the number of layers where none does."""
        if setting in self.set_aside:
            return len(self.layers)
        return next((index for index, layer in enumerate(self.layers) if setting in layer.values), len(self.layers))

    def variable(self, setting: str) -> str | None:
        """The variable that decides a setting; None where no variable does."""
        level = self.level(setting)
        return self.layers[level].variables.get(setting) if level < len(self.layers) else None

    def deployed_model(self) -> str | None:
        """The base model that a variable declares for the default deployment, where its own variable named that one."""
        if self.variable("default_deployment") != DEPLOYMENT:
            return None
        return next((layer.deployed_model for layer in self.layers if layer.deployed_model), None)

    def place(self, setting: str, resource: str | None = None) -> Place | None:
        """Where a setting's value stands: of the default resource, or in one of `resources`; None by default."""
        level = self.level("resources" if resource is not None else setting)
        return self.layers[level].place(setting, resource) if level < len(self.layers) else None

    def remarks(self) -> Iterator[str]:
        """What was left unread, and which variables are set and overridden."""
        for source in self.layers:
            yield from source.notes
        if said := disagreeing_bundles(self.origin("ca_bundle")):
            yield said
        for source in self.layers:
            if source.kind != "environment":
                continue
            for setting, origin in source.origins.items():
                place = self.place(setting)
                other = self.other_resource() if setting == "azure_endpoint" else ""
                differs = bool(other) if setting == "azure_endpoint" else source.values[setting] != self.value(setting)
                if other and place is not None and not place.found:
                    yield other
                elif differs and place is not None and place.found:
                    yield f"{origin} is set, and overridden by {setting} in {place.text}, which nobody named"

        yield from self._overruled()

    def _overruled(self) -> Iterator[str]:
        """What a file that nobody named tried to set and may not, where a trusted source decides it."""
        for source in self.layers:
            for setting, origin in source.origins.items() if source.kind == "directory" else ():
                place = self.place(setting)
                if SETTINGS[setting].found == "no" and place is not None and not place.found:
                    yield f"{origin} sets {setting}, which a file that nobody named may not set; {place.text} is used"

    def strays(self) -> dict[str, str]:
        """Setting that nothing gives -> the variable that was meant for it, and that nothing reads."""
        given = {setting for layer in self.layers for setting in layer.values}
        return strays_among((name for layer in self.layers for name in layer.unread), given)

    def value(self, setting: str) -> Any:
        """The value in force as its source has it; None where no source has one."""
        level = self.level(setting)
        return self.layers[level].values[setting] if level < len(self.layers) else None

    def other_resource(self) -> str:
        """A sentence where the environment names another resource than the one in use; else empty."""
        place, used = self.place("azure_endpoint"), base_of(self.value("azure_endpoint"))
        for source in self.layers:
            named = base_of(source.values.get("azure_endpoint")) if source.kind == "environment" else None
            if place is not None and named and used and not same_resource(named, used):
                origin = source.origins["azure_endpoint"]
                return f"{origin} names another resource than the endpoint in use ({place.text})"
        return ""

    def other_key(self) -> str:
        """What to do where another key stands in a source that the one in use goes before; else empty."""
        used, level = self.value("api_key"), self.level("api_key")
        for source in self.layers[level + 1 :]:
            other = source.values.get("api_key")
            if other is not None and other != used:
                way = leave_out("api_key", self.origin("api_key"), os.environ)
                said = f"{source.origins['api_key']} holds another key, which this one goes before"
                return f"{said}; to use it: {way.removesuffix('.')}."
        return ""

    def beside(self, setting: str) -> tuple[str, ...]:
        """The endpoints that the source of a setting names; the files of the directory are one source."""
        level = self.level(setting)
        kind = self.layers[level].kind
        sources = [one for one in self.layers if one.kind == kind] if kind == "directory" else [self.layers[level]]
        return tuple(address for source in sources if isinstance(address := source.values.get("azure_endpoint"), str))

    def with_arguments(self, arguments: dict[str, Any], known: Collection[str], *, foreign: bool = False) -> Sources:
        """The same sources with further arguments, which replace the first ones.

        Args:
            arguments: the settings that were passed; it is emptied.
            known: the names of all settings.
            foreign: they name a host that none of the present credentials is for.

        Raises:
            ConfigurationError: a setting is unknown, the arguments contradict each other, or a foreign host comes
                without a credential.
        """
        added = _read_arguments(arguments, known)
        if foreign and not any(_chooses(added, method) for method in (*METHODS, "apim_subscription_key")):
            added.problems.append(
                "The new azure_endpoint is none that the settings name, so their credentials are not sent there. "
                "Pass a credential of its own (api_key, azure_ad_token_provider, credential, ...) with it, "
                "or add its host to trusted_hosts."
            )
        if added.problems:
            raise ConfigurationError("\n".join(added.problems))
        replaced = set(added.values)
        if any(_chooses(added, method) for method in METHODS):
            replaced.update(METHODS)
        if "azure_endpoint" in added.values:
            # ApiStyle and api-version belong to the address that they were passed with.
            replaced.update(("api_form", "api_version"))
        first = self.layers[0].without(replaced)
        rest = self.layers[1:]
        if foreign:
            first = first.without(_CREDENTIALS)
            rest = tuple(layer.without(_CREDENTIALS) for layer in rest)
        layers = (
            replace(first, values={**first.values, **added.values}, origins={**first.origins, **added.origins}),
            *rest,
        )
        return Sources.of(layers, self.files)

    def searched(self, setting: str) -> str:
        """Every place where a setting could have stood, in words."""
        names = ENVIRONMENT.get(setting, ())
        places = [f"the argument {setting}"]
        if self.config_file is not None:
            places.append(f"{setting} in {self.config_file}{'' if self.config_file.is_file() else ' (no such file)'}")
        if names:
            places.append(f"the environment variables {sentence(names, 'or')}")
        if names and self.env_file is not None:
            places.append(f"the same names in {self.env_file}{'' if self.env_file.is_file() else ' (no such file)'}")
        return "; ".join(places)


def load(
    arguments: dict[str, Any],
    known: Collection[str],
    *,
    config_file: FileOption = None,
    env_file: FileOption = None,
    env_file_encoding: str | None = None,
) -> Sources:
    """Read every source.

    Args:
        arguments: the settings that were passed; it is emptied, so that no traceback shows a secret from it.
        known: the names of all settings.
        config_file: a TOML file; None for `AZURE_CONNECTOR_CONFIG` or `azure_connector.toml`, False for none.
        env_file: a file of variables; None for `.env` in the working directory, False for none.
        env_file_encoding: that file's encoding; None for UTF-8.

    Raises:
        ConfigurationError: a file cannot be read, a setting is unknown, or arguments contradict each other.
    """
    given = _read_arguments(arguments, known)
    if no_paths := _not_paths(config_file=config_file, env_file=env_file):
        raise ConfigurationError("\n".join([*given.problems, *no_paths]))
    chosen, env_named = _choose(env_file, ENV_FILE_VARIABLE)
    config, config_named = _choose(config_file, CONFIG_VARIABLE)
    files = Files(
        _path(config, Path(CONFIG_NAME)), _path(chosen, Path(".env")), config_named, env_named, env_file_encoding
    )
    rest, problems = read_files(files, known, env_required=env_named or env_file is True)
    problems = [*given.problems, *problems]
    if problems:
        raise refused(problems)
    return Sources.of((given, *rest), files)


def read_files(
    files: Files, known: Collection[str], *, env_required: bool = False
) -> tuple[tuple[SettingsSource, ...], list[str]]:
    """Every source but the arguments: TOML, environment, `.env`; and what is wrong with them.

    Args:
        files: which files.
        known: the names of all settings.
        env_required: that of variables must exist.
    """
    variables, problems = _variables(files.env, required=env_required, encoding=files.encoding)
    environment = read_environment()
    kind: SourceKind = "file" if files.env_named else "directory"
    dotenv = read_environment(variables, source=files.env.name if files.env else ".env", kind=kind)
    dotenv.problems.extend(
        f"{files.env} sets {name}, which only the real environment may set: export {name}={variables[name]}"
        for name in (CONFIG_VARIABLE, ENV_FILE_VARIABLE)
        if variables.get(name) and not os.environ.get(name)
    )
    toml = _read_config(files.config, known, partial(_lookup, variables=variables, kind=kind), named=files.config_named)
    return (toml, environment, dotenv), [*toml.problems, *environment.problems, *problems, *dotenv.problems]


def _read_arguments(arguments: dict[str, Any], known: Collection[str]) -> SettingsSource:
    layer = SettingsSource("argument")
    for setting in sorted(arguments, key="base_url".__eq__):  # last: it looks whether api_form was given
        value = arguments.pop(setting)
        if setting in known or setting in ALIASES:
            layer.put_named(setting, value, "argument")
        elif value is not None or not is_foreign(setting):
            layer.problems.append(f"There is no setting {setting!r}.{suggestion(setting, known)}")
    chosen = [method for method in METHODS if _chooses(layer, method)]
    if len(chosen) > 1:
        layer.problems.append(
            f"The arguments {sentence(chosen)} are credentials, of which only one can be used: pass one of them."
        )
    return layer


def _not_paths(**options: object) -> list[str]:
    return [
        f"{name} must be a path, or False for no file, not {type(option).__name__}."
        for name, option in options.items()
        if not (option is None or isinstance(option, bool | str | os.PathLike))
    ]


def _choose(option: FileOption, variable: str) -> tuple[FileOption, bool]:
    """The file to read, and whether somebody named it: in an argument, or in the real environment."""
    if option is None:
        option = os.environ.get(variable) or None
    return option, not isinstance(option, bool) and option is not None and str(option) != ""


def _path(option: FileOption, default: Path) -> Path | None:
    if option is False:
        return None
    return Path(default if option is None or option is True else option).expanduser().absolute()


def _variables(
    path: Path | None, *, required: bool, encoding: str | None
) -> tuple[Mapping[str, str | None], list[str]]:
    if path is None:
        return {}, []
    if not path.is_file():
        return {}, [f"The file {path}, given as env_file, does not exist."] if required else []
    return read_env_file(path, encoding)


def _read_config(
    path: Path | None, known: Collection[str], lookup: Callable[[str], tuple[str | None, SourceKind]], *, named: bool
) -> SettingsSource:
    if path is None or not (named or path.exists()):
        return SettingsSource()
    if not path.is_file():
        return SettingsSource(problems=[f"{path}, given as config_file or {CONFIG_VARIABLE}, is no file."])
    # Imported here: most processes have no TOML file.
    from ._toml import Found, read_config_file

    return read_config_file(path, known, lambda name: Found(*lookup(name)), "file" if named else "directory")


def _lookup(name: str, variables: Mapping[str, str | None], kind: SourceKind) -> tuple[str | None, SourceKind]:
    if text := os.environ.get(name):
        return text, "environment"
    return variables.get(name), kind


def _chooses(layer: SettingsSource, method: str) -> bool:
    """Whether a layer chooses a method of the auth chain; `False` for a flag is no choice."""
    value = layer.values.get(method)
    return value is not None and value is not False


def _set_aside(layers: tuple[SettingsSource, ...]) -> dict[str, str]:
    """Who passes a credential means it: methods that would go before it in the chain's order are left out.

    Those behind it stay, since the chain falls back to them where keys are switched off.
    """
    chosen = next((method for method in METHODS if _chooses(layers[0], method)), None)
    if chosen is None:
        return {}
    return {
        method: f"{layer.origins[method]}: left out, since the argument {chosen} was passed"
        for method in METHODS[: METHODS.index(chosen)]
        for layer in reversed(layers[1:])
        if method in layer.values
    }
