"""The doctor's way through a setup, from the settings to a call, in the order in which a call would meet it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from ...client import AzureConnector, ConnectorState, connector_over
from ...deployments import Catalog, ListedDeployment
from ...errors import ConfigurationError
from ...transport import tls_context
from ._answer import check_answer
from ._call import check_call
from ._configuration import SettingRow, check_endpoint, check_settings, rows_of, unusable
from ._credentials import check_credential, describe_chain
from ._finding import Finding, Step
from ._mapping import check_default, check_kinds
from ._network import check_network
from ._proxy import way_to
from ._report import Report
from ._verdicts import verdicts

if TYPE_CHECKING:
    from ...settings import ConnectorSettings

__all__ = ["examine"]

_AT_ONCE = 4


def examine(
    load: Callable[[], ConnectorSettings], *, only: Collection[str] = (), call: bool = True, timeout: float = 30.0
) -> Generator[Step | Finding, None, Report]:
    """Looks at everything; yields each step before it is taken and each finding; returns the report.

    Args:
        load: reads the settings.
        only: the deployments to call; all that are configured or listed when empty.
        call: whether to call deployments at all.
        timeout: seconds for one call.
    """
    findings: list[Finding] = []
    rows: tuple[SettingRow, ...] = ()
    yield Step("reading the settings")
    with ExitStack() as stack:
        try:
            settings = load()
            rows = rows_of(settings)
            state = ConnectorState.from_settings(settings)
            client = stack.enter_context(closing(connector_over(state, max_retries=0)))
        except ConfigurationError as error:
            findings.append(unusable(error))
            yield findings[-1]
            return Report(tuple(findings), rows)
        for event in _walk(client, state, only, call=call, timeout=timeout):
            if isinstance(event, Finding):
                findings.append(event)
            yield event
    return Report(tuple(findings), rows)


def _walk(
    client: AzureConnector, state: ConnectorState, only: Collection[str], *, call: bool, timeout: float
) -> Iterator[Step | Finding]:
    yield from check_settings(state.settings)
    sound: set[str] = set()
    credentials: dict[str, Finding] = {}
    for name in state.settings.resource_map():
        failed = False
        for event in _reach(state, name):
            failed = failed or (isinstance(event, Finding) and event.status == "failed" and event.check != "clock")
            if isinstance(event, Finding) and event.check == "credential":
                credentials[name] = event
            yield event
        if not failed:
            sound.add(name)
    if not sound:
        return
    yield Step("listing the deployments")
    catalog = client.catalog()
    state.resolver.discovery.take(catalog, quiet=True)
    yield from _listed(catalog, sound)
    if call:
        chosen = _chosen(client, catalog, sound, only)
        first = state.settings.default_resource
        there = [one for one in catalog if one.resource == first and one.serves and one.status != "configured"]
        if not only and first in sound and (found := check_default(state.settings, there)) is not None:
            yield found
        yield from _kinds(state, catalog, chosen)
        yield from _call(client, catalog, chosen, credentials, timeout)


def _reach(state: ConnectorState, name: str) -> Iterator[Step | Finding]:
    """The way to one resource and the credential for it."""
    resource, settings = state.resources[name], state.settings
    yield from check_endpoint(resource, settings)
    yield Step(f"connecting to {resource.endpoint.host}")
    way = way_to(resource, state.transport, settings.origins["proxy"])
    context = tls_context(state.transport.ca_bundle, state.transport.client_certificate, state.transport.client_key)
    for found in check_network(way, context, name):
        yield found
        if found.status == "failed":
            yield _chain_only(state, name)
            return
    yield Step(f"waiting for the first byte of {resource.endpoint.host}")
    for found in check_answer(resource, state.transport):
        yield found
        if found.status == "failed" and found.check == "HTTP":
            yield _chain_only(state, name)
            return
    try:
        authenticator = state.authenticators.of(name)
    except ConfigurationError as error:
        yield replace(unusable(error), check="credential", cause="credential", resource=name)
        return
    yield Step(f"asking for a credential: {authenticator.kind}")
    yield check_credential(authenticator, name, resource.endpoint.kind)


def _chain_only(state: ConnectorState, name: str) -> Finding:
    """The chain as it is configured: a token is not asked for where it could not be used."""
    try:
        authenticator = state.authenticators.of(name)
    except ConfigurationError as error:
        return replace(unusable(error), check="credential", cause="credential", resource=name)
    detail = f"{authenticator.kind}: not tried, since the endpoint cannot be reached"
    facts = {"method": authenticator.kind, "chain": describe_chain(authenticator)}
    return Finding("credential", "skipped", detail, resource=name, facts=facts)


def _listed(catalog: Catalog, sound: Collection[str]) -> Iterator[Finding]:
    for listing in catalog.listings:
        if listing.resource not in sound:
            continue
        names = [one.name for one in listing.deployments if one.status not in ("not listed", "configured")]
        facts = {"deployments": names, "source": listing.source, "problems": list(listing.problems)}
        if listing.source in ("deployments", "management"):
            detail = f"{len(names)} listed: {', '.join(names)}" if names else "the resource has none"
            yield Finding("deployments", "ok", detail, resource=listing.resource, facts=facts)
        else:
            detail = f"not listed: {listing.problems[0] if listing.problems else 'no reason given'}"
            yield Finding("deployments", "skipped", detail, resource=listing.resource, facts=facts)


def _chosen(
    client: AzureConnector, catalog: Catalog, sound: Collection[str], only: Collection[str]
) -> tuple[ListedDeployment, ...]:
    """The deployments to call: those that are named, else configured and listed ones, else the default model's."""
    known = {one.key: one for one in catalog.deployments}
    first = client.settings.default_resource
    if only:
        keys = [name if "@" in name else f"{name}@{first}" for name in only]
        return tuple(known.get(key) or _unknown(key) for key in keys)
    chosen = tuple(one for one in catalog.deployments if one.resource in sound and (one.mapped or one.serves))
    default = client.settings.chosen_model("/chat/completions")
    if chosen and default is not None:
        # What calls without a model go to: where nothing else names it, nobody would notice that it is missing.
        (target, *_) = client.settings.deployments.resolve(default, "/chat/completions").targets
        if target.key not in known:
            chosen = (ListedDeployment(target.deployment, target.resource), *chosen)
    if chosen:
        return chosen
    return (ListedDeployment(client.settings.model_for("/chat/completions"), first),)


def _unknown(key: str) -> ListedDeployment:
    name, _, resource = key.rpartition("@")
    return ListedDeployment(name, resource)


def _existing(catalog: Catalog, one: ListedDeployment) -> list[ListedDeployment]:
    there = (found for found in catalog if found.serves and found.status != "configured")
    return [found for found in there if found.resource == one.resource]


def _kinds(state: ConnectorState, catalog: Catalog, chosen: Iterable[ListedDeployment]) -> Iterator[Finding]:
    def operations(model: str) -> tuple[str, ...]:
        profile = state.profiles.find(model)
        return () if profile is None else profile.operations

    for one in chosen:
        if (found := check_kinds(state.settings, one, _existing(catalog, one), operations)) is not None:
            yield found


def _call(
    client: AzureConnector,
    catalog: Catalog,
    chosen: Iterable[ListedDeployment],
    credentials: Mapping[str, Finding],
    timeout: float,
) -> Iterator[Step | Finding]:
    def one_call(one: ListedDeployment) -> Finding:
        existing = _existing(catalog, one)
        return check_call(client, one, existing, timeout)

    chosen = tuple(chosen)
    yield Step(f"calling {', '.join(one.name for one in chosen)}")
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="azure-connector-doctor") as pool:
        calls = list(pool.map(one_call, chosen))
    for name in dict.fromkeys(one.resource for one in calls):
        own = [one for one in calls if one.resource == name]
        yield from verdicts(own, credentials.get(name), catalog.models, time.time())
