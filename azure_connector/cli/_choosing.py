"""Choosing a resource, a deployment and who is calling, among what whoever is signed in may see."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeVar

import typer

from .._utils import install_hint, printable
from ..auth import http_options
from ..client import ConnectorState, connector_over
from ..deployments import AzureResource, ListedDeployment, ManagementPlane
from ..errors import ConfigurationError
from ..settings import AUTHORITY_HOSTS, MANAGEMENT_HOSTS, Cloud, ConnectorSettings, origin_of
from ._screen import progress, screen

__all__ = ["Choice", "can_choose", "choose", "why_not"]

_T = TypeVar("_T")

# Nothing is sent there: the name only says which cloud's Entra ID and management plane are meant.
_ANY: dict[Cloud, str] = {
    "public": "https://any.openai.azure.com",
    "usgov": "https://any.openai.azure.us",
    "china": "https://any.openai.azure.cn",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A resource that was chosen.

    Attributes:
        resource: the resource.
        deployments: what it has.
        deployment: the one for calls that name no model; None where it has none that chats.
        key: gives KEY 1, where it takes keys.
    """

    resource: AzureResource
    deployments: tuple[ListedDeployment, ...]
    deployment: str | None
    key: Callable[[], str]


def can_choose() -> bool:
    """Whether somebody may be signed in to the Azure CLI, and the management plane's client is installed."""
    return shutil.which("az") is not None and _has_client()


def why_not() -> str:
    """What is missing for a choice, where only one thing is; else empty."""
    if shutil.which("az") is None or _has_client():
        return ""
    return f"To choose among your resources after az login: {install_hint('management')}"


def _has_client() -> bool:
    try:
        return find_spec("azure.mgmt.cognitiveservices") is not None
    except ModuleNotFoundError:
        return False


def choose() -> Choice | None:
    """Asks for a subscription, a resource and a deployment; None where nothing can be chosen, which is said.

    Raises:
        ConfigurationError: the environment's settings cannot be used.
    """
    with _plane() as plane:
        try:
            return _choose(plane)
        except ConfigurationError as error:
            typer.echo(printable(str(error)))
            return None


def _choose(plane: ManagementPlane) -> Choice | None:
    with progress(screen(), quiet=False) as say:
        say("listing your subscriptions")
        subscriptions = plane.subscriptions()
    if not subscriptions:
        typer.echo("No subscription is to be seen with this sign-in: `az login` with another account.")
        return None
    while True:
        chosen = _pick("Subscription", subscriptions, lambda one: f"{one.name} ({one.id})")
        with progress(screen(), quiet=False) as say:
            say(f"listing the resources of {chosen.name}")
            resources = plane.resources(chosen.id)
        if resources:
            break
        typer.echo(f"There is no resource of Azure OpenAI in {chosen.name}.")
        if len(subscriptions) == 1:
            return None
        subscriptions = tuple(one for one in subscriptions if one is not chosen)
    resource = _pick("Resource", resources, lambda one: f"{one.name}, {one.location}, {one.endpoint}")
    deployments = plane.deployments(resource.id)
    serving = [one for one in deployments if one.serves]
    if not serving:
        typer.echo(f"{resource.name} has no deployment yet: deploy a model in the portal, then run this again.")
        return None
    default = _pick("Deployment for calls that name none", serving, lambda one: f"{one.name}, {one.model or '?'}")
    return Choice(resource, deployments, default.name, lambda: _key(resource))


def _key(resource: AzureResource) -> str:
    with _plane() as plane:
        return plane.key(resource.id)


def _pick(what: str, found: Sequence[_T], told: Callable[[_T], str]) -> _T:
    """One of several, by its number; one alone is taken and named."""
    if len(found) == 1:
        typer.echo(printable(f"{what}: {told(found[0])}"))
        return found[0]
    for number, one in enumerate(found, 1):
        typer.echo(printable(f"  {number}. {told(one)}"))
    while True:
        answer = str(typer.prompt(f"{what} (1 to {len(found)})", default="1")).strip()
        if answer.isdecimal() and 1 <= int(answer) <= len(found):
            return found[int(answer) - 1]
        typer.echo(f"It is a number from 1 to {len(found)}.")


@contextmanager
def _plane() -> Generator[ManagementPlane]:
    """The management plane, as whoever is signed in on this machine."""
    cloud = _cloud()
    settings = ConnectorSettings(
        azure_endpoint=_ANY[cloud], use_default_credential=True, config_file=False, env_file=False
    )
    state = ConnectorState.from_settings(settings)
    address = settings.management_endpoint or MANAGEMENT_HOSTS[cloud]
    options = {"credential_scopes": [f"{MANAGEMENT_HOSTS[cloud]}/.default"], "retry_total": 1}
    with (
        closing(connector_over(state, max_retries=0)),
        state.authenticators.of(settings.default_resource).token_credential() as credential,
    ):
        yield ManagementPlane(credential, address, {**options, **http_options(state.transport)})


def _cloud() -> Cloud:
    """The cloud whose Entra ID the environment names."""
    named = os.environ.get("AZURE_AUTHORITY_HOST", "")
    authority = origin_of(named if "://" in named else f"https://{named}")
    for cloud, host in AUTHORITY_HOSTS.items():
        if origin_of(host) == authority:
            return cloud
    return "public"
