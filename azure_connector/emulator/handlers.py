"""Chat, embeddings and lists: the handlers that answer by themselves."""

from __future__ import annotations

from dataclasses import replace

from .brain import CHARACTERS
from .chatparts import filterable
from .chatting import Frame, answer, compose
from .chunks import chunks
from .conversation import check_format, check_messages, check_tools
from .counting import count_messages
from .embeddings import embeddings_body
from .errors import azure, invalid, missing, operation_not_supported
from .filters import judge
from .models import Deployment
from .parameters import check_chat_parameters
from .resource import Resource
from .routes import Handler
from .shapes import check_shape
from .storedchats import keep_chat
from .tunedmodels import tuned_model, tuned_models
from .values import Json, items_of, object_of
from .wire import Answer, Call

__all__ = ["HANDLERS"]

CREATED = 1790000000


def deployment_of(call: Call, resource: Resource) -> Deployment:
    """The deployment that a request names, in its path or in `model`.

    Raises:
        Refusal: it names none, or one that does not exist.
    """
    if not call.deployment:
        raise missing("model")
    return resource.deployment(call.deployment)


async def chat_completions(call: Call, resource: Resource) -> Answer:
    """`POST /chat/completions`."""
    body = call.json_object()
    deployment = deployment_of(call, resource)
    family = deployment.family
    if family.dialect == "anthropic":
        raise azure(404, "api_not_supported", f"The model {deployment.base_model} is served by the Messages API only.")
    if family.kind != "chat" or not family.chat:
        raise operation_not_supported("chatCompletion", deployment.base_model)
    check_chat_parameters(body, deployment)
    messages = check_messages(body, family)
    check_tools(body, resource.rules.sizes)
    check_format(body, messages, resource.rules.sizes)
    if family.dialect == "openai":
        check_shape(call, body)
    check_files(messages, resource)
    tokens = count_messages(messages, body.get("tools"))
    _check_window(tokens, deployment)
    verdict = judge(filterable(messages))
    if verdict.refused:
        raise verdict.refusal()
    reply = answer(body, messages, deployment, resource.ids, tokens)
    cached = resource.prompts.cached(deployment.name, [body.get("tools"), messages], reply.prompt_tokens)
    if cached:
        reply = replace(reply, cached_tokens=cached)
    model = resource.answering(deployment)
    frame = Frame(
        identity=f"chatcmpl-{resource.ids.letters(29)}",
        created=int(resource.clock()),
        model=model,
        fingerprint=None if family.reasoning else "fp_0a1b2c3d4e",
        verdict=verdict,
        dialect=family.dialect,
    )
    headers = {"x-ms-served-model": model} if family.routes else {}
    whole = compose(reply, body, frame) if body.get("store") or not body.get("stream") else {}
    if body.get("store"):
        size = 6_000 + len(call.raw) + CHARACTERS * reply.completion_tokens
        keep_chat(whole, {**body, "messages": messages}, size, resource)
    if body.get("stream"):
        return Answer(events=chunks(reply, body, frame), headers=headers)
    return Answer(body=whole, headers=headers)


def check_files(messages: list[Json], resource: Resource) -> None:
    """Refuse files that were never uploaded.

    Raises:
        Refusal: 404.
    """
    for index, message in enumerate(messages):
        for number, part in enumerate(items_of(message.get("content"))):
            identity = object_of(object_of(part).get("file")).get("file_id")
            if identity is not None:
                resource.file(identity, f"messages[{index}].content[{number}].file.file_id")


def _check_window(tokens: int, deployment: Deployment) -> None:
    window = deployment.family.context
    if tokens > window:
        text = (
            f"This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} "
            "tokens. Please reduce the length of the messages."
        )
        raise invalid(text, "messages", "context_length_exceeded")


async def embeddings(call: Call, resource: Resource) -> Answer:
    """`POST /embeddings`."""
    body = call.json_object()
    deployment = deployment_of(call, resource)
    if deployment.family.kind != "embeddings":
        raise operation_not_supported("embeddings", deployment.base_model)
    made = embeddings_body(body, deployment)
    check_shape(call, body)
    return Answer(body=made)


async def list_deployments(call: Call, resource: Resource) -> Answer:
    """`GET /openai/deployments`, which only the oldest api-versions have."""
    data = [
        {
            "id": one.name,
            "object": "deployment",
            "model": one.base_model,
            "owner": "organization-owner",
            "status": "succeeded",
            "scale_settings": {"scale_type": "standard"},
            "created_at": 1790000000,
            "updated_at": 1790000000,
        }
        for one in resource.deployments.values()
    ]
    return Answer(body={"object": "list", "data": data})


async def list_models(call: Call, resource: Resource) -> Answer:
    """`GET /models`: base models with what they can do, and fine-tuned ones; never deployments."""
    models = {one.base_model: one for one in resource.deployments.values()}
    return Answer(body={"object": "list", "data": [*(_model(one) for one in models.values()), *tuned_models(resource)]})


async def get_model(call: Call, resource: Resource) -> Answer:
    """`GET /models/{model}`."""
    name = call.params["model"]
    for one in resource.deployments.values():
        if name in {one.base_model, one.served_model}:
            return Answer(body=_model(one))
    tuned = tuned_model(name, resource)
    if tuned is not None:
        return Answer(body=tuned)
    raise invalid(f"The model '{name}' does not exist", "model", "model_not_found", status=404)


def _model(deployment: Deployment) -> Json:
    family = deployment.family
    capabilities = {
        "fine_tune": False,
        "inference": True,
        "completion": False,
        "chat_completion": family.kind == "chat" and family.chat,
        "embeddings": family.kind == "embeddings",
        "responses": family.responses,
    }
    return {
        "id": deployment.served_model,
        "object": "model",
        "created": CREATED,
        "owned_by": "system" if family.dialect == "openai" else family.dialect,
        "status": "succeeded",
        "lifecycle_status": "generally-available",
        "capabilities": capabilities,
        "created_at": CREATED,
        "updated_at": CREATED,
        "deprecation": {} if deployment.retires is None else {"inference": int(deployment.retires)},
    }


HANDLERS: dict[str, Handler] = {
    "POST /chat/completions": chat_completions,
    "POST /embeddings": embeddings,
    "GET /models": list_models,
    "GET /models/{model}": get_model,
    "GET /deployments": list_deployments,
}
