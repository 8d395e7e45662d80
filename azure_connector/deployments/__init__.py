"""A model's name to the deployments that serve it, and what each base model accepts. Pure: the client fetches."""

from __future__ import annotations

from ._catalog import Catalog, ListedDeployment, ListedModel, Listing, Quota, Source
from ._discovery import WHOLE_SOURCES, Discovery
from ._families import FAMILIES, SAMPLING
from ._listings import complete, read_deployments, read_models
from ._management import RESOURCE_ID, Account, AzureResource, ManagementPlane, Subscription, list_account
from ._model_names import known_model
from ._nested import names_at, replace_names
from ._operations import (
    CHAT,
    EMBEDDINGS,
    OPERATIONS,
    REALTIME,
    RESPONSES,
    WEB_SOCKET_MODELS,
    Operation,
    operation_of,
)
from ._profile import EFFORTS, NEUTRAL, Profile
from ._profiles import Profiles, profile_for
from ._resolver import SERVED, DeploymentResolver
from ._table import DefaultSource, DeploymentTable, Plan, Target, compile_table
from ._target import Api

__all__ = [
    "CHAT",
    "EFFORTS",
    "EMBEDDINGS",
    "FAMILIES",
    "NEUTRAL",
    "OPERATIONS",
    "REALTIME",
    "RESOURCE_ID",
    "RESPONSES",
    "SAMPLING",
    "SERVED",
    "WEB_SOCKET_MODELS",
    "WHOLE_SOURCES",
    "Account",
    "Api",
    "AzureResource",
    "Catalog",
    "DefaultSource",
    "DeploymentResolver",
    "DeploymentTable",
    "Discovery",
    "ListedDeployment",
    "ListedModel",
    "Listing",
    "ManagementPlane",
    "Operation",
    "Plan",
    "Profile",
    "Profiles",
    "Quota",
    "Source",
    "Subscription",
    "Target",
    "compile_table",
    "complete",
    "known_model",
    "list_account",
    "names_at",
    "operation_of",
    "profile_for",
    "read_deployments",
    "read_models",
    "replace_names",
]
