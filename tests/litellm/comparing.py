"""Plays rows to LiteLLM's `azure/` and to our prefix on one resource, and compares everything that a user can see.

A row is one or several calls of one entry point. Each is played sync and async, plainly and through a Router. What is
compared: the reply, its cost and its rate limits, or the error with its class; what was on the wire; and what a
callback was told.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import hashlib
import json
import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openai
import pydantic

from azure_connector.emulator import Emulator, Reply
from tests.litellm.lite import settle
from tests.support.frameworks import late
from tests.support.waiting import PATIENCE

litellm = late("litellm")
loggers = late("tests.litellm.loggers")
litellm_adapter = late("litellm_adapter")

__all__ = ["Found", "Row", "Stage", "Steps", "one"]

PROVIDERS = ("azure", "azure_connector")
PLAYS = ("sync", "async", "router", "async router")
API_VERSION = "2025-04-01-preview"

Steps = Generator[tuple[str, dict[str, Any]], Any, None]


@dataclass(frozen=True)
class Row:
    """Calls that are played to both providers.

    Attributes:
        name: a word for it.
        steps: gives the calls, each as LiteLLM's function and its arguments, and is sent their replies.
        script: what the resource is to answer; nothing means its own answers.
        unsteady: fields whose values are not the same twice: the resource counts the words of ids, too, and LiteLLM
            logs (`log`) the prompts of a list from several threads under one id.
    """

    name: str
    steps: Callable[[], Steps]
    script: Sequence[Reply] = ()
    unsteady: frozenset[str] = frozenset()


def one(name: str, entry: str, *script: Reply, **call: Any) -> Row:
    """A row of one call."""

    def steps() -> Steps:
        yield entry, call

    return Row(name, steps, script)


@dataclass(frozen=True)
class Found:
    """One difference.

    Attributes:
        row, play: where.
        path: what differs.
        theirs, ours: the values.
    """

    row: str
    play: str
    path: str
    theirs: Any
    ours: Any


@dataclass
class _Played:
    """One play of one row: what each step gave, and what went out for it."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


class Stage:
    """The resource, the callback, and one Router with every deployment through both providers.

    Args:
        azure: the resource.
    """

    def __init__(self, azure: Emulator) -> None:
        self.azure = azure
        self.seen = loggers.Recorder()
        litellm.callbacks.append(self.seen)
        self._futures: list[concurrent.futures.Future[Any]] = []
        self._scripted = False
        models = [
            {
                "model_name": f"{provider}:{name}",
                "litellm_params": {"model": f"{provider}/{name}", **self.where()},
            }
            for provider in PROVIDERS
            for name in [*azure.deployments, "missing"]
        ]
        self.router = litellm.Router(model_list=models, num_retries=0, disable_cooldowns=True)

    def where(self) -> dict[str, Any]:
        return {"api_base": self.azure.endpoint, "api_key": self.azure.api_key, "api_version": API_VERSION}

    def arguments(self, provider: str, play: str, entry: str, call: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The function for a step, and its arguments; None where LiteLLM has none."""
        owner: Any = self.router if "router" in play else litellm
        made = getattr(owner, f"a{entry}" if play.startswith("async") else entry, None)
        more = copy.deepcopy(dict(call))  # a Router writes into what it is given
        if "router" in play:
            if "model" in more:
                more["model"] = f"{provider}:{more['model']}"
            if "response_id" in more:
                more |= {"custom_llm_provider": provider, **self.where()}
        else:
            more = {**self.where(), "max_retries": 0, **more}
            if "model" in more:
                more["model"] = f"{provider}/{more['model']}"
        return made, more

    def play(self, rows: Sequence[Row]) -> Iterator[Found]:
        """Plays rows and gives every difference."""
        played: dict[tuple[str, str, str], _Played] = {}
        from litellm.litellm_core_utils.thread_pool_executor import executor

        submit = executor.submit

        def recorded(*args: Any, **kwargs: Any) -> Any:
            self._futures.append(submit(*args, **kwargs))
            return self._futures[-1]

        executor.submit = recorded  # type: ignore[method-assign]
        try:
            for provider in PROVIDERS:
                for row in rows:
                    for play in PLAYS[::2]:
                        played[provider, play, row.name] = self._sync(provider, play, row)
            while self._futures:  # LiteLLM's logging of sync calls; what is submitted last may submit more
                self._futures.pop().result(PATIENCE)
            _join_loggers()
            asyncio.run(self._all_async(rows, played))
        finally:
            executor.submit = submit  # type: ignore[method-assign]
        for row in rows:
            for play in PLAYS:
                theirs, ours = (self._told(played[provider, play, row.name], row) for provider in PROVIDERS)
                for path, one_value, other in differences("", *_outcomes(theirs, ours)):
                    if path.rpartition(".")[2] not in row.unsteady and not _more_told(path, one_value):
                        yield Found(row.name, play, path, one_value, other)

    def _begin(self, row: Row) -> Steps:
        self.azure.clear()
        if row.script or self._scripted:
            litellm_adapter.handler.close()  # or a deployment that is left alone after a 429 would be waited for
        self._scripted = bool(row.script)
        if row.script:
            self.azure.script(*row.script)
        return row.steps()

    def _sync(self, provider: str, play: str, row: Row) -> _Played:
        played, steps, reply = _Played(), self._begin(row), None
        while (step := _next(steps, reply)) is not None:
            function, call = self.arguments(provider, play, *step)
            if function is None:
                break
            call = self._identified(played, call, provider, play, row)
            sent = len(self.azure.requests)
            try:
                reply = function(**call)
                told = _reply(reply, list(reply) if _is_stream(reply) else None)
            except _errors() as error:
                told = _error(error)
            played.steps.append({**told, "wire": self._wire(sent)})
            if "error" in told:
                break
        return played

    async def _all_async(self, rows: Sequence[Row], played: dict[tuple[str, str, str], _Played]) -> None:
        for provider in PROVIDERS:
            for row in rows:
                for play in PLAYS[1::2]:
                    played[provider, play, row.name] = await self._async(provider, play, row)
        while logging := [task for task in asyncio.all_tasks() if _logs(task.get_coro())]:
            await asyncio.wait_for(asyncio.wait(logging), PATIENCE)
        await settle()
        _join_loggers()

    async def _async(self, provider: str, play: str, row: Row) -> _Played:
        played, steps, reply = _Played(), self._begin(row), None
        while (step := _next(steps, reply)) is not None:
            function, call = self.arguments(provider, play, *step)
            if function is None:
                break
            call = self._identified(played, call, provider, play, row)
            sent = len(self.azure.requests)
            try:
                reply = await function(**call)
                told = _reply(reply, [part async for part in reply] if _is_stream(reply) else None)
            except _errors() as error:
                told = _error(error)
            played.steps.append({**told, "wire": self._wire(sent)})
            if "error" in told:
                break
        return played

    def _identified(self, played: _Played, call: dict[str, Any], provider: str, play: str, row: Row) -> dict[str, Any]:
        identity = f"{provider}/{play}/{row.name}/{len(played.calls)}"
        played.calls.append(identity)
        return {**call, "litellm_call_id": identity}

    def _wire(self, start: int) -> list[Any]:
        return [_request(request) for request in self.azure.requests.snapshot()[start:]]

    def _told(self, played: _Played, row: Row) -> list[Any]:
        if "log" in row.unsteady:
            return played.steps
        told: dict[str, list[dict[str, Any]]] = {call: [] for call in played.calls}
        for one in self.seen.told:
            call = one.kwargs.get("litellm_call_id")
            if call in told and one.kind in ("success", "failure"):
                told[call].append(_log(one.kind, one.kwargs))
        logs = [told[call] for call in played.calls]
        return [{**step, "log": log} for step, log in zip(played.steps, logs, strict=True)]


def _errors() -> tuple[type[Exception], ...]:
    return (*litellm.exceptions.LITELLM_EXCEPTION_TYPES, openai.OpenAIError, ValueError)


def _more_told(path: str, theirs: Any) -> bool:
    """Whether a callback finds something more."""
    return theirs == "absent" and (".fields." in path or ".shown." in path) and ".log[" in path


def _logs(function: Any) -> bool:
    return "_handler" in getattr(function, "__qualname__", "")


def _join_loggers() -> None:
    """LiteLLM logs a stream that breaks in a thread of its own."""
    for thread in threading.enumerate():
        if _logs(getattr(thread, "_target", None)):
            thread.join(PATIENCE)


def _outcomes(theirs: list[Any], ours: list[Any]) -> tuple[list[Any], list[Any]]:
    """Where one is refused and the other is not, that alone is the difference."""
    for position, pair in enumerate(zip(theirs, ours, strict=False)):
        if ("error" in pair[0]) != ("error" in pair[1]):
            told = [side["error"]["class"] if "error" in side else "answered" for side in pair]
            return [*theirs[:position], {"outcome": told[0]}], [*ours[:position], {"outcome": told[1]}]
    return theirs, ours


def _next(steps: Steps, reply: Any) -> Any:
    try:
        return steps.send(reply)
    except StopIteration:
        return None


def _is_stream(reply: Any) -> bool:
    return not isinstance(reply, pydantic.BaseModel | list | dict) and (
        hasattr(reply, "__anext__") or hasattr(reply, "__next__")
    )


def _reply(reply: Any, parts: list[Any] | None) -> dict[str, Any]:
    hidden = getattr(reply, "_hidden_params", None) or {}
    limits = {name: value for name, value in (hidden.get("additional_headers") or {}).items() if "ratelimit" in name}
    found: dict[str, Any] = {"limits": bool(limits)}
    if parts is None:
        return found | {
            "type": type(reply).__name__,
            "reply": _dumped(reply),
            "cost": _cost(hidden.get("response_cost")),
        }
    if parts and type(parts[0]).__name__ == "ModelResponseStream":
        # Chunks without choices and usage tell nothing that a reader of LiteLLM's chunks could use.
        chunks = [_dumped(part) for part in parts if part.choices or getattr(part, "usage", None)]
        return found | {"chunks": chunks, "rebuilt": _dumped(litellm.stream_chunk_builder(parts))}
    return found | {"events": [_dumped(part) for part in parts]}


def _cost(cost: Any) -> Any:
    return None if cost is None else f"{cost:.9f}"


def _error(error: Any) -> dict[str, Any]:
    headers = {
        **dict(getattr(error, "litellm_response_headers", None) or {}),
        **dict(getattr(getattr(error, "response", None), "headers", None) or {}),
    }
    names = ("retry-after", "retry-after-ms", "x-ratelimit-remaining-requests")
    return {
        "error": {
            "class": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "llm_provider": getattr(error, "llm_provider", None),
            "fields": plain_value(getattr(error, "provider_specific_fields", None) or {}),
            "headers": {name: headers[name] for name in names if name in headers},
            "request id": "apim-request-id" in headers,
        }
    }


_FORM = re.compile(rb'name="([a-z_]+)(?:\[\])?"(?:; filename="[^"]*")?[^\r]*(?:\r\n[^\r]+)*\r\n\r\n')


def _request(request: Any) -> dict[str, Any]:
    path = re.sub(r"^/openai(/v1|/deployments/[^/]+)?|\?.*$", "", request.url)
    path = re.sub(r"/resp_[^/]+", "/{id}", path)
    if request.headers.get("content-type", "").startswith("multipart"):
        body: Any = {"fields": sorted(name.decode() for name in _FORM.findall(request.raw) if name != b"model")}
        body["types"] = sorted(re.findall(r"Content-Type: (.*)\r", request.raw.decode("latin-1")))
    else:
        body = dict(request.body) if isinstance(request.body, Mapping) else request.body
    if isinstance(body, dict):
        body.pop("model", None)
    own = {name: value for name, value in request.headers.items() if name.startswith("x-own")}
    return {"request": f"{request.method} {path}", "body": plain_value(body), "headers": own}


# What differs between two plays of the same call, and what names the provider.
_IDENTITY = re.compile(r"\b(?:chatcmpl|resp|msg|fc|call|rs|cmpl)[_-][A-Za-z0-9=]{16,}|\bgAAAA[\w=-]+|\b[0-9a-f]{64}\b")
_UNSTEADY = re.compile(
    r"(url|id|_id|created|created_at|.*time|.*Time|completed_at|.*_duration.*|.*overhead.*|trace_id)$"
)
_LOG = ("status", "call_type", "stream", "prompt_tokens", "completion_tokens", "total_tokens", "cache_hit", "messages")
_LOG += ("response", "model_parameters", "end_user", "requester_ip_address", "error_str_class")
_NAMED = ("api_key", "api_version", "base_model", "client", "custom_llm_provider", "max_retries", "optional_params")
_NAMED += ("cache_hit",)  # filled in late, from another thread of LiteLLM's; what is shown has it, too


def _log(kind: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    shown = kwargs.get("standard_logging_object") or {}
    filled = {name for name, value in kwargs.items() if value not in (None, "", {}, [])}
    told = {name: shown.get(name) for name in _LOG}
    return plain_value(
        {
            "kind": kind,
            "fields": dict.fromkeys(filled.difference(_NAMED), True),
            "shown": {name: True for name, value in shown.items() if value not in (None, "", {}, [])},
            "cost": _cost(shown.get("response_cost")),
            "error": (shown.get("error_information") or {}).get("error_class"),
            "model": str(shown.get("model")).replace(PROVIDERS[1], PROVIDERS[0]),
            "address": shown.get("api_base") if shown.get("call_type") in ("completion", "acompletion") else None,
            "limits": "ratelimit" in str((shown.get("hidden_params") or {}).get("additional_headers")),
            **told,
        },
        lambda key: bool(_UNSTEADY.match(key)),
    )


def _dumped(reply: Any) -> Any:
    if isinstance(reply, pydantic.BaseModel):
        return plain_value(reply.model_dump(), lambda key: bool(_UNSTEADY.match(key)))
    if (content := getattr(reply, "content", None)) is not None:
        return hashlib.sha256(content).hexdigest()
    return plain_value(reply, lambda key: bool(_UNSTEADY.match(key)))


def plain_value(value: Any, drop: Callable[[str], bool] = lambda key: False) -> Any:
    """A dictionary without what is None: LiteLLM's types fill in nothing for it, but not always in the same places."""
    return _plain(json.loads(json.dumps(value, default=str)), drop)


def _plain(value: Any, drop: Callable[[str], bool]) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v, drop) for k, v in value.items() if v is not None and not drop(k)}
    if isinstance(value, str):
        return _IDENTITY.sub("id", value)
    if type(value) is float:
        return round(value, 5)  # the SDK reads an embedding's numbers from base64
    return [_plain(v, drop) for v in value] if isinstance(value, list) else value


def differences(path: str, theirs: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every place in which two values differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in {**theirs, **ours}:
            name = f"{path}.{key}" if path else str(key)
            yield from differences(name, theirs.get(key, "absent"), ours.get(key, "absent"))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for position, (one_value, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(f"{path}[{position}]", one_value, other)
    elif theirs != ours:
        yield path, theirs, ours
