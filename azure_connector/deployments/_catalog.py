"""What the resources have: deployments and models, as `client.catalog()` and `client.discover()` give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

from .._utils import printable

__all__ = ["Catalog", "ListedDeployment", "ListedModel", "Listing", "Quota", "Source"]

Source = Literal["deployments", "management", "models", "settings", ""]
"""Where a listing is from: the resource's list of deployments, Azure's management plane, its list of models alone."""


@dataclass(frozen=True, slots=True)
class ListedDeployment:
    """One deployment.

    Attributes:
        name: what requests name.
        resource: the resource's name in the settings.
        model: its base model in lower case; None where the listing does not have it.
        version: the base model's version.
        status: Azure's word; only `succeeded` serves calls. For one that only the settings name: `not listed`, or
            `configured` where nothing lists the resource's deployments.
        apis: `chat`, `responses`, `embeddings`, …, the preferred one first.
        capabilities: what the rules of its base model allow, as short words.
        sku: `GlobalStandard`, `ProvisionedManaged`, …
        capacity: in the SKU's units; thousands of tokens per minute for standard ones.
        tokens_per_minute, requests_per_minute: its rate limits.
        mapped: the models that `deployment_mapping` sends to it, and the defaults that name it.
    """

    name: str
    resource: str
    model: str | None = None
    version: str | None = None
    status: str | None = None
    apis: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    sku: str | None = None
    capacity: int | None = None
    tokens_per_minute: int | None = None
    requests_per_minute: int | None = None
    mapped: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`deployment@resource`, the way a deployment is written in settings."""
        return f"{self.name}@{self.resource}"

    @property
    def serves(self) -> bool:
        """Whether calls can be sent to it, as far as the listing says."""
        return self.status in (None, "succeeded", "configured")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model that the resource could deploy, or serves as it is.

    Attributes:
        id: as the listing has it (`gpt-5-2025-08-07`).
        model: the base model (`gpt-5`).
        resource: the resource's name in the settings.
        capabilities: Azure's words for what it does, such as `chat_completion`.
        status: its stage of life, such as `generally-available`.
        retires: when it answers no more, seconds since the epoch; None where the listing does not say.
    """

    id: str
    model: str
    resource: str
    capabilities: tuple[str, ...] = ()
    status: str | None = None
    retires: float | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota of the subscription in the resource's region.

    Attributes:
        name: Azure's name, such as `OpenAI.GlobalStandard.gpt-5`.
        used, limit: in Azure's units (thousands of tokens per minute).
    """

    name: str
    used: float
    limit: float


@dataclass(frozen=True, slots=True)
class Listing:
    """What one resource has.

    Attributes:
        resource: its name in the settings.
        endpoint: its address.
        source: where the deployments are from; empty where nothing lists them.
        deployments: in the listing's order.
        models: its models, where they were asked for.
        quotas: from the management plane.
        problems: what could not be listed and why, a line each.
    """

    resource: str
    endpoint: str
    source: Source = ""
    deployments: tuple[ListedDeployment, ...] = ()
    models: tuple[ListedModel, ...] = ()
    quotas: tuple[Quota, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """What all resources have. Iterating gives the deployments.

    Attributes:
        listings: one for each resource, in the settings' order.
    """

    listings: tuple[Listing, ...]

    @property
    def deployments(self) -> tuple[ListedDeployment, ...]:
        """Every deployment of every resource."""
        return tuple(found for listing in self.listings for found in listing.deployments)

    @property
    def models(self) -> tuple[ListedModel, ...]:
        """Every model of every resource."""
        return tuple(found for listing in self.listings for found in listing.models)

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be listed, a line each."""
        return tuple(
            f"{listing.resource}: {problem}" if len(self.listings) > 1 else problem
            for listing in self.listings
            for problem in listing.problems
        )

    def __iter__(self) -> Iterator[ListedDeployment]:
        return iter(self.deployments)

    def __len__(self) -> int:
        return len(self.deployments)

    def of(self, model: str) -> tuple[ListedDeployment, ...]:
        """The deployments of a base model that serve calls, the preferred one first."""
        found = [one for one in self.deployments if one.serves and one.model == model.lower()]
        return tuple(sorted(found, key=lambda one: one.name.lower() != model.lower()))

    def mapping(self) -> dict[str, str | list[str]]:
        """A `deployment_mapping` for what was found: base model -> deployment, or several in order of preference."""
        first = self.listings[0].resource if self.listings else ""
        found: dict[str, str | list[str]] = {}
        for model in dict.fromkeys(one.model for one in self.deployments if one.model and one.serves):
            names = [one.name if one.resource == first else one.key for one in self.of(model)]
            found[model] = names[0] if len(names) == 1 else names
        return found

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        return asdict(self)

    def rows(self) -> list[tuple[str, ...]]:
        """The table's cells, a row for each deployment, under `columns()`."""
        return [tuple(text for _, text in self._cells(one)) for one in self.deployments]

    def columns(self) -> tuple[str, ...]:
        """The table's heading: only columns in which something stands."""
        return tuple(name for name, _ in self._cells(ListedDeployment("", "")))

    def _cells(self, one: ListedDeployment) -> Sequence[tuple[str, str]]:
        model = "unknown" if one.model is None else one.model
        cells = [("deployment", one.name), ("base model", model + (f" {one.version}" if one.version else ""))]
        if len(self.listings) > 1:
            cells.append(("resource", one.resource))
        cells += [("API", ", ".join(one.apis)), ("capabilities", ", ".join(one.capabilities))]
        if any(found.sku or found.capacity is not None for found in self.deployments):
            capacity = "" if one.capacity is None else str(one.capacity)
            cells += [("SKU", one.sku or ""), ("capacity", capacity)]
        if any(found.tokens_per_minute for found in self.deployments):
            cells.append(("tokens/min", f"{one.tokens_per_minute:,}" if one.tokens_per_minute else ""))
        if any(found.status not in (None, "succeeded") for found in self.deployments):
            cells.append(("status", one.status or ""))
        if any(found.mapped for found in self.deployments):
            cells.append(("mapped from", ", ".join(one.mapped)))
        return cells

    def _remarks(self) -> list[str]:
        lines = [
            f"{quota.name}: {quota.used:g} of {quota.limit:g} used" for one in self.listings for quota in one.quotas
        ]
        return [*lines, *self.problems]

    def __str__(self) -> str:
        table = [self.columns(), *self.rows()]
        widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
        lines = [
            "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in table
        ]
        if not self.deployments:
            lines = ["no deployments found"]
        return printable("\n".join([*lines, *self._remarks()]))

    def _repr_html_(self) -> str:
        """The same as a table, for notebooks."""
        left = 'style="text-align:left"'
        heading = "".join(f"<th {left}>{escape(name)}</th>" for name in self.columns())
        body = "".join(
            "<tr>" + "".join(f"<td {left}>{escape(text)}</td>" for text in row) + "</tr>" for row in self.rows()
        )
        remarks = "".join(f"<li>{escape(line)}</li>" for line in self._remarks())
        table = f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>"
        return (table if self.deployments else "<p>no deployments found</p>") + (
            f"<ul>{remarks}</ul>" if remarks else ""
        )


def mapped_names(mapping: Mapping[str, Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    """Deployment key -> the models that a compiled mapping sends to it."""
    found: dict[str, tuple[str, ...]] = {}
    for model, targets in mapping.items():
        for target in targets:
            found[target.key] = (*found.get(target.key, ()), model)
    return found
