"""Where state lives: stored responses, files and encrypted reasoning belong to the resource that made them.

Source: a `previous_response_id`, a file id or `encrypted_content` of another resource earns a 400 or 404 from Azure
("created under a different Azure OpenAI resource").
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from .wire import Json, as_list, as_object

__all__ = ["Home", "StateBook"]

_LIMIT = 20_000
# `/responses/resp_1/cancel`, `/files/file-1/content`, `/batches/batch_1`, `/vector_stores/vs_1/files`
_PATH_ID = re.compile(r"^/[a-z_/]+?/(?P<id>[A-Za-z]+[-_][\w-]+)")


@dataclass(frozen=True, slots=True)
class Home:
    """The resource that a request is bound to, and the parameter that binds it."""

    resource: str
    param: str


class StateBook:
    """Which resource holds which id. Bounded: the oldest ids are forgotten first. Thread-safe."""

    def __init__(self) -> None:
        self._homes: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, resource: str, operation: str, reply: Any) -> None:
        """Remembers the ids in a reply.

        Args:
            resource: where it came from.
            operation: the SDK's path.
            reply: the SDK's object.
        """
        if operation in ("/chat/completions", "/embeddings"):
            self._note_reasoning(resource, reply)
            return
        identity = getattr(reply, "id", None)
        if isinstance(identity, str) and identity:
            self.put(identity, resource)
        for item in getattr(reply, "output", None) or ():
            self.put_secret(getattr(item, "encrypted_content", None), resource)

    def _note_reasoning(self, resource: str, reply: Any) -> None:
        for choice in getattr(reply, "choices", None) or ():
            for item in as_list(getattr(getattr(choice, "message", None), "reasoning_items", None)):
                self.put_secret(as_object(item).get("encrypted_content"), resource)

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

    def home_of_path(self, path: str) -> str | None:
        """The resource that holds the id in a path."""
        found = _PATH_ID.match(path)
        return self._homes.get(found["id"]) if found else None

    def home_of_request(self, body: Json | None) -> Home | None:
        """The resource that a request's state lives on; None where it refers to none, or to none that is known."""
        if not body or not self._homes:
            return None
        for param in ("previous_response_id", "conversation"):
            identity = body.get(param)
            if isinstance(identity, str) and (home := self._homes.get(identity)):
                return Home(home, param)
        for position, item in enumerate(as_list(body.get("input"))):
            if home := self._home_of_item(as_object(item)):
                return Home(home, f"input[{position}]")
        return None

    def _home_of_item(self, item: Json) -> str | None:
        secret = item.get("encrypted_content")
        if isinstance(secret, str) and (home := self._homes.get(_digest(secret))):
            return home
        for part in as_list(item.get("content")):
            identity = as_object(part).get("file_id")
            if isinstance(identity, str) and (home := self._homes.get(identity)):
                return home
        return None


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
