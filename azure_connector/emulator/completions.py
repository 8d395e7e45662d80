"""Legacy completions: a prompt goes on as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .brain import think
from .chatting import usage_of
from .completion import Completion, most_tokens, settle
from .counting import count, pieces
from .errors import empty_array, invalid, missing, operation_not_supported, wrong_type
from .fieldtypes import check_bias, check_stop, check_types
from .filters import Verdict, judge, unmarked
from .parameters import check_integer, check_known, check_range
from .resource import Resource
from .routes import Handler
from .shapes import check_shape
from .thinking import Ask, Turn
from .values import Json, items_of, object_of, whole
from .wire import Answer, Call, sse

__all__ = ["HANDLERS"]

_FIELDS = (
    "model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream "
    "stream_options suffix temperature top_p user"
)
FIELDS = frozenset(_FIELDS.split())
TYPES = {
    "echo": "a boolean",
    "stream": "a boolean",
    "suffix": "a string",
    "user": "a string",
    "seed": "an integer",
    "logit_bias": "an object",
    "stream_options": "an object",
    "stop": "one of a string or array",
}
MOST_PROMPTS = 2_048
DEFAULT_TOKENS = 16


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /completions`."""
    body = call.json_object()
    if not call.deployment:
        raise missing("model")
    deployment = resource.deployment(call.deployment)
    if not deployment.family.completions:
        raise operation_not_supported("completion", deployment.base_model)
    _check(body)
    check_shape(call, body)
    prompts = _prompts(body.get("prompt"))
    verdicts = [judge([prompt]) for prompt in prompts]
    refused = next((verdict for verdict in verdicts if verdict.refused), None)
    if refused is not None:
        raise refused.refusal()
    replies = [_answer(prompt, body, resource) for prompt in prompts]
    frame: Json = {
        "id": f"cmpl-{resource.ids.letters(29)}",
        "object": "text_completion",
        "created": int(resource.clock()),
        "model": resource.answering(deployment),
    }
    made = [_choice(*one, body) for one in zip(prompts, replies, verdicts, strict=True)]
    copies = int(body.get("n") or 1)
    choices = [{**choice, "index": at * copies + copy} for at, choice in enumerate(made) for copy in range(copies)]
    usage = _usage(replies, copies)
    results = [{**one, "prompt_index": at} for at, verdict in enumerate(verdicts) for one in verdict.prompt_results]
    if body.get("stream"):
        wants_usage = bool(object_of(body.get("stream_options")).get("include_usage"))
        return Answer(events=_events(frame, choices, results, usage if wants_usage else None))
    return Answer(body={**frame, "prompt_filter_results": results, "choices": choices, "usage": usage})


def _check(body: Json) -> None:
    check_known(body, FIELDS)
    check_types(body, TYPES)
    check_bias(body.get("logit_bias"))
    check_stop(body.get("stop"))
    check_integer("n", body.get("n"), 1, 128)
    check_integer("best_of", body.get("best_of"), 1, 128)
    check_integer("max_tokens", body.get("max_tokens"), 0)
    check_integer("logprobs", body.get("logprobs"), 0, 5)
    for name, lowest, highest in (
        ("temperature", 0, 2),
        ("top_p", 0, 1),
        ("frequency_penalty", -2, 2),
        ("presence_penalty", -2, 2),
    ):
        check_range(name, body.get(name), lowest, highest)
    if whole(body.get("best_of"), 128) < whole(body.get("n"), 1):
        text = "You requested that the server return more choices than it will generate (best_of < n)."
        raise invalid(text, "best_of")
    if body.get("stream_options") is not None and not body.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise invalid(text, "stream_options")


def _prompts(given: Any) -> list[str]:
    """The prompts as texts: a string, strings, one list of tokens or several.

    Raises:
        Refusal: 400.
    """
    if given is None:
        return ["<|endoftext|>"]
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list):
        raise wrong_type("prompt", "one of a string or array", given)
    parts = items_of(given)
    if not parts:
        raise empty_array("prompt")
    if all(_is_token(part) for part in parts):
        return [_of_tokens(parts)]
    if len(parts) > MOST_PROMPTS:
        raise invalid(f"The prompt array must have at most {MOST_PROMPTS} entries.", "prompt")
    return [_prompt(index, part) for index, part in enumerate(parts)]


def _prompt(index: int, part: Any) -> str:
    if isinstance(part, str):
        return part
    tokens = items_of(part)
    if not tokens or not all(_is_token(token) for token in tokens):
        raise wrong_type(f"prompt[{index}]", "one of a string or array of integers", part)
    return _of_tokens(tokens)


def _is_token(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _of_tokens(tokens: list[Any]) -> str:
    return " ".join(str(token) for token in tokens)


def _answer(prompt: str, body: Json, resource: Resource) -> Completion:
    limit = most_tokens(whole(body.get("max_tokens"), DEFAULT_TOKENS) or 1, 4_096, choices=whole(body.get("n"), 1))
    thought = think(Ask((Turn("user", unmarked(prompt)),), room=limit))
    return settle(thought, resource.ids, prompt=count(prompt), thinking=0, limit=limit, stop=body.get("stop"))


def _choice(prompt: str, reply: Completion, verdict: Verdict, body: Json) -> Json:
    said = "" if body.get("max_tokens") == 0 else reply.text or ""
    if verdict.stopped:
        said = said[: len(said) // 2]
    text = f"{prompt}{said}" if body.get("echo") else said
    return {
        "text": text,
        "index": 0,
        "logprobs": None if body.get("logprobs") is None else _logprobs(text, int(body["logprobs"])),
        "finish_reason": "content_filter" if verdict.stopped else reply.finish_reason,
        "content_filter_results": verdict.output,
    }


def _logprobs(text: str, top: int) -> Json:
    tokens = pieces(text)
    made = [round(-0.05 - len(token) / 100, 4) for token in tokens]
    offsets, at = list[int](), 0
    for token in tokens:
        offsets.append(at)
        at += len(token)
    pairs = zip(tokens, made, strict=True)
    tops = [{f"{token}{rank or ''}": value - rank for rank in range(top)} for token, value in pairs]
    return {"tokens": tokens, "token_logprobs": made, "top_logprobs": tops if top else None, "text_offset": offsets}


def _usage(replies: list[Completion], copies: int) -> Json:
    total = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    for reply in replies:
        spent = usage_of(reply, copies, "openai")
        total = {name: value + spent[name] for name, value in total.items()}
    return total


def _events(frame: Json, choices: list[Json], results: list[Json], usage: Json | None) -> Iterator[bytes]:
    yield sse({**frame, "choices": [], "prompt_filter_results": results})
    for choice in choices:
        parts = pieces(choice["text"]) or [""]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            shown = {**choice, "text": part, "finish_reason": choice["finish_reason"] if last else None}
            yield sse({**frame, "choices": [{**shown, "logprobs": None}]})
    if usage is not None:
        yield sse({**frame, "choices": [], "usage": usage})
    yield sse("[DONE]")


HANDLERS: dict[str, Handler] = {"POST /completions": create}
