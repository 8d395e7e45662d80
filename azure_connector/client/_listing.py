"""Lists what the resources have: deployments and models, by the data plane or Azure's management plane."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

import openai

from ..auth import http_options
from ..deployments import (
    WHOLE_SOURCES,
    Account,
    Catalog,
    ListedDeployment,
    Listing,
    Plan,
    Source,
    Target,
    complete,
    list_account,
    read_deployments,
    read_models,
)
from ..errors import ConfigurationError
from ..requests import get_options
from ..settings import MANAGEMENT_HOSTS, Resource, form_url
from ._call import call_flow
from ._effects import Effect, RunInThread
from ._state import ConnectorState

__all__ = ["list_resources", "refresh_listing"]

# Later api-versions of the data plane do not list deployments any more.
_LISTS_DEPLOYMENTS = "2023-03-15-preview"
_TIMEOUT = 20.0  # seconds for one request of a listing


def refresh_listing(state: ConnectorState, client: object) -> Generator[Effect, Any, Catalog]:
    """Lists the deployments of every resource and takes them over. A resource that fails keeps what it had."""
    catalog = yield from list_resources(state, client, models=False)
    state.resolver.discovery.take(catalog)
    return catalog


def list_resources(state: ConnectorState, client: object, *, models: bool = True) -> Generator[Effect, Any, Catalog]:
    """Lists every resource.

    Args:
        state: the connector.
        client: the SDK client that was called.
        models: whether to list models too.
    """
    listings: list[Listing] = []
    for name in state.settings.resource_map():
        listing = yield from _list(state, client, name, models=models)
        listings.append(listing)
    return Catalog(tuple(listings))


def _list(state: ConnectorState, client: object, name: str, *, models: bool) -> Generator[Effect, Any, Listing]:
    resource = state.resources[name]
    listing = Listing(name, resource.endpoint.base)
    deployments: tuple[ListedDeployment, ...] = ()
    source: Source = ""
    problems: list[str] = []
    try:
        if resource.resource_id is not None:
            account: Account = yield RunInThread(lambda: _account_of(state, resource))
            deployments, source = account.deployments, "management"
            listing = replace(listing, quotas=account.quotas)
        else:
            params = {"api-version": _LISTS_DEPLOYMENTS}
            body = yield from _get(state, client, name, "classic", "/deployments", params)
            deployments, source = read_deployments(body, name), "deployments"
    except (openai.APIError, ConfigurationError, ImportError) as error:
        problems.append(_why(error))
    if models:
        try:
            body = yield from _get(state, client, name, resource.endpoint.form, "/models", {})
            listing = replace(listing, models=read_models(body, name))
            source = source or "models"
        except openai.APIError as error:
            problems.append(f"its models: {_first_line(error)}")
    whole = source in WHOLE_SOURCES
    deployments = complete(deployments, state.resolver.table, state.profiles, name, whole=whole)
    return replace(listing, source=source, deployments=deployments, problems=tuple(problems))


def _account_of(state: ConnectorState, resource: Resource) -> Account:
    """The resource as the management plane has it. Blocks."""
    cloud = MANAGEMENT_HOSTS[resource.endpoint.cloud]
    return list_account(
        resource.name,
        resource.resource_id or "",
        resource.management_endpoint or cloud,
        state.authenticators.of(resource.name).token_credential(),
        {"credential_scopes": [f"{cloud}/.default"], "retry_total": 1, **http_options(state.transport)},
    )


def _get(
    state: ConnectorState, client: object, resource: str, form: Any, path: str, params: Mapping[str, object]
) -> Generator[Effect, Any, Any]:
    """One GET, with the connector's own credentials, errors and hints, and without retries."""
    url = form_url(state.resources[resource].endpoint, form) + path
    options = get_options(url, params=params, timeout=_TIMEOUT)
    plan = Plan("", (Target(resource, f"({path[1:]})"),), "argument")
    how: dict[str, Any] = {"stream": False, "stream_cls": None, "asynchronous": False}
    return (yield from call_flow(state, client, object, options, plan=plan, **how))


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _why(error: BaseException) -> str:
    if isinstance(error, openai.NotFoundError):
        return (
            "the resource does not list its deployments. Set resource_id (AZURE_CONNECTOR_RESOURCE_ID), so that "
            "Azure's management plane lists them, or write a deployment_mapping"
        )
    return _first_line(error)
