"""Where state lives: stored responses, files and encrypted reasoning belong to the resource that made them.

Source: a `previous_response_id`, a file id or `encrypted_content` of another resource earns a 400 or 404 from Azure
("created under a different Azure OpenAI resource").
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from .._utils import ForkLock, Json, as_list, as_object
from ..deployments import Target, names_at, operation_of

__all__ = ["Binding", "ResourceAffinity"]

_log = logging.getLogger("azure_connector")

_LIMIT = 20_000
_CONVERSATION = ("previous_response_id", "conversation")
# fmt: off
_IDS = (
    *_CONVERSATION, "input_file_id", "file_id", "file_ids", "training_file", "validation_file", "assistant_id",
    "video",
)
# fmt: on
# The same in replies: the files of a batch, and what a run or a file of a store belongs to.
_MADE = ("input_file_id", "output_file_id", "error_file_id", "thread_id", "assistant_id", "vector_store_id")
# Where further ids stand: a run's file of an evaluation, an assistant's tools, a thread's messages.
_NESTED_IDS = (
    "data_source.source.id",
    "tool_resources.file_search.vector_store_ids[]",
    "tool_resources.code_interpreter.file_ids[]",
)
# In a path that the table of operations does not know.
_PATH_ID = re.compile(r"^/[a-z_/]+?/(?P<id>[A-Za-z]+[-_][\w-]+)")


@dataclass(frozen=True, slots=True)
class Binding:
    """The resource that a request is bound to.

    Attributes:
        resource: its name.
        param: the parameter that binds the request.
        vital: what the request is about (a file): without it there is no sense in asking.
    """

    resource: str
    param: str
    vital: bool = False


class ResourceAffinity:
    """Which resource holds which id. Bounded: the oldest ids are forgotten first. Thread-safe.

    Args:
        drop_state: a conversation's state that lives elsewhere may be dropped to reach another resource.
    """

    def __init__(self, *, drop_state: bool = False) -> None:
        self.drop_state = drop_state
        self._homes: OrderedDict[str, str] = OrderedDict()
        self._lock = ForkLock()

    def note(self, resource: str, operation: str, reply: object, *, stored: bool = False) -> None:
        """Remembers the ids in a reply.

        Args:
            resource: where it came from.
            operation: the SDK's path.
            reply: the SDK's object.
            stored: a chat completion that the service keeps; all others have ids that lead nowhere.
        """
        if operation in ("/chat/completions", "/embeddings"):
            self._note_reasoning(resource, reply)
            if stored:
                self._put_all((getattr(reply, "id", None),), resource)
            return
        self._put_all(_ids_of(reply), resource)
        for entry in as_list(getattr(reply, "data", None)):  # a page of a listing
            self._put_all(_ids_of(entry), resource)
        for item in getattr(reply, "output", None) or ():
            self.put_secret(getattr(item, "encrypted_content", None), resource)
            if isinstance(named := getattr(item, "id", None), str):
                self.put(named, resource)

    def _note_reasoning(self, resource: str, reply: object) -> None:
        for choice in getattr(reply, "choices", None) or ():
            for item in as_list(getattr(getattr(choice, "message", None), "reasoning_items", None)):
                self.put_secret(as_object(item).get("encrypted_content"), resource)

    def fit_state(self, body: Json, target: Target) -> tuple[Json, list[str]]:
        """The request without state that its target does not have, where that may be dropped, and notes of it."""
        if not self.drop_state:
            return body, []
        body, dropped = self.drop_foreign_state(body, target.resource)
        if dropped:
            _log.warning("%s: %s belongs to another resource and is dropped", target.key, ", ".join(dropped))
        return body, [f"{param} is dropped: it belongs to another resource" for param in dropped]

    def _put_all(self, identities: Iterable[object], resource: str) -> None:
        for identity in identities:
            if isinstance(identity, str) and identity:
                self.put(identity, resource)

    def put(self, identity: str, resource: str) -> None:
        with self._lock:
            self._homes[identity] = resource
            self._homes.move_to_end(identity)
            while len(self._homes) > _LIMIT:
                self._homes.popitem(last=False)

    def put_secret(self, text: object, resource: str) -> None:
        """Remembers a long opaque text by its digest."""
        if isinstance(text, str) and text:
            self.put(_digest(text), resource)

    def home_of_path(self, path: str, method: str = "POST") -> str | None:
        """The resource that holds one of the ids in a path."""
        return next((home for identity in _ids_in(path, method) if (home := self._homes.get(identity))), None)

    @staticmethod
    def names_id(path: str, method: str = "POST") -> bool:
        """Whether a path names something stored."""
        return bool(_ids_in(path, method))

    def home_of_request(self, body: Json | None) -> Binding | None:
        """The resource that a request's state lives on; None where it refers to none, or to none that is known."""
        if not body or not self._homes:
            return None
        return next(iter(self._homes_in(body)), None)

    def home_of_files(self, body: Json | None) -> Binding | None:
        """The same for files and their kin alone: what a request is about, so that it cannot be dropped."""
        if not body or not self._homes:
            return None
        return next((home for home in self._homes_in(body) if home.vital), None)

    def drop_foreign_state(self, body: Json, resource: str) -> tuple[Json, list[str]]:
        """The request without the conversation's state that lives elsewhere, and the parameters that were dropped.

        Args:
            body: the request; it is not changed.
            resource: where it is to be sent.
        """
        foreign = [home for home in self._homes_in(body) if home.resource != resource and not home.vital]
        if not foreign:
            return body, []
        params = {home.param for home in foreign}
        kept = {name: value for name, value in body.items() if name not in params}
        if isinstance(body.get("input"), list):
            kept["input"] = [item for n, item in enumerate(as_list(body["input"])) if f"input[{n}]" not in params]
        return kept, sorted(params)

    def _homes_in(self, body: Json) -> Iterator[Binding]:
        for param in _IDS:
            value = body.get(param)
            for identity in (*as_list(value), value, as_object(value).get("id")):
                if home := self._home(identity):
                    yield Binding(home, param, vital=param not in _CONVERSATION)
        for path in _NESTED_IDS:
            for identity in names_at(body, path):
                if home := self._home(identity):
                    yield Binding(home, path, vital=True)
        for name in ("input", "messages", "tools"):
            for position, item in enumerate(as_list(body.get(name))):
                yield from self._homes_in_item(as_object(item), f"{name}[{position}]")

    def _homes_in_item(self, item: Json, param: str) -> Iterator[Binding]:
        secret = item.get("encrypted_content")
        known = _digest(secret) if isinstance(secret, str) else None
        if item.get("type") == "item_reference":
            known = item.get("id")
        if home := self._home(known):
            yield Binding(home, param)
        container = as_object(item.get("container"))
        for holder in (item, container):
            for identity in (*as_list(holder.get("vector_store_ids")), *as_list(holder.get("file_ids"))):
                if home := self._home(identity):
                    yield Binding(home, param, vital=True)
        for part in map(as_object, as_list(item.get("content"))):
            if home := self._home(part.get("file_id") or as_object(part.get("file")).get("file_id")):
                yield Binding(home, param, vital=True)

    def _home(self, identity: object) -> str | None:
        return self._homes.get(identity) if isinstance(identity, str) else None


def _ids_in(path: str, method: str) -> tuple[str, ...]:
    """What a path names that one resource alone knows."""
    row = operation_of(path, method)
    if row.path and "*" not in row.path:
        pairs = zip(row.path.split("/"), path.split("/"), strict=True)
        return tuple(segment for pattern, segment in pairs if pattern == "{id}")
    found = _PATH_ID.match(path)
    return (found["id"],) if found else ()


def _ids_of(reply: object) -> Iterator[object]:
    """What a reply names that lives where it came from: itself, and what it was made of or has made."""
    yield getattr(reply, "id", None)
    for name in _MADE:
        yield getattr(reply, name, None)
    for name in ("conversation", "file"):
        yield getattr(getattr(reply, name, None), "id", None)
    yield from as_list(getattr(reply, "result_files", None))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
