"""Vector stores and the search in them."""

from __future__ import annotations

from typing import Any

from .bodies import days_after, read_body, update
from .errors import invalid, long_array, missing, wrong_choice, wrong_type
from .paging import listed
from .parameters import check_integer, check_range
from .resource import Resource
from .retrieval import Hit, Passage, matches, passages, search
from .routes import Handler
from .shelves import Shelf, Thing
from .values import Json, is_object, items_of, object_of
from .wire import Answer, Call

__all__ = ["HANDLERS", "attach", "check_attributes", "check_search", "find_in", "store_of", "strategy_of", "work"]

FIELDS = {"name": "a string", "file_ids": "an array", "expires_after": "an object", "chunking_strategy": "an object"}
STATES = ("in_progress", "completed", "failed", "cancelled")
COMPARISONS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or")
DEFAULT_SIZE, DEFAULT_OVERLAP = 800, 400
MOST_FILES, DEEPEST_FILTER = 500, 16


def store_of(identity: str, resource: Resource, param: str | None = None) -> Thing:
    """The vector store of that id, looked at: its files are a step further, and it may have expired.

    Raises:
        Refusal: 404, there is none.
    """
    store = resource.shelves.vector_stores.find(identity, param)
    now = int(resource.clock())
    expires = store.body["expires_at"]
    if expires is not None and now >= expires:
        store.body["status"] = "expired"
        store.below["files"].kept.clear()
    return store


def count_files(store: Thing) -> Json:
    """The store as it is shown, its files counted anew."""
    files = list(store.below["files"].kept.values())
    counts = {state: sum(one.body["status"] == state for one in files) for state in STATES}
    store.body["file_counts"] = {**counts, "total": len(files)}
    store.body["usage_bytes"] = sum(one.body["usage_bytes"] for one in files)
    if store.body["status"] != "expired":
        store.body["status"] = "in_progress" if counts["in_progress"] else "completed"
    return dict(store.body)


def strategy_of(body: Json) -> Json:
    """`chunking_strategy`, with its numbers.

    Raises:
        Refusal: 400.
    """
    given = object_of(body.get("chunking_strategy"))
    kind = given.get("type", "auto")
    if kind not in ("auto", "static"):
        raise wrong_choice("chunking_strategy.type", kind, ("auto", "static"))
    numbers = object_of(given.get("static"))
    if kind == "static" and not numbers:
        raise missing("chunking_strategy.static")
    size = numbers.get("max_chunk_size_tokens", DEFAULT_SIZE)
    check_integer("chunking_strategy.static.max_chunk_size_tokens", size, 100, 4_096)
    overlap = numbers.get("chunk_overlap_tokens", min(DEFAULT_OVERLAP, size // 2))
    check_integer("chunking_strategy.static.chunk_overlap_tokens", overlap, 0, size // 2)
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def attach(
    store: Thing, file_id: Any, param: str, resource: Resource, *, strategy: Json, attributes: Any = None
) -> Thing:
    """Put a file into a store, where it is worked on.

    Raises:
        Refusal: 404, there is no such file; 400, attributes that are none.
    """
    source = resource.file(file_id, param)
    check_attributes(attributes)
    body: Json = {
        "id": source.identity,
        "object": "vector_store.file",
        "created_at": int(resource.clock()),
        "vector_store_id": store.identity,
        "status": "in_progress",
        "usage_bytes": 0,
        "last_error": None,
        "chunking_strategy": strategy,
        "attributes": object_of(attributes),
    }
    return store.below["files"].keep(Thing(body, size=2_000 + 3 * min(len(source.content), 1_000_000)))


def check_attributes(attributes: Any) -> None:
    """Refuse what are no attributes; None passes.

    Raises:
        Refusal: 400.
    """
    if attributes is None:
        return
    if not is_object(attributes):
        raise wrong_type("attributes", "an object", attributes)
    fields = object_of(attributes)
    if len(fields) > 16:
        raise invalid(f"Invalid 'attributes': expected at most 16 properties, but got {len(fields)}.", "attributes")
    for name, value in fields.items():
        if not isinstance(value, str | bool | int | float):
            raise wrong_type(f"attributes.{name[:64]}", "one of a string, decimal or boolean", value)


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /vector_stores`."""
    body = read_body(call, (), FIELDS)
    now = int(resource.clock())
    after, expires = days_after(body, "last_active_at", now)
    files = items_of(body.get("file_ids"))
    if len(files) > MOST_FILES:
        raise long_array("file_ids", MOST_FILES, len(files))
    strategy = strategy_of(body)
    shown: Json = {
        "id": f"vs_{resource.ids.letters(24)}",
        "object": "vector_store",
        "created_at": now,
        "name": body.get("name") or "",
        "usage_bytes": 0,
        "file_counts": {},
        "status": "completed",
        "expires_after": after,
        "expires_at": expires,
        "last_active_at": now,
        "metadata": body.get("metadata") or {},
    }
    kept = Shelf("No file found with id '{}' in vector store '" + shown["id"] + "'.")
    batches = Shelf("No file batch found with id '{}' in vector store '" + shown["id"] + "'.")
    store = Thing(shown, below={"files": kept, "batches": batches})
    for number, identity in enumerate(files):
        attach(store, identity, f"file_ids[{number}]", resource, strategy=strategy)
    resource.shelves.vector_stores.keep(store)
    return Answer(body=count_files(store))


async def list_stores(call: Call, resource: Resource) -> Answer:
    """`GET /vector_stores`."""
    kept = resource.shelves.vector_stores.kept
    return Answer(body=listed([count_files(store_of(one, resource)) for one in list(kept)], call))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /vector_stores/{id}`: its files are done by then."""
    store = store_of(call.params["id"], resource)
    work(store, resource)
    return Answer(body=count_files(store))


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /vector_stores/{id}`."""
    store = store_of(call.params["id"], resource)
    body = read_body(call, (), {"name": "a string", "expires_after": "an object"})
    if "expires_after" in body:
        after, expires = days_after(body, "last_active_at", store.body["last_active_at"])
        store.body |= {"expires_after": after, "expires_at": expires}
    update(store.body, body, ("name", "metadata"))
    return Answer(body=count_files(store))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /vector_stores/{id}`: the files themselves stay."""
    return Answer(body=resource.shelves.vector_stores.remove(call.params["id"], "vector_store"))


def work(store: Thing, resource: Resource) -> None:
    """Read the files that wait; a file that is no text fails, as an unsupported one does."""
    for one in store.below["files"].kept.values():
        if one.body["status"] != "in_progress":
            continue
        source = resource.files.get(one.identity)
        numbers = one.body["chunking_strategy"]["static"]
        try:
            text = source.content.decode("utf-8-sig") if source is not None else ""
        except UnicodeDecodeError:
            error = {"code": "unsupported_file", "message": "The emulator reads files of UTF-8 text only."}
            one.body |= {"status": "failed", "last_error": error}
            continue
        sizes = numbers["max_chunk_size_tokens"], numbers["chunk_overlap_tokens"]
        one.hidden = {"text": text[:1_000_000], "sizes": sizes, "filename": source.filename if source else ""}
        one.body |= {"status": "completed", "usage_bytes": len(text.encode())}


def _passages(file: Thing) -> list[Passage]:
    hidden = file.hidden
    if "passages" not in hidden:
        hidden["passages"] = passages(hidden["text"], *hidden["sizes"])
    return hidden["passages"]


def find_in(stores: list[Thing], queries: list[str], options: Json, resource: Resource) -> list[tuple[Hit, Thing]]:
    """The best passages of stores, each with the file that it stands in.

    Args:
        stores: where to look.
        queries: what for.
        options: `filters`, `max_num_results` and `ranking_options` as a request has them; checked before.
        resource: the resource.
    """
    wanted = object_of(options.get("filters"))
    files: list[Thing] = []
    for store in stores:
        work(store, resource)
        store.body["last_active_at"] = int(resource.clock())
        done = [one for one in store.below["files"].kept.values() if one.body["status"] == "completed"]
        files += [one for one in done if not wanted or matches(wanted, one.body["attributes"])]
    least = object_of(options.get("ranking_options")).get("score_threshold") or 0.0
    hits = search(queries, [_passages(one) for one in files], most=options.get("max_num_results") or 10, least=least)
    return [(hit, files[hit.source]) for hit in hits]


def check_search(options: Json, where: str = "") -> None:
    """Refuse options of a search that are none.

    Raises:
        Refusal: 400.
    """
    check_integer(f"{where}max_num_results", options.get("max_num_results"), 1, 50)
    ranking = object_of(options.get("ranking_options"))
    check_range(f"{where}ranking_options.score_threshold", ranking.get("score_threshold"), 0, 1)
    if options.get("filters") is not None:
        _check_filter(options["filters"], f"{where}filters", DEEPEST_FILTER)


def _check_filter(given: Any, where: str, deepest: int) -> None:
    if not is_object(given):
        raise wrong_type(where, "an object", given)
    fields = object_of(given)
    kind = fields.get("type")
    if kind not in COMPARISONS:
        raise wrong_choice(f"{where}.type", kind, COMPARISONS)
    if kind in {"and", "or"}:
        if not items_of(fields.get("filters")) or not deepest:
            raise missing(f"{where}.filters")
        for number, one in enumerate(items_of(fields["filters"])):
            _check_filter(one, f"{where}.filters[{number}]", deepest - 1)
        return
    for name in ("key", "value"):
        if name not in fields:
            raise missing(f"{where}.{name}")


async def search_store(call: Call, resource: Resource) -> Answer:
    """`POST /vector_stores/{id}/search`."""
    store = store_of(call.params["id"], resource)
    body = read_body(call, ("query",), {"filters": "an object", "ranking_options": "an object"})
    given = body["query"]
    queries = [given] if isinstance(given, str) else items_of(given)
    if not queries or not all(isinstance(query, str) and query for query in queries):
        raise wrong_type("query", "one of a string or array of strings", given)
    check_search(body)
    if store.body["status"] == "expired":
        raise invalid(f"Vector store {store.identity} is expired.", "vector_store_id", "vector_store_expired")
    data = [
        {
            "file_id": file.identity,
            "filename": file.hidden["filename"],
            "score": hit.score,
            "attributes": file.body["attributes"],
            "content": [{"type": "text", "text": hit.text}],
        }
        for hit, file in find_in([store], queries, body, resource)
    ]
    page: Json = {"object": "vector_store.search_results.page", "search_query": queries, "data": data}
    return Answer(body={**page, "has_more": False, "next_page": None})


HANDLERS: dict[str, Handler] = {
    "POST /vector_stores": create,
    "GET /vector_stores": list_stores,
    "GET /vector_stores/{id}": retrieve,
    "POST /vector_stores/{id}": modify,
    "DELETE /vector_stores/{id}": delete,
    "POST /vector_stores/{id}/search": search_store,
}
