"""One realtime session: what the client sends, turned into what the service says. It does no input or output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..conversation import check_name
from ..errors import broken, invalid, missing, unknown_parameter, wrong_choice, wrong_type
from ..models import Deployment
from ..parsing import parse
from ..resource import Resource
from ..values import Json, among, is_object, items_of, object_of
from ..wire import Refusal
from .answering import Event, Responder, complete
from .dialects import DIALECTS
from .items import Conversation, no_audio, read_item

__all__ = ["Session"]

LIFETIME_SECONDS = 1800
# Of the client's events only these need no sound.
TEXTUAL = (
    "session.update",
    "conversation.item.create",
    "conversation.item.retrieve",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
)
AUDIBLE = (
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.truncate",
)


class Session:
    """A session from its opening to its end.

    Args:
        deployment: what answers.
        form: `v1`, which speaks the GA protocol, or `classic`, which speaks the preview's.
        resource: where ids and the time come from.
    """

    def __init__(self, deployment: Deployment, form: str, resource: Resource) -> None:
        self._dialect = DIALECTS[form]
        self._ids = resource.ids
        self._conversation = Conversation()
        self._conversation_id = f"conv_{self._ids.letters(21)}"
        self._fixed: Json = {
            "id": f"sess_{self._ids.letters(21)}",
            "object": "realtime.session",
            "model": deployment.served_model,
            "expires_at": int(resource.clock()) + LIFETIME_SECONDS,
        }
        self._settings: Json = {"instructions": "", **self._dialect.new_session()}
        self._handlers: dict[str, Callable[[Json], Iterator[Event]]] = {
            "session.update": self._update,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.delete": self._delete_item,
            "response.create": self._respond,
            "response.cancel": self._cancel,
        }

    def opening(self) -> Iterator[Json]:
        """What the service says first."""
        yield self._framed("session.created", {"session": self._shown()})

    def receive(self, text: str) -> Iterator[Json]:
        """What the service says to a message; an `error` where it is no good, which ends nothing."""
        event: Json = {}
        try:
            event = _parsed(text)
            for name, data in self._handler(event)(event):
                yield self._framed(name, data)
        except Refusal as refusal:
            yield self._framed("error", {"error": {**refusal.body["error"], "event_id": event.get("event_id")}})
        except Exception as error:  # noqa: BLE001  as over HTTP: told, and the session goes on
            told = broken(error).body["error"]
            yield self._framed("error", {"error": {"type": "server_error", "param": None, **told}})

    def _framed(self, name: str, data: Json) -> Json:
        return {"type": name, "event_id": f"event_{self._ids.letters(21)}", **data}

    def _handler(self, event: Json) -> Callable[[Json], Iterator[Event]]:
        name = event.get("type")
        if name is None:
            raise missing("type")
        if among(name, AUDIBLE):
            raise no_audio("type")
        if not among(name, self._handlers):
            raise wrong_choice("type", name, (*TEXTUAL, *AUDIBLE))
        return self._handlers[name]

    def _shown(self) -> Json:
        return {**self._fixed, **self._settings}

    def _update(self, event: Json) -> Iterator[Event]:
        wanted = _object("session", event.get("session"))
        if self._dialect.typed and wanted.get("type") is None:
            raise missing("session.type")
        self._check("session", wanted, self._dialect.session_fields)
        # The model is the deployment's: a session cannot change it.
        self._settings |= {name: value for name, value in wanted.items() if name != "model"}
        yield "session.updated", {"session": self._shown()}

    def _check(self, where: str, wanted: Json, known: frozenset[str]) -> None:
        for name in wanted:
            if name not in known:
                raise unknown_parameter(f"{where}.{name}")
        if "audio" in items_of(wanted.get(self._dialect.modalities)):
            raise no_audio(f"{where}.{self._dialect.modalities}")
        for number, tool in enumerate(items_of(wanted.get("tools"))):
            if object_of(tool).get("type") == "function":
                check_name(f"{where}.tools[{number}].name", object_of(tool).get("name"))

    def _create_item(self, event: Json) -> Iterator[Event]:
        item = read_item("item", event.get("item"), self._dialect, self._ids)
        previous = self._conversation.add(item, event.get("previous_item_id"))
        for name in (*self._dialect.begun, *self._dialect.ended):
            yield name, {"previous_item_id": previous, "item": item}

    def _retrieve_item(self, event: Json) -> Iterator[Event]:
        yield "conversation.item.retrieved", {"item": self._conversation.get(event.get("item_id"))}

    def _delete_item(self, event: Json) -> Iterator[Event]:
        self._conversation.remove(event.get("item_id"))
        yield "conversation.item.deleted", {"item_id": event.get("item_id")}

    def _respond(self, event: Json) -> Iterator[Event]:
        wanted = _object("response", event.get("response") or {})
        self._check("response", wanted, self._dialect.response_fields)
        settings = {**self._settings, **wanted}
        items = self._conversation.items
        own = settings.get("input")
        if own is not None:
            items = [self._input(number, one) for number, one in enumerate(items_of(own))]
        apart = settings.get("conversation") == "none"
        last = self._conversation.items[-1:]
        responder = Responder(
            self._dialect,
            self._ids,
            settings,
            None if apart else self._conversation_id,
            last[0]["id"] if last else None,
        )
        yield from responder.events(complete(settings, items, self._dialect, self._ids))
        for item in () if apart else responder.output:
            self._conversation.add(item)

    def _input(self, number: int, given: Any) -> Json:
        if object_of(given).get("type") == "item_reference":
            return self._conversation.get(object_of(given).get("id"))
        return read_item(f"response.input[{number}]", given, self._dialect, self._ids)

    def _cancel(self, event: Json) -> Iterator[Event]:
        # An answer is told to its end before the next message is read, so that none is ever under way.
        raise invalid("Cancellation failed: no active response found", None, "response_cancel_not_active")


def _parsed(text: str) -> Json:
    try:
        event: Any = parse(text)
    except ValueError:
        raise invalid("The message is not valid JSON.", None, "invalid_event") from None
    if not is_object(event):
        raise invalid("The message is not a JSON object.", None, "invalid_event")
    return object_of(event)


def _object(name: str, value: Any) -> Json:
    if value is None:
        raise missing(name)
    if not is_object(value):
        raise wrong_type(name, "an object", value)
    return object_of(value)
