"""The model inference API: Foundry's own face of a resource's models, below `/models`."""

from __future__ import annotations

from dataclasses import replace

from .embeddings import embeddings_body
from .errors import invalid, missing, operation_not_supported, wrong_choice
from .handlers import chat_completions, deployment_of
from .parameters import CHAT_FIELDS
from .resource import Resource
from .routes import Handler
from .values import Json
from .wire import Answer, Call

__all__ = ["HANDLERS"]

EXTRA = ("error", "drop", "pass-through")
KINDS = {"chat": "chat-completion", "images": "image-generation"}


async def chat(call: Call, resource: Resource) -> Answer:
    """`POST /models/chat/completions`; what `extra-parameters` says happens to parameters that nobody knows."""
    body = call.json_object()
    how = call.headers.get("extra-parameters", "error").lower()
    if how not in EXTRA:
        raise wrong_choice("extra-parameters", how, EXTRA)
    unknown = [name for name in body if name not in CHAT_FIELDS]
    if unknown and how == "error":
        text = f"Extra inputs are not permitted: {unknown[0]}. Set 'extra-parameters' to 'pass-through' or 'drop'."
        raise invalid(text, unknown[0], "unknown_parameter")
    if unknown:
        known: Json = {name: value for name, value in body.items() if name in CHAT_FIELDS}
        call = replace(call)
        vars(call)["body"] = known
    return await chat_completions(call, resource)


async def embeddings(call: Call, resource: Resource) -> Answer:
    """`POST /models/embeddings`."""
    deployment = deployment_of(call, resource)
    if deployment.family.kind != "embeddings":
        raise operation_not_supported("embeddings", deployment.base_model)
    body = {name: value for name, value in call.json_object().items() if name != "input_type"}
    return Answer(body=embeddings_body(body, deployment))


async def info(call: Call, resource: Resource) -> Answer:
    """`GET /models/info`: of the deployment that the query's `model` names, else of the first."""
    name = call.query.get("model") or next(iter(resource.deployments), "")
    if not name:
        raise missing("model")
    deployment = resource.deployment(name)
    family = deployment.family
    provider = {"openai": "Azure OpenAI", "partner": "Unknown"}.get(family.dialect, family.dialect.title())
    kind = KINDS.get(family.kind, family.kind)
    body = {"model_name": deployment.base_model, "model_type": kind, "model_provider_name": provider}
    return Answer(body=body)


HANDLERS: dict[str, Handler] = {
    "POST /chat/completions (inference)": chat,
    "POST /embeddings (inference)": embeddings,
    "GET /info (inference)": info,
}
