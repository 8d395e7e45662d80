"""What a resource keeps besides responses, files and batches: things with an id, and the things that belong to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import invalid
from .keeping import Newest
from .values import Json

__all__ = ["Shelf", "Shelves", "Thing"]


def _weight(thing: Thing) -> int:
    return thing.size


@dataclass(slots=True)
class Thing:
    """One stored object.

    Attributes:
        body: as the API shows it.
        hidden: what belongs to it and is not shown.
        below: the things that belong to it, by kind and id.
        size: bytes that it takes in memory, about.
    """

    body: Json
    hidden: Json = field(default_factory=dict[str, "object"])
    below: dict[str, Shelf] = field(default_factory=dict[str, "Shelf"])
    size: int = 2_000

    @property
    def identity(self) -> str:
        """Its id."""
        return self.body["id"]


class Shelf:
    """Things of one kind, the newest of them.

    Args:
        sentence: what is said of an id that is not there, with `{}` for the id.
        code: the refusal's code.
        param: the refusal's parameter.
    """

    def __init__(self, sentence: str, code: str | None = None, param: str | None = None) -> None:
        self._sentence = sentence
        self._code = code
        self._param = param
        self.kept: Newest[Thing] = Newest(weigh=_weight)

    def keep(self, thing: Thing) -> Thing:
        """Store it."""
        self.kept[thing.identity] = thing
        return thing

    def find(self, identity: str, param: str | None = None) -> Thing:
        """The thing of that id.

        Raises:
            Refusal: 404, there is none.
        """
        found = self.kept.get(identity)
        if found is None:
            raise invalid(self._sentence.format(identity[:100]), param or self._param, self._code, status=404)
        return found

    def remove(self, identity: str, kind: str) -> Json:
        """Forget it; what the API answers.

        Raises:
            Refusal: 404, there is none.
        """
        del self.kept[self.find(identity).identity]
        return {"id": identity, "object": f"{kind}.deleted", "deleted": True}

    def bodies(self) -> list[Json]:
        """As the API shows them, the oldest first."""
        return [one.body for one in self.kept.values()]


@dataclass
class Shelves:
    """All shelves of a resource. The sentences are OpenAI's where users report them, else by analogy."""

    chats: Shelf = field(
        default_factory=lambda: Shelf("Chat completion with ID '{}' not found.", param="completion_id")
    )
    conversations: Shelf = field(
        default_factory=lambda: Shelf("Conversation with id '{}' not found.", param="conversation")
    )
    uploads: Shelf = field(default_factory=lambda: Shelf("No upload found with id '{}'.", param="upload_id"))
    vector_stores: Shelf = field(default_factory=lambda: Shelf("Vector store with id '{}' not found."))
    videos: Shelf = field(default_factory=lambda: Shelf("Video with id '{}' not found."))
    characters: Shelf = field(default_factory=lambda: Shelf("Character with id '{}' not found.", param="character_id"))
    skills: Shelf = field(default_factory=lambda: Shelf("Skill with id '{}' not found.", param="skill_id"))
    containers: Shelf = field(default_factory=lambda: Shelf("Container with id '{}' not found."))
    evals: Shelf = field(default_factory=lambda: Shelf("Eval with id '{}' not found.", "not_found"))
    jobs: Shelf = field(
        default_factory=lambda: Shelf("Could not find fine tune: {}", "fine_tune_not_found", "fine_tune_id")
    )
    assistants: Shelf = field(default_factory=lambda: Shelf("No assistant found with id '{}'."))
    threads: Shelf = field(default_factory=lambda: Shelf("No thread found with id '{}'."))
    calls: Shelf = field(default_factory=lambda: Shelf("Call with id '{}' not found."))

    def every(self) -> list[Shelf]:
        """All of them."""
        return list(vars(self).values())
