"""One walk over every operation that the emulator serves, each asked as the published documents allow and as not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from azure_connector.emulator import Emulator
from azure_connector.emulator.served import SERVED, Served
from azure_connector.emulator.sound import wav

from .publishing import TABLES, Json, bent, bent_form, disagreements, faults

MODELS = (
    "gpt-4o gpt-5 gpt-audio gpt-35-turbo-instruct text-embedding-3-small gpt-image-1 dall-e-3 whisper "
    "gpt-4o-transcribe gpt-4o-mini-tts sora-2 gpt-realtime"
)
OPERATIONS: Mapping[str, Served] = {one.key: one for one in SERVED if not one.inference}
USER = [{"role": "user", "content": "What is 6 * 7?"}]
FUNCTION = {
    "name": "get_weather",
    "description": "Get the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
VERSION = "2025-04-01-preview"
PREVIEW = {"aoai-copy-ft-checkpoints": "preview"}


class Walk:
    """Asks one form of one emulator, and notes what does not fit."""

    def __init__(self, azure: Emulator, form: str) -> None:
        self.azure = azure
        self.form = form
        self.wrong: list[str] = []
        self.walked: set[str] = set()
        self.refused = 0
        self.known: list[str] = []
        self._http = httpx.Client(
            base_url=azure.endpoint, headers={"api-key": azure.api_key, **PREVIEW}, trust_env=False
        )

    def close(self) -> None:
        self._http.close()

    def has(self, key: str) -> bool:
        """Whether this form has the operation."""
        one = OPERATIONS[key]
        return one.v1 if self.form == "v1" else one.classic != "no" and one.until == "9999"

    def ask(self, key: str, body: Any = None, *, form: Any = None, files: Any = None, **ids: str) -> Any:
        """Every request that is not allowed, then the one that is; the reply's JSON, or its events, or its bytes."""
        if not self.has(key):
            return {}
        for name in TABLES[self.form] if isinstance(body, dict) else ():
            self.wrong += [f"the request itself: {one}" for one in faults(name, key, "body", body)]
            for label, made in bent(name, key, body) if key not in self.walked else ():
                self._bend(f"{name} {label}", key, ids, json=made)
        parts = {**{name: (None, value) for name, value in (form or {}).items()}, **(files or {})}
        for name in TABLES[self.form] if parts and key not in self.walked else ():
            for label, made in bent_form(name, key, parts):
                told = {part: (None, value) if isinstance(value, str) else value for part, value in made.items()}
                self._bend(f"{name} {label}", key, {"at": (form or {}).get("model", ""), **ids}, files=told)
        reply = self._send(key, ids, json=body, data=form, files=files)
        self.walked.add(key)
        if reply.status_code >= 300:
            self.wrong.append(f"{key}: {reply.status_code} {reply.text[:300]}")
            return {}
        return self._read(key, reply)

    def _bend(self, label: str, key: str, ids: Mapping[str, str], **made: Any) -> None:
        reply = self._send(key, ids, **made)
        known = [one for one in disagreements()["accepted"] if f"{one['operation']}: {one['what']}" in label]
        if reply.status_code in {400, 404, 422}:
            self.refused += 1
            assert reply.headers["apim-request-id"], label
            assert reply.json()["error"]["message"], label
        elif not known or reply.status_code >= 500:
            self.wrong.append(f"taken ({reply.status_code}): {label}")
        elif key == "POST /threads/{id}/runs":  # one at a time
            run = reply.json()
            self._send("POST /threads/{id}/runs/{run}/cancel", {"id": run["thread_id"], "run": run["id"]})
            self._send("GET /threads/{id}/runs/{run}", {"id": run["thread_id"], "run": run["id"]})
        self.known += [one["what"] for one in known]

    def _send(self, key: str, ids: Mapping[str, str], **content: Any) -> httpx.Response:
        one = OPERATIONS[key]
        path = one.path.format(**ids)
        if self.form == "v1":
            return self._http.request(one.method, f"/openai/v1{path}", **content)
        at = (
            f"/openai/deployments/{ids.get('at') or _model(content)}{path}"
            if one.classic == "deployed"
            else f"/openai{path}"
        )
        return self._http.request(one.method, at, params={"api-version": VERSION}, **content)

    def _read(self, key: str, reply: httpx.Response) -> Any:
        kind = reply.headers.get("content-type", "")
        if kind.startswith("text/event-stream"):
            events = list(_events(reply.text))
            for name in TABLES[self.form]:
                self.wrong += [one for event in events for one in faults(name, key, "events", event)]
            return events
        if not kind.startswith("application/json"):
            return reply.content
        for name in TABLES[self.form]:
            self.wrong += faults(name, key, "reply", reply.json())
        return reply.json()


def _model(content: Mapping[str, Any]) -> str:
    given = content.get("json") if isinstance(content.get("json"), dict) else content.get("data")
    return str((given or {}).get("model"))


def _events(text: str) -> Iterator[Json]:
    for line in text.splitlines():
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line.removeprefix("data: "))


def models(walk: Walk) -> None:
    walk.ask("GET /models")
    walk.ask("GET /models/{model}", model="gpt-4o")
    chat = {"model": "gpt-4o", "messages": USER}
    tools = [{"type": "function", "function": FUNCTION}]
    more = {"temperature": 1, "seed": 1, "n": 1, "user": "a", "logprobs": True, "top_logprobs": 1}
    walk.ask("POST /chat/completions", {**chat, **more, "tools": tools, "tool_choice": "auto"})
    walk.ask("POST /chat/completions", {**chat, "stream": True, "stream_options": {"include_usage": True}})
    walk.ask("POST /chat/completions", {"model": "gpt-5", "messages": USER, "reasoning_effort": "low"})
    audio = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
    walk.ask("POST /chat/completions", {"model": "gpt-audio", "messages": USER, **audio})
    kept = walk.ask("POST /chat/completions", {**chat, "store": True, "metadata": {"a": "b"}})["id"]
    walk.ask("GET /chat/completions")
    walk.ask("GET /chat/completions/{id}", id=kept)
    walk.ask("POST /chat/completions/{id}", {"metadata": {"a": "c"}}, id=kept)
    walk.ask("GET /chat/completions/{id}/messages", id=kept)
    walk.ask("DELETE /chat/completions/{id}", id=kept)
    walk.ask("POST /completions", {"model": "gpt-35-turbo-instruct", "prompt": "Say it", "max_tokens": 5})
    walk.ask("POST /embeddings", {"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 5})


def media(walk: Walk) -> None:
    sound = {"file": ("a.wav", wav("Hello there."))}
    for shape in ("json", "verbose_json"):
        walk.ask("POST /audio/transcriptions", form={"model": "whisper", "response_format": shape}, files=sound)
        walk.ask("POST /audio/translations", form={"model": "whisper", "response_format": shape}, files=sound)
    walk.ask("POST /audio/transcriptions", form={"model": "gpt-4o-transcribe", "stream": "true"}, files=sound)
    speech = {"model": "gpt-4o-mini-tts", "input": "Hello", "voice": "alloy"}
    walk.ask("POST /audio/speech", speech)
    walk.ask("POST /audio/speech", {**speech, "stream_format": "sse"})
    walk.ask("POST /images/generations", {"model": "gpt-image-1", "prompt": "A cat", "n": 1})
    walk.ask("POST /images/generations", {"model": "dall-e-3", "prompt": "A cat", "style": "vivid"})
    walk.ask(
        "POST /images/generations", {"model": "gpt-image-1", "prompt": "A cat", "stream": True, "partial_images": 1}
    )
    walk.ask("POST /images/edits", form={"model": "gpt-image-1", "prompt": "A dog"}, files={"image": ("a.png", b"x")})
    video = walk.ask("POST /videos", {"model": "sora-2", "prompt": "A cat", "seconds": "4"}).get("id", "")
    walk.ask("GET /videos")
    for _ in range(3):
        walk.ask("GET /videos/{id}", id=video)
    walk.ask("GET /videos/{id}/content", id=video)
    walk.ask("POST /videos/{id}/remix", {"prompt": "A dog"}, id=video)
    walk.ask("POST /videos/edits", {"prompt": "A dog", "video": {"id": video}})
    walk.ask("POST /videos/extensions", {"prompt": "It runs", "video": {"id": video}, "seconds": "8"})
    film = {"video": ("a.mp4", b"x")}
    character = walk.ask("POST /videos/characters", form={"name": "Rex"}, files=film).get("id", "")
    walk.ask("GET /videos/characters/{character}", character=character)
    walk.ask("DELETE /videos/{id}", id=video)


def responses(walk: Walk) -> None:
    ask = {"model": "gpt-4o", "input": "What is 6 * 7?"}
    made = walk.ask(
        "POST /responses", {**ask, "tools": [{"type": "function", **FUNCTION}], "temperature": 1, "user": "a"}
    )
    think = {"model": "gpt-5", "input": "What is 6 * 7?", "reasoning": {"effort": "low", "summary": "auto"}}
    walk.ask("POST /responses", {**think, "include": ["reasoning.encrypted_content"]})
    walk.ask("POST /responses", {**ask, "stream": True})
    walk.ask(
        "POST /responses", {**ask, "max_output_tokens": 16, "text": {"format": {"type": "text"}, "verbosity": "low"}}
    )
    walk.ask("GET /responses/{id}", id=made["id"])
    walk.ask("GET /responses/{id}/input_items", id=made["id"])
    walk.ask("DELETE /responses/{id}", id=made["id"])
    late = walk.ask("POST /responses", {**ask, "background": True})
    walk.ask("POST /responses/{id}/cancel", id=late["id"])
    walk.ask("POST /responses/input_tokens", ask)
    walk.ask("POST /responses/compact", ask)
    talk = walk.ask("POST /conversations", {"metadata": {"a": "b"}, "items": [{"type": "message", **USER[0]}]}).get(
        "id", ""
    )
    walk.ask("GET /conversations/{id}", id=talk)
    walk.ask("POST /conversations/{id}", {"metadata": {"a": "c"}}, id=talk)
    walk.ask("POST /conversations/{id}/items", {"items": [{"type": "message", **USER[0]}]}, id=talk)
    items = walk.ask("GET /conversations/{id}/items", id=talk).get("data", [{"id": ""}])
    walk.ask("GET /conversations/{id}/items/{item}", id=talk, item=items[0]["id"])
    walk.ask("DELETE /conversations/{id}/items/{item}", id=talk, item=items[0]["id"])
    walk.ask("DELETE /conversations/{id}", id=talk)


def upload(walk: Walk, content: bytes, purpose: str, name: str = "a.jsonl") -> str:
    return walk.ask("POST /files", form={"purpose": purpose}, files={"file": (name, content)})["id"]


def kept(walk: Walk) -> None:
    file = upload(walk, b"Oslo is a city.", "assistants", "a.txt")
    walk.ask("GET /files")
    walk.ask("GET /files/{id}", id=file)
    walk.ask("GET /files/{id}/content", id=file)
    part = {"filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "batch", "bytes": 3}
    for end in ("complete", "cancel"):
        made = walk.ask("POST /uploads", part)["id"]
        piece = walk.ask("POST /uploads/{id}/parts", files={"data": ("x", b"abc")}, id=made)["id"]
        walk.ask(f"POST /uploads/{{id}}/{end}", {"part_ids": [piece]} if end == "complete" else None, id=made)
    line = {
        "custom_id": "1",
        "method": "POST",
        "url": "/chat/completions",
        "body": {"model": "gpt-4o", "messages": USER},
    }
    url = {"v1": "/v1/chat/completions", "classic": "/chat/completions"}[walk.form]
    source = upload(walk, json.dumps({**line, "url": url}).encode(), "batch")
    wanted = {"input_file_id": source, "endpoint": url, "completion_window": "24h"}
    batch = walk.ask("POST /batches", wanted)["id"]
    walk.ask("GET /batches")
    walk.ask("POST /batches/{id}/cancel", id=walk.ask("POST /batches", wanted)["id"])
    for _ in range(4):
        walk.ask("GET /batches/{id}", id=batch)
    vectors(walk, file)
    walk.ask("DELETE /files/{id}", id=file)


def vectors(walk: Walk, file: str) -> None:
    top = "/vector_stores"
    store = walk.ask(f"POST {top}", {"name": "a", "expires_after": {"anchor": "last_active_at", "days": 1}})["id"]
    walk.ask(f"GET {top}")
    walk.ask(f"POST {top}/{{id}}", {"name": "b"}, id=store)
    one, all_ = f"{top}/{{id}}/files/{{file}}", f"{top}/{{id}}/files"
    walk.ask(f"POST {all_}", {"file_id": file, "attributes": {"year": 1}}, id=store)
    for key in (f"GET {all_}", f"GET {top}/{{id}}"):
        walk.ask(key, id=store)
    walk.ask(f"GET {one}", id=store, file=file)
    walk.ask(f"POST {one}", {"attributes": {"year": 2}}, id=store, file=file)
    walk.ask(f"GET {one}/content", id=store, file=file)
    filters = {"type": "and", "filters": [{"type": "eq", "key": "year", "value": 2}]}
    walk.ask(f"POST {top}/{{id}}/search", {"query": "city", "filters": filters, "max_num_results": 5}, id=store)
    batch = walk.ask(f"POST {top}/{{id}}/file_batches", {"file_ids": [file]}, id=store)["id"]
    walk.ask(f"POST {top}/{{id}}/file_batches/{{batch}}/cancel", id=store, batch=batch)
    walk.ask(f"GET {top}/{{id}}/file_batches/{{batch}}", id=store, batch=batch)
    walk.ask(f"GET {top}/{{id}}/file_batches/{{batch}}/files", id=store, batch=batch)
    walk.ask(f"DELETE {one}", id=store, file=file)
    walk.ask(f"DELETE {top}/{{id}}", id=store)


def boxes(walk: Walk) -> None:
    box = walk.ask("POST /containers", {"name": "a", "expires_after": {"anchor": "last_active_at", "minutes": 5}}).get(
        "id", ""
    )
    walk.ask("GET /containers")
    walk.ask("GET /containers/{id}", id=box)
    file = walk.ask("POST /containers/{id}/files", files={"file": ("a.txt", b"abc")}, id=box).get("id", "")
    walk.ask("GET /containers/{id}/files", id=box)
    walk.ask("GET /containers/{id}/files/{file}", id=box, file=file)
    walk.ask("GET /containers/{id}/files/{file}/content", id=box, file=file)
    walk.ask("DELETE /containers/{id}/files/{file}", id=box, file=file)
    walk.ask("DELETE /containers/{id}", id=box)


def skills(walk: Walk) -> None:
    text = "---\nname: sums\ndescription: Adds numbers.\n---\nAdd them."
    files = {"files": ("sums/SKILL.md", text)}
    top, versions, one = "/skills/{id}", "/skills/{id}/versions", "/skills/{id}/versions/{version}"
    skill = walk.ask("POST /skills", files=files).get("id", "")
    walk.ask("GET /skills")
    walk.ask(f"GET {top}", id=skill)
    walk.ask(f"POST {versions}", files=files, id=skill)
    walk.ask(f"GET {versions}", id=skill)
    walk.ask(f"POST {top}", {"default_version": "2"}, id=skill)
    walk.ask(f"GET {top}/content", id=skill)
    walk.ask(f"GET {one}", id=skill, version="1")
    walk.ask(f"GET {one}/content", id=skill, version="1")
    walk.ask(f"DELETE {one}", id=skill, version="1")
    walk.ask(f"DELETE {top}", id=skill)


def jobs(walk: Walk) -> None:
    line = json.dumps({"messages": [*USER, {"role": "assistant", "content": "42"}]}).encode()
    file = upload(walk, b"\n".join([line] * 10), "fine-tune")
    top, wanted = "/fine_tuning/jobs", {"model": "gpt-4o", "training_file": file, "suffix": "a", "seed": 1}
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": "auto"}}}
    job = walk.ask(f"POST {top}", {**wanted, "method": method})["id"]
    walk.ask(f"GET {top}")
    for _ in range(2):
        walk.ask(f"GET {top}/{{id}}", id=job)
    for verb in ("pause", "resume"):
        walk.ask(f"POST {top}/{{id}}/{verb}", id=job)
    for _ in range(3):
        walk.ask(f"GET {top}/{{id}}", id=job)
    walk.ask(f"GET {top}/{{id}}/events", id=job)
    points = walk.ask(f"GET {top}/{{id}}/checkpoints", id=job)["data"]
    copy, target = (
        f"{top}/{{id}}/checkpoints/{{checkpoint}}/copy",
        {"destinationResourceId": "/x", "region": "norwayeast"},
    )
    walk.ask(f"POST {copy}", target, id=job, checkpoint=points[0]["id"])
    walk.ask(f"GET {copy}", id=job, checkpoint=points[0]["id"])
    walk.ask("DELETE /models/{model}", model=walk.ask(f"GET {top}/{{id}}", id=job)["fine_tuned_model"])
    walk.ask(f"POST {top}/{{id}}/cancel", id=walk.ask(f"POST {top}", wanted)["id"])


def evals(walk: Walk) -> None:
    config = {"type": "custom", "item_schema": {"type": "object", "properties": {"said": {"type": "string"}}}}
    check = {"type": "string_check", "name": "same", "input": "{{item.said}}", "operation": "eq", "reference": "a"}
    made = walk.ask("POST /evals", {"name": "a", "data_source_config": config, "testing_criteria": [check]})["id"]
    walk.ask("GET /evals")
    walk.ask("GET /evals/{id}", id=made)
    walk.ask("POST /evals/{id}", {"name": "b"}, id=made)
    source = {"type": "jsonl", "source": {"type": "file_content", "content": [{"item": {"said": "a"}}]}}
    run = walk.ask("POST /evals/{id}/runs", {"name": "r", "data_source": source}, id=made)["id"]
    walk.ask("GET /evals/{id}/runs", id=made)
    for _ in range(3):
        walk.ask("GET /evals/{id}/runs/{run}", id=made, run=run)
    items = walk.ask("GET /evals/{id}/runs/{run}/output_items", id=made, run=run)["data"]
    walk.ask("GET /evals/{id}/runs/{run}/output_items/{item}", id=made, run=run, item=items[0]["id"])
    for key in ("POST /evals/{id}/runs/{run}", "POST /evals/{id}/runs/{run}/cancel"):
        walk.ask(key, id=made, run=walk.ask("POST /evals/{id}/runs", {"data_source": source}, id=made)["id"])
    walk.ask("DELETE /evals/{id}/runs/{run}", id=made, run=run)
    walk.ask("DELETE /evals/{id}", id=made)


def threads(walk: Walk) -> None:
    helper = walk.ask(
        "POST /assistants", {"model": "gpt-4o", "name": "a", "tools": [{"type": "function", "function": FUNCTION}]}
    )
    # Threads stand on v1, assistants do not.
    helper_id = helper.get("id") or _assistant(walk.azure)
    walk.ask("GET /assistants")
    walk.ask("GET /assistants/{id}", id=helper_id)
    walk.ask("POST /assistants/{id}", {"name": "b"}, id=helper_id)
    thread = walk.ask("POST /threads", {"messages": USER})["id"]
    walk.ask("GET /threads/{id}", id=thread)
    walk.ask("POST /threads/{id}", {"metadata": {"a": "b"}}, id=thread)
    messages, one = "/threads/{id}/messages", "/threads/{id}/messages/{message}"
    said = walk.ask(f"POST {messages}", {"role": "user", "content": "What's the weather in Oslo?"}, id=thread)["id"]
    walk.ask(f"GET {messages}", id=thread)
    walk.ask(f"GET {one}", id=thread, message=said)
    walk.ask(f"POST {one}", {"metadata": {"a": "b"}}, id=thread, message=said)
    runs(walk, thread, helper_id)
    walk.ask(f"DELETE {one}", id=thread, message=said)
    walk.ask("DELETE /threads/{id}", id=thread)
    walk.ask("DELETE /assistants/{id}", id=helper_id)


def _assistant(azure: Emulator) -> str:
    at, made = (
        f"{azure.endpoint}/openai/assistants",
        {"model": "gpt-4o", "tools": [{"type": "function", "function": FUNCTION}]},
    )
    reply = httpx.post(
        at, params={"api-version": VERSION}, headers={"api-key": azure.api_key}, json=made, trust_env=False
    )
    return reply.json()["id"]


def runs(walk: Walk, thread: str, helper: str) -> None:
    top = "/threads/{id}/runs"
    run = walk.ask(f"POST {top}", {"assistant_id": helper, "instructions": "Be brief."}, id=thread)["id"]
    walk.ask(f"GET {top}", id=thread)
    for _ in range(3):
        found = walk.ask(f"GET {top}/{{run}}", id=thread, run=run)
    walk.ask(f"POST {top}/{{run}}", {"metadata": {"a": "b"}}, id=thread, run=run)
    call = found["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
    outputs = {"tool_outputs": [{"tool_call_id": call, "output": "sunny"}]}
    walk.ask(f"POST {top}/{{run}}/submit_tool_outputs", outputs, id=thread, run=run)
    for _ in range(3):
        walk.ask(f"GET {top}/{{run}}", id=thread, run=run)
    steps = walk.ask(f"GET {top}/{{run}}/steps", id=thread, run=run)["data"]
    walk.ask(f"GET {top}/{{run}}/steps/{{step}}", id=thread, run=run, step=steps[0]["id"])
    other = walk.ask("POST /threads/runs", {"assistant_id": helper, "thread": {"messages": USER}})
    walk.ask(f"POST {top}/{{run}}/cancel", id=other["thread_id"], run=other["id"])


def realtime(walk: Walk) -> None:
    session = {"type": "realtime", "model": "gpt-realtime"}
    walk.ask(
        "POST /realtime/client_secrets", {"session": session, "expires_after": {"anchor": "created_at", "seconds": 60}}
    )
    walk.ask("POST /realtime/sessions", {"model": "gpt-realtime"})
    walk.ask("POST /realtime/transcription_sessions", {"input_audio_transcription": {"model": "gpt-4o-transcribe"}})
    offer = {"sdp": (None, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"), "session": (None, json.dumps(session))}
    walk.ask("POST /realtime/calls", files=offer)
    if walk.form == "v1":
        ringing = walk.azure.ring()
        walk.ask("POST /realtime/calls/{id}/accept", session, id=ringing)
        walk.ask("POST /realtime/calls/{id}/hangup", id=ringing)
        other = walk.azure.ring()
        walk.ask("POST /realtime/calls/{id}/accept", session, id=other)
        walk.ask("POST /realtime/calls/{id}/refer", {"target_uri": "tel:+1"}, id=other)
        walk.ask("POST /realtime/calls/{id}/reject", {"status_code": 486}, id=walk.azure.ring())


AREAS = (models, media, responses, kept, boxes, skills, jobs, evals, threads, realtime)
