"""Which tool call a fragment of a stream belongs to: services omit, repeat and mistake every mark of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._utils import Json, as_text, list_index, object_or_none
from ._call import Kind, is_object_text, read_arguments
from ._names import NameMap, unique_id

__all__ = ["CallFragment", "CallMatcher", "PartialCall"]


@dataclass(slots=True)
class PartialCall:
    """A call that is still being received.

    Attributes:
        id: its id, unique in the message; empty until one was received or given.
        wire_id: the id that the service gave.
        kind: of a function or of a custom tool.
        name: the name so far, as the service gives it.
        parts: the fragments of its arguments.
        named_again: its arguments were whole and its name came once more: what follows may be another call.
    """

    id: str = ""
    wire_id: str = ""
    kind: Kind = "function"
    name: str = ""
    parts: list[str] = field(default_factory=list[str])
    named_again: bool = False

    @property
    def text(self) -> str:
        """The arguments so far."""
        return "".join(self.parts)

    def is_whole(self) -> bool:
        """Whether the arguments so far are an object, so that they may be complete."""
        last = next((part for part in reversed(self.parts) if part.strip()), "")
        return last.rstrip().endswith("}") and is_object_text(self.text)


@dataclass(frozen=True, slots=True)
class CallFragment:
    """What one delta says of a call, in one form."""

    index: int | None
    id: str
    kind: Kind
    name: str
    text: str

    @classmethod
    def of(cls, delta: Json) -> CallFragment:
        """Read a delta; whatever is missing or null is empty."""
        custom = object_or_none(delta.get("custom"))
        inner = object_or_none(delta.get("function")) or custom or {}
        text = inner.get("arguments", inner.get("input"))
        if text is not None and not isinstance(text, str):
            text = read_arguments(text).text
        kind: Kind = "custom" if custom is not None or delta.get("type") == "custom" else "function"
        index, identity = list_index(delta.get("index")), as_text(delta.get("id"))
        return cls(index, identity, kind, as_text(inner.get("name")), text or "")


class CallMatcher:
    """The calls of one choice, found again from fragment to fragment.

    Args:
        names: the request's tool names, by which a name in pieces is told from a second name.
        taken: the ids that are in use, kept up to date.
    """

    def __init__(self, names: NameMap, taken: set[str]) -> None:
        self.calls: list[PartialCall] = []
        self.last: PartialCall | None = None
        self._names = names
        self._taken = taken
        self._by_index: dict[int, PartialCall] = {}
        self._by_id: dict[str, PartialCall] = {}

    def at(self, index: int) -> PartialCall | None:
        """The call to which the service gave this index last."""
        return self._by_index.get(index)

    def place(self, fragment: CallFragment) -> tuple[PartialCall, bool]:
        """The call that a fragment belongs to, and whether it begins with this fragment.

        The fragment's name is taken in, its text is not.
        """
        call = self._find(fragment)
        fresh = call is None
        if call is None:
            call = self._open(fragment)
        elif fragment.id and not call.id:
            self._identify(call, fragment.id)
        if fragment.id:
            self._by_id[fragment.id] = call
        if fragment.index is not None:
            self._by_index[fragment.index] = call
        self.last = call
        self._add_name(call, fragment.name)
        return call, fresh

    def _find(self, fragment: CallFragment) -> PartialCall | None:
        at_index = self._by_index.get(fragment.index) if fragment.index is not None else None
        if fragment.id:
            if at_index is not None and at_index.wire_id == fragment.id:
                return at_index
            if known := self._by_id.get(fragment.id):
                return None if self._shares_its_id(fragment, known) else known
        call = at_index or self.last
        if call is None:
            return None
        if fragment.id:
            if not call.id:  # its id comes after its name
                return None if fragment.name and call.name and call.text.strip() else call
            # A new id begins a new call, except where a service invents one for every fragment.
            return call if at_index is not None and not fragment.name and not call.is_whole() else None
        if at_index is None and fragment.index is not None and (fragment.name or call.is_whole()):
            return None
        return None if self._begins_anew(call, fragment) else call

    def _shares_its_id(self, fragment: CallFragment, known: PartialCall) -> bool:
        """Whether another call was given the id of a known one: a new index and a name say so."""
        if not fragment.name or fragment.index is None or fragment.index in self._by_index:
            return False
        return fragment.name != known.name or not known.text.strip() or known.is_whole()

    def _begins_anew(self, call: PartialCall, fragment: CallFragment) -> bool:
        """Whether a fragment without an id begins another call in the place of a known one."""
        name = fragment.name
        if not call.text.strip():
            if not name or name == call.name or not self._names.is_wire(call.name):
                return False
            return not self._names.can_begin(call.name + name) and not name.startswith(call.name)
        if name and self._names.caller(name) != self._names.caller(call.name):
            return bool(call.name)
        if call.named_again and fragment.text.strip():
            return True
        if name and call.is_whole():
            call.named_again = True
            return bool(fragment.text.strip())
        return False

    def _open(self, fragment: CallFragment) -> PartialCall:
        call = PartialCall(kind=fragment.kind)
        if fragment.id:
            self._identify(call, fragment.id)
        before = self.last
        if before is not None and before.named_again and not fragment.id and not fragment.name:
            call.name = before.name
        if before is not None:
            before.named_again = False
        self.calls.append(call)
        return call

    def _identify(self, call: PartialCall, identity: str) -> None:
        call.wire_id = identity
        call.id = unique_id(identity, self._taken)

    def _add_name(self, call: PartialCall, piece: str) -> None:
        """A name may come whole, in pieces, once more with each fragment, or longer each time."""
        if not piece or (call.name and call.text):
            return
        whole = call.name + piece
        repeated = bool(call.name) and piece.startswith(call.name) and not self._names.can_begin(whole)
        call.name = piece if repeated else whole
