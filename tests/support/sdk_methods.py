"""Every method of the installed SDK that sends something, and arguments to call it with."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openai
from openai._resource import SyncAPIResource

__all__ = ["Sent", "captured", "method_of", "methods", "web_sockets"]

TEXT = [{"role": "user", "content": "Hi"}]
# Where a deployment's name stands, the models are these two; everywhere else the base model.
MODEL, EAR, BASE = "chat-model", "ear-model", "base-model"
FILE = ("a.bin", b"abc", "application/octet-stream")
GRADER = {"type": "score_model", "name": "g", "model": MODEL, "input": TEXT}
SESSION = {"type": "realtime", "model": MODEL, "audio": {"input": {"transcription": {"model": EAR}}}}
# What a method is given for its parameters of these names; an id is made of the parameter's own name.
ARGUMENTS: dict[str, Any] = {
    "attributes": {"a": "b"},
    "bytes": 3,
    "completion_window": "24h",
    "content": "Hi",
    "data": b"abc",
    "data_source": {"type": "completions", "model": MODEL, "source": {"type": "stored_completions", "model": BASE}},
    "data_source_config": {"type": "logs"},
    "default_version": "1",
    "endpoint": "/v1/chat/completions",
    "event_types": ["x"],
    "file": FILE,
    "filename": "a",
    "files": [FILE],
    "fine_tuned_model_checkpoint": "ckpt",
    "grader": GRADER,
    "image": FILE,
    "input": "Hi",
    "items": [{"type": "message", "role": "user", "content": "Hi"}],
    "messages": TEXT,
    "metadata": {"a": "b"},
    "mime_type": "text/plain",
    "model": MODEL,
    "model_sample": "Hi",
    "name": "n",
    "part_ids": ["part_1"],
    "project_ids": ["p"],
    "prompt": "Hi",
    "purpose": "assistants",
    "query": "Hi",
    "questions": [{"name": "q"}],
    "recording": FILE,
    "role": "user",
    "sdp": "v=0",
    "seconds": "4",
    "session": SESSION,
    "target_uri": "tel:1",
    "testing_criteria": [GRADER],
    "tool_outputs": [{"tool_call_id": "c", "output": "1"}],
    "training_file": "file-1",
    "transport": {"type": "webrtc", "sdp": "v=0"},
    "type": "realtime",
    "url": "https://hook.example",
    "user": "u",
    "version": "1",
    "video": FILE,
    "voice": "alloy",
    "workflow": {"id": "w"},
}
# Methods whose parameters are not told by their names.
OWN: dict[str, dict[str, Any]] = {
    "audio.voices.create": {"name": "n", "prompt": "p", "type": "prompt"},
    "beta.agents.automations.create": {"name": "n", "run_at": 1, "target": {"type": "agent"}, "type": "once"},
    "beta.agents.environments.files.create": {"file_id": "file_1", "path": "/workspace/a", "type": "file"},
    "beta.realtime.transcription_sessions.create": {"input_audio_transcription": {"model": EAR}},
    "fine_tuning.jobs.create": {
        "model": BASE,
        "method": {"type": "reinforcement", "reinforcement": {"grader": GRADER}},
    },
    "images.create_variation": {"model": BASE},
    "models.delete": {"model": BASE},
    "models.retrieve": {"model": BASE},
    "moderations.create": {"model": BASE},
    "chat.completions.list": {"model": BASE},
    "beta.chat.completions.list": {"model": BASE},
    "responses.stream": {"input": "Hi"},
    "uploads.upload_file_chunked": {"file": b"abc", "filename": "f", "bytes": 3},
    "vector_stores.file_batches.create": {"file_ids": ["file_1"]},
    "webhooks.create": {"event_types": ["x"], "name": "n", "url": "https://hook.example"},
}
# What sends nothing by itself: it computes, or it is a helper over others that reads files of this machine.
LOCAL = frozenset(
    {
        "beta.agents.environments.files.prepare",
        "beta.agents.environments.files.prepare_directory",
        "beta.agents.environments.files.upload",
        "beta.agents.sessions.artifacts.for_result",
        "beta.agents.sessions.stream",
        "webhooks.unwrap",
        "webhooks.verify_signature",
    }
)


def _client(kind: type = openai.OpenAI, **more: Any) -> Any:
    key = {"admin_api_key": "k"} if "admin_api_key" in inspect.signature(openai.OpenAI).parameters else {}
    return kind(api_key="k", base_url="http://127.0.0.1:9/openai/v1", max_retries=0, **key, **more)


def _walk(resource: Any, prefix: str) -> Iterator[str]:
    for name in sorted(dir(type(resource))):
        found = inspect.getattr_static(type(resource), name)
        if name.startswith(("_", "with_")):
            continue
        if isinstance(found, functools.cached_property | property):
            child = getattr(resource, name, None)
            if isinstance(child, SyncAPIResource):
                yield from _walk(child, f"{prefix}{name}.")
        elif inspect.isfunction(found) and prefix:
            yield prefix + name


@functools.cache
def _names() -> tuple[str, ...]:
    return tuple(name for name in _walk(_client(), "") if name not in LOCAL and not name.startswith("admin."))


def method_of(client: Any, name: str) -> Any:
    """The method of a client by its dotted name."""
    for part in name.split("."):
        client = getattr(client, part)
    return client


def web_sockets() -> tuple[str, ...]:
    """The methods that open a WebSocket."""
    return tuple(name for name in _names() if name.endswith(".connect"))


@functools.cache
def methods() -> dict[str, dict[str, Any]]:
    """Each other method's name and arguments."""
    client = _client()
    return {name: _arguments(client, name) for name in _names() if not name.endswith(".connect")}


def _arguments(client: Any, name: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for parameter in inspect.signature(method_of(client, name)).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.default is not parameter.empty and parameter.name not in ("model", "session"):
            continue
        identity = parameter.name.endswith("_id") or parameter.name == "id"
        given[parameter.name] = ARGUMENTS.get(parameter.name, f"{parameter.name}_1" if identity else "given")
    return {**given, **OWN.get(name, {})}


@dataclass(frozen=True)
class Sent(BaseException):
    """The first request that a method makes, instead of its being sent."""

    method: str
    path: str


class _Capturing(openai.OpenAI):
    def request(self, cast_to: Any, options: Any, **_: Any) -> Any:
        raise Sent(options.method.upper(), options.url.partition("?")[0])


def captured(name: str) -> Sent:
    """What a method would ask for first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the SDK, for what it has deprecated
        try:
            made = method_of(_client(_Capturing), name)(**methods()[name])
            made.__enter__()  # a stream's manager asks then
        except Sent as sent:
            return sent
    raise AssertionError(f"{name} sends nothing")
