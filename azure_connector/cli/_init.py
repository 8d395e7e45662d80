"""`azure-connector init`: asks, tries, writes."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import openai
import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from .._utils import printable
from ..client import AzureConnector
from ..deployments import Catalog, Listing
from ..errors import ConfigurationError
from ..settings import CONFIG_NAME, ENVIRONMENT, ConnectorSettings, check_as_found, leave_out, odd_key, parse_endpoint
from ._choosing import Choice, can_choose, choose, why_not
from ._running import PROBLEM, fail
from ._screen import print_json, progress, screen
from .doctor import cause_of

__all__ = ["run"]

_METHODS = {
    "key": "a key",
    "entra": "Entra ID (az login, or whatever this machine has)",
    "managed-identity": "a managed identity",
}
_KEY = "AZURE_OPENAI_API_KEY"
_CHAT = "azure-connector chat"


@dataclass(frozen=True, slots=True)
class _Answers:
    """What was asked for.

    Attributes:
        endpoint: as it was pasted.
        auth: one of `_METHODS`.
        key: for `key`; None where the environment already has it.
        choice: the resource that was chosen after signing in; None where the endpoint was given.
        default: the deployment for calls that name no model, where the built-in one is not there.
    """

    endpoint: str
    auth: str
    key: str | None = field(repr=False, default=None)
    choice: Choice | None = None
    default: str | None = None

    def settings(self) -> dict[str, Any]:
        """As settings, to be tried."""
        given: dict[str, Any] = {"azure_endpoint": self.endpoint, "config_file": False}
        if self.auth == "managed-identity":
            given["use_managed_identity"] = True
        elif self.auth == "entra":
            given["use_default_credential"] = True
        elif self.key is not None:
            given["api_key"] = self.key
        if default := self.default or (self.choice.deployment if self.choice is not None else None):
            given["default_deployment"] = default
        if self.choice is not None and self.auth != "key":
            given["resource_id"] = self.choice.resource.id
        return given

    def mapping(self, catalog: Catalog | None) -> dict[str, Any]:
        """The mapping to be written: what the resource lists, or what was listed when it was chosen."""
        listed = catalog.mapping() if catalog is not None else {}
        if listed or self.choice is None:
            return listed
        return Catalog((Listing("default", self.endpoint, "management", self.choice.deployments),)).mapping()


def run(
    endpoint: str | None, *, auth: str | None, to: str | None, test: bool, force: bool, yes: bool, as_json: bool
) -> None:
    """Writes the settings; ends with 1 if they were tried and do not work."""
    target = Path(to or CONFIG_NAME)
    as_env = target.suffix != ".toml"
    beside = target if as_env else target.with_name(".env")
    interactive = sys.stdin.isatty() and not yes
    answers = _ask(endpoint, auth, interactive=interactive)
    taken = [path for path in {target, *([beside] if answers.key else [])} if path == target and path.exists()]
    if taken and not force:
        fail(f"{target} is there already: add --force to replace it, or --to another file.")
    _check(answers, target)
    catalog = None
    if test:
        answers, catalog = _tried(answers, interactive=interactive, quiet=as_json)
        _check(answers, target)  # one of them may have been corrected
    mapping = answers.mapping(catalog)
    files = _files(answers, target, beside, mapping, as_env=as_env)
    console = screen()
    if not as_json:
        _show(console, files, answers.key)
    if not yes and not as_json and not typer.confirm("Write this?", default=True):
        console.print("Nothing was written.")
        return
    for path, text in files.items():
        _write(path, text, private=path.suffix != ".toml")
    if as_json:
        print_json({"files": [str(path) for path in files], "mapping": mapping, "tested": test})
    else:
        _say_what_counts(console, answers, target, as_env=as_env)


def _show(console: Console, files: Mapping[Path, str], key: str | None) -> None:
    """What would be written, without the key."""
    for path, text in files.items():
        console.print(Text(f"\n{path}", "bold"))
        shown = text.replace(key, "**********") if key else text
        language = "bash" if path.suffix != ".toml" else "toml"
        console.print(Syntax(shown, language, theme="ansi_dark", background_color="default", word_wrap=True))


def _say_what_counts(console: Console, answers: _Answers, target: Path, *, as_env: bool) -> None:
    """What decides beside the files that were written, and what to do next."""
    if variables := _relied_on(answers):
        console.print(Text(f"It relies on exported variables, which every new shell must have: {variables}.", "bold"))
    if _next(target) == _CHAT and (ways := _shadowed(answers, as_env=as_env)):
        console.print(Text(f"Exported variables go before what was written; take them away: {', '.join(ways)}", "bold"))
    console.print(Text(f"Written. Try: {_next(target)}", "green"))


def _next(target: Path) -> str:
    """The command that reads what was written."""
    if target == Path(CONFIG_NAME) or target == Path(".env"):
        return _CHAT
    option = "--config" if target.suffix == ".toml" else "--env-file"
    return f"azure-connector chat {option} {shlex.quote(str(target))}"


def _shadowed(answers: _Answers, *, as_env: bool) -> list[str]:
    """What to do about exported variables that go before what was written: the key, and all else in `.env`."""
    written = {name: value for name, value in answers.settings().items() if as_env or name == "api_key"}
    return [
        leave_out(name, f"environment {variable}", os.environ)
        for name, value in written.items()
        for variable in ENVIRONMENT.get(name, ())[:1]
        if any(os.environ.get(other, str(value)).strip().lower() != str(value).lower() for other in ENVIRONMENT[name])
    ]


def _check(answers: _Answers, target: Path) -> None:
    """Refuses what the next command, which nobody tells of the file, would refuse."""
    if target.name in (CONFIG_NAME, ".env"):
        check_as_found({name: value for name, value in answers.settings().items() if name != "config_file"})


def _ask(endpoint: str | None, auth: str | None, *, interactive: bool) -> _Answers:
    choice = None
    if endpoint is None:
        if not interactive:
            fail("Nobody can be asked here: give --endpoint (and --auth).")
        choice, endpoint = _ask_resource()
    parse_endpoint(endpoint)
    if auth is None:
        auth = _ask_auth(choice) if interactive else "key" if os.environ.get(_KEY) else "entra"
    if auth not in _METHODS:
        fail(f"--auth is one of {', '.join(_METHODS)}, not {auth!r}.")
    key = None
    if auth == "key" and choice is None and os.environ.get(_KEY):
        if interactive:
            typer.echo(f"The exported {_KEY} is used.")
    elif auth == "key":
        if not interactive:
            fail(f"No key: export {_KEY}=..., which is then written nowhere; keys are not taken from the command line.")
        key = _ask_key(endpoint, choice)
    return _Answers(endpoint.strip(), auth, key, choice)


def _ask_resource() -> tuple[Choice | None, str]:
    """Lets choose among the resources of whoever is signed in, or asks for an endpoint."""
    if not can_choose():
        if said := why_not():
            typer.echo(said)
        return None, _ask_endpoint()
    while True:
        endpoint = _ask_endpoint(or_choose=True)
        if endpoint:
            return None, endpoint
        if (choice := choose()) is not None:
            return choice, choice.resource.endpoint.rstrip("/")


def _ask_endpoint(*, or_choose: bool = False) -> str:
    """Asks until the answer is an address, or, where that is allowed, nothing; what is wrong with others is said."""
    while True:
        if or_choose:
            question = "Endpoint (or Enter, to choose among your resources after az login)"
            endpoint = str(typer.prompt(question, default="", show_default=False)).strip()
            if not endpoint:
                return ""
        else:
            endpoint = str(typer.prompt("Endpoint (Target URI or https://NAME.openai.azure.com)")).strip()
        try:
            parse_endpoint(endpoint)
        except ConfigurationError as error:
            typer.echo(printable(str(error)))
        else:
            return endpoint


def _ask_auth(choice: Choice | None = None) -> str:
    if choice is not None and not choice.resource.takes_keys:
        typer.echo(f"{choice.resource.name} takes no keys.")
    for number, (name, text) in enumerate(_METHODS.items(), 1):
        typer.echo(f"  {number}. {name}: {text}")
    while True:
        chosen = str(typer.prompt("Who is calling (1, 2, 3)", default="1"))
        auth = dict(zip("123", _METHODS, strict=True)).get(chosen, chosen)
        if auth in _METHODS:
            return auth
        typer.echo(f"It is one of {', '.join(_METHODS)}, or its number.")


def _ask_key(endpoint: str, choice: Choice | None = None) -> str:
    """The chosen resource's own key; else asks until something is given that may be one: no placeholder or address."""
    if choice is not None:
        try:
            key = choice.key()
        except ConfigurationError as error:
            typer.echo(printable(str(error)))
        else:
            typer.echo(f"KEY 1 of {choice.resource.name} is used.")
            return key
    parsed = parse_endpoint(endpoint)
    while True:
        key = getpass.getpass(f"Key for {parsed.host} (not shown): ").strip()
        odd = odd_key(key, _KEY) if parsed.kind in ("azure", "foundry") else ""
        if not key:
            fail("No key was given.")
        if not odd:
            return key
        typer.echo(odd)


def _relied_on(answers: _Answers) -> str:
    """The exported variables that the settings were tried with and that are written nowhere."""
    origins = ConnectorSettings(**answers.settings()).origins.values()
    return ", ".join(sorted({one.rpartition(" ")[2] for one in origins if one.startswith("environment ")}))


def _tried(answers: _Answers, *, interactive: bool, quiet: bool) -> tuple[_Answers, Catalog]:
    """Tries the answers; where somebody can be asked, asks again for the one that is wrong and keeps the others."""
    while True:
        try:
            catalog = _try(answers, quiet=quiet)
            return replace(answers, default=_default(answers, catalog)), catalog
        except openai.OpenAIError as error:
            sys.stderr.write(printable(f"The settings do not work yet: {error}\n"))
            again = _corrected(answers, cause_of(error)) if interactive else None
            if again is None:
                sys.stderr.write("Nothing was written. With --no-test they are written as they are.\n")
                raise typer.Exit(2 if isinstance(error, ConfigurationError) else PROBLEM) from None
            answers = again


def _default(answers: _Answers, catalog: Catalog) -> str | None:
    """The deployment to be written for calls that name no model; None where the built-in one is there."""
    if answers.choice is not None:
        return None
    wanted = ConnectorSettings(**answers.settings()).model_for("/chat/completions")
    chats = [one for one in catalog if one.serves and "chat" in one.apis]
    if not chats or any(wanted.lower() in (one.name.lower(), one.model) for one in catalog):
        return None
    return chats[0].name


def _corrected(answers: _Answers, cause: str) -> _Answers | None:
    """The answers with another one in place of the one that is wrong; None where no answer would help."""
    if cause == "wrong-key":
        return replace(answers, key=_ask_key(answers.endpoint, answers.choice if answers.key is None else None))
    if cause in ("unreachable", "wrong-path", "gateway", "wrong-host", "no-answer"):
        return replace(answers, endpoint=_ask_endpoint(), choice=None)
    if cause in ("keys-disabled", "credential", "missing-role", "tenant"):
        auth = _ask_auth(answers.choice)
        key = _ask_key(answers.endpoint, answers.choice) if auth == "key" else None
        return replace(answers, auth=auth, key=key)
    return None


def _try(answers: _Answers, *, quiet: bool) -> Catalog:
    """Lists the deployments and asks one for a word."""
    settings = ConnectorSettings(**answers.settings())
    with (
        closing(AzureConnector(settings=settings, max_retries=0, timeout=30.0)) as client,
        progress(screen(), quiet=quiet) as say,
    ):
        say(f"listing the deployments of {settings.require_endpoint().host}")
        catalog = client.discover()
        one = next((found for found in catalog if found.serves and "chat" in found.apis), None)
        chosen = settings.chosen_model("/chat/completions")
        model = chosen or (one.key if one is not None else settings.model_for("/chat/completions"))
        say(f"asking {model}")
        messages: Any = [{"role": "user", "content": "Say pong."}]
        client.chat.completions.create(model=model, messages=messages, max_tokens=16)
    if not quiet:
        screen().print(Text(f"It works: {model} answered, {len(catalog)} deployments were found.", "green"))
    return catalog


def _files(answers: _Answers, target: Path, beside: Path, mapping: dict[str, Any], *, as_env: bool) -> dict[Path, str]:
    if as_env:
        lines = [f"AZURE_OPENAI_ENDPOINT={answers.endpoint}"]
        lines += [f"{_KEY}={answers.key}"] if answers.key else []
        lines += ["AZURE_USE_MANAGED_IDENTITY=true"] if answers.auth == "managed-identity" else []
        lines += ["AZURE_USE_DEFAULT_CREDENTIAL=true"] if answers.auth == "entra" else []
        given = answers.settings()
        lines += [
            f"{variable}={given[setting]}"
            for setting, variable in (
                ("default_deployment", "AZURE_OPENAI_DEFAULT_DEPLOYMENT"),
                ("resource_id", "AZURE_CONNECTOR_RESOURCE_ID"),
            )
            if setting in given
        ]
        lines += [f"AZURE_OPENAI_DEPLOYMENT_MAPPING='{json.dumps(mapping)}'"] if mapping else []
        return {target: "\n".join(lines) + "\n"}
    lines = [f"azure_endpoint = {json.dumps(answers.endpoint)}"]
    lines += {"managed-identity": ["use_managed_identity = true"], "entra": ["use_default_credential = true"]}.get(
        answers.auth, [f"# The key is {'in .env' if answers.key else 'an exported variable'}: {_KEY}"]
    )
    given = answers.settings()
    lines += [f"{name} = {json.dumps(given[name])}" for name in ("default_deployment", "resource_id") if name in given]
    if mapping:
        from ._mapping_file import with_mapping

        text = with_mapping("\n".join(lines) + "\n", mapping)
    else:
        text = "\n".join(lines) + "\n"
    files = {target: text}
    if answers.key:
        files[beside] = _with_key(beside, answers.key)
    return files


def _with_key(path: Path, key: str) -> str:
    """A `.env` file's text with the key in it, all other lines as they are."""
    held = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in held if not line.replace("export ", "").strip().startswith(f"{_KEY}=")]
    return "\n".join([*kept, f"{_KEY}={key}"]) + "\n"


def _write(path: Path, text: str, *, private: bool) -> None:
    mode = 0o600 if private else 0o644
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:  # noqa: PTH123  # only os.open takes a mode
        file.write(text)
    if private:
        path.chmod(mode)
