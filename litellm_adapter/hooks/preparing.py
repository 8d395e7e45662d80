"""What is done to a call's arguments before LiteLLM maps them, so that nothing is withheld from the connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litellm.exceptions import BadRequestError
from pydantic import SecretStr

from azure_connector.settings import SECRET_SETTINGS, parameters_of

from ..call_args import CHAT, HookArguments, remember
from ..connectors import prefix_of
from . import responses

__all__ = ["prepare"]

# LiteLLM refuses or drops some of these for a custom provider unless `allowed_openai_params` names them. `thinking` no
# model of Azure OpenAI takes: there LiteLLM's refusal is right. The rest is LiteLLM's own, or no parameter.
_ALLOWED = parameters_of(CHAT) - {"messages", "metadata", "model", "stream"}
# What LiteLLM drops or refuses for a custom provider whatever is allowed; the provider takes it from the arguments.
_WON_BACK: Mapping[str, frozenset[str]] = {
    "completion": frozenset({"prompt_cache_retention"}),
    "embedding": frozenset({"dimensions", "encoding_format", "user"}),
    "image_edit": parameters_of("/images/edits") - {"image", "mask", "model", "prompt"},
    "image_generation": frozenset({"n", "quality", "response_format", "size", "style", "user"}),
}
# LiteLLM takes these for its own and masks them itself.
_ITS_OWN = frozenset({"api_key", "azure_ad_token", "client_secret"})


def prepare(entry: str, kwargs: dict[str, Any], logging: object) -> None:
    """Prepares a call to one of our prefixes, and leaves its arguments for the provider.

    Args:
        entry: the name of LiteLLM's function; async ones have an `a` before the sync one's.
        kwargs: the call's arguments, which are changed.
        logging: LiteLLM's logging object of the call, where it is known.
    """
    kind = entry.removeprefix("a")
    for name in SECRET_SETTINGS - _ITS_OWN:
        if isinstance(value := kwargs.get(name), str):
            kwargs[name] = SecretStr(value)  # what LiteLLM takes for a parameter ends in logs
    if kind == "responses" and not all(patch.active for patch in responses.PATCHES):
        _refuse_state(kwargs)
    unwanted = frozenset(kwargs.get("additional_drop_params") or ())
    if kind in ("completion", "text_completion"):
        _extend(kwargs, "allowed_openai_params", _ALLOWED.difference(unwanted))
        kwargs["_skip_mcp_handler"] = True
    lost = _WON_BACK.get(kind, frozenset())
    won_back = {name: kwargs[name] for name in lost.difference(unwanted) if kwargs.get(name) is not None}
    if kind == "embedding":
        _extend(kwargs, "additional_drop_params", lost)
    remember(HookArguments(kwargs, won_back, unwanted), logging)


def _refuse_state(kwargs: Mapping[str, object]) -> None:
    """LiteLLM's way by chat completions forgets these without a word."""
    if lost := [name for name in ("background", "include", "previous_response_id", "store") if kwargs.get(name)]:
        raise BadRequestError(
            message=f"This version of LiteLLM cannot take {', '.join(lost)} to the Responses API of a custom provider. "
            "Call client.responses.create() of AzureConnector, or use a version that docs/litellm.md names.",
            model=str(kwargs.get("model")),
            llm_provider=str(prefix_of(kwargs)),
        )


def _extend(kwargs: dict[str, Any], setting: str, names: frozenset[str]) -> None:
    wanted = [name for name in kwargs if name in names and kwargs[name] is not None]
    if wanted:
        kwargs[setting] = [*(kwargs.get(setting) or ()), *wanted]
