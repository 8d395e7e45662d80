"""The file_search tool: what the vector stores have on the question, before the answer is thought of."""

from __future__ import annotations

from dataclasses import dataclass

from ..bodies import prefixed
from ..errors import empty_array, missing
from ..identifiers import Identifiers
from ..resource import Resource
from ..retrieval import Hit
from ..shelves import Thing
from ..thinking import ToolCall, Turn
from ..values import Json, items_of, object_of
from ..vectorstores import check_search, find_in, store_of

__all__ = ["Found", "look_up"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave.

    Attributes:
        query: what was looked for.
        hits: the passages with their files, the best first.
    """

    query: str
    hits: tuple[tuple[Hit, Thing], ...]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The search and its best result, for the brain."""
        if not self.hits:
            return ()
        call = ToolCall("file_search", "", call_id="file_search")
        said = self.hits[0][0].text
        return Turn("assistant", calls=(call,)), Turn("tool", said, call_id="file_search")

    def item(self, ids: Identifiers, *, results: bool) -> Json:
        """The `file_search_call`; `results` with what was found."""
        listed = [
            {
                "file_id": file.identity,
                "filename": file.hidden["filename"],
                "score": hit.score,
                "attributes": file.body["attributes"],
                "text": hit.text,
            }
            for hit, file in self.hits
        ]
        made: Json = {"id": f"fs_{ids.hexadecimal(48)}", "type": "file_search_call", "status": "completed"}
        return {**made, "queries": [self.query], "results": listed if results else None}

    def cite(self, message: Json) -> None:
        """Name the file at the end of an answer that rests on it."""
        if self.hits and message["content"]:
            part, file = message["content"][0], self.hits[0][1]
            cited = {"type": "file_citation", "file_id": file.identity, "filename": file.hidden["filename"]}
            part["annotations"].append({**cited, "index": len(part["text"])})


def look_up(body: Json, turns: tuple[Turn, ...], resource: Resource) -> Found | None:
    """Search, when the newest turn is the user's; None without the tool.

    Raises:
        Refusal: 400, the tool's options are none; 404, there is no such vector store.
    """
    found: Found | None = None
    for number, tool in enumerate(items_of(body.get("tools"))):
        options, where = object_of(tool), f"tools[{number}]"
        if options.get("type") != "file_search":
            continue
        if options.get("vector_store_ids") is None:
            raise missing(f"{where}.vector_store_ids")
        names = items_of(options["vector_store_ids"])
        if not names:
            raise empty_array(f"{where}.vector_store_ids")
        check_search(options, f"{where}.")
        place = f"{where}.vector_store_ids"
        stores = [store_of(prefixed(name, "vs_", place), resource, place) for name in names]
        asked = turns[-1].text if turns and turns[-1].role == "user" else ""
        if asked.strip() and body.get("tool_choice") != "none":
            query = " ".join(asked.split())[:1_000]
            found = Found(query, tuple(find_in(stores, [query], options, resource)))
    return found
