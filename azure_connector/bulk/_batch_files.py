"""The files of the Batch API: requests cut into parts, result lines read. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from ._results import Result
from ._rows import Rows
from ._verdicts import NO_ANSWER, RowError
from ._work import CHAT, EMBEDDINGS, Work, failed

__all__ = ["Cut", "Part", "cut", "group_of", "read_results", "row_of"]

MAX_LINES, MAX_BYTES = 50_000, 100_000_000
"""Half of what Azure's pages name: the reference has 50,000 lines, and files of 158 MB were refused."""

_KINDS: dict[str, Any] = {CHAT: ChatCompletion, EMBEDDINGS: CreateEmbeddingResponse, "/responses": Response}
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})


@dataclass(slots=True)
class Part:
    """One batch of a run, as the journal keeps it.

    Attributes:
        number: from 0.
        group: deployment and operation, which all lines of a file share.
        first, last: the rows that it covers.
        lines, tokens: how many requests it has, and what they may cost.
        again: which time its rows are tried.
        state: `cut`, `uploaded`, `created`, `done`.
        file_id, batch_id: what the service calls them.
        status: the batch's own.
    """

    number: int
    group: str
    first: int
    last: int
    lines: int
    tokens: int
    again: int = 0
    state: str = "cut"
    file_id: str = ""
    batch_id: str = ""
    status: str = ""

    def plain(self) -> dict[str, Any]:
        """As a dictionary."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Cut:
    """The lines of a part to be.

    Attributes:
        group: deployment and operation, which all lines of a file share.
        rows: their rows, in order.
        content: the file's lines.
        tokens: what they may cost.
    """

    group: str
    rows: list[int] = field(default_factory=list[int])
    content: list[bytes] = field(default_factory=list[bytes])
    tokens: float = 0.0
    size: int = 0

    def halves(self) -> tuple[Cut, Cut]:
        """In two, for a service that takes less."""
        middle = len(self.rows) // 2
        made: list[Cut] = []
        for part in (slice(None, middle), slice(middle, None)):
            content = self.content[part]
            size = sum(len(line) + 1 for line in content)
            made.append(Cut(self.group, self.rows[part], content, self.tokens * len(content) / len(self.content), size))
        return made[0], made[1]


def group_of(work: Work, deployment_of: Callable[[str], str]) -> str:
    """Deployment and operation of a request: what all lines of a file share."""
    return f"{deployment_of(str(work.body['model']))} {work.operation}"


def cut(
    works: Iterable[Work],
    deployment_of: Callable[[str], str],
    prefix: str,
    max_lines: int | None = None,
    max_bytes: int | None = None,
) -> Iterator[Cut]:
    """Requests as the lines of files that Azure takes, a file for each deployment and operation.

    Args:
        works: the requests, one for each row.
        deployment_of: gives a model's deployment.
        prefix: before the operation in `url`: `` or `/v1`.
        max_lines, max_bytes: of one file; `MAX_LINES` and `MAX_BYTES` by default.
    """
    max_lines, max_bytes = max_lines or MAX_LINES, max_bytes or MAX_BYTES
    cuts: dict[str, Cut] = {}
    for work in works:
        group = group_of(work, deployment_of)
        body = work.body | {"model": group.partition(" ")[0]}
        line = {"custom_id": f"r{work.rows[0]}", "method": "POST", "url": f"{prefix}{work.operation}", "body": body}
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        made = cuts.setdefault(group, Cut(group))
        if made.rows and (len(made.rows) >= max_lines or made.size + len(text) + 1 > max_bytes):
            yield made
            made = cuts[group] = Cut(group)
        made.rows.append(work.rows[0])
        made.content.append(text)
        made.tokens += work.tokens
        made.size += len(text) + 1
    yield from (made for made in cuts.values() if made.rows)


def row_of(identity: object) -> int | None:
    """The row of a `custom_id` of ours."""
    text = identity if isinstance(identity, str) else ""
    return int(text[1:]) if text[:1] == "r" and text[1:].isdecimal() else None


def read_results(rows: Rows, lines: Iterable[str], operation: str) -> Iterator[tuple[Result, bool]]:
    """The results of an output or error file's lines; with each, whether another try could help.

    Args:
        rows: reads replies.
        lines: the file's lines.
        operation: the batch's operation.
    """
    for text in lines:
        if not text.strip():
            continue
        try:
            line: Any = json.loads(text)
        except ValueError:
            continue
        row = row_of(_mapping(line).get("custom_id"))
        if row is not None:
            yield _read(rows, row, _mapping(line), operation)


def _read(rows: Rows, row: int, line: Mapping[str, object], operation: str) -> tuple[Result, bool]:
    response = _mapping(line.get("response"))
    status = response.get("status_code")
    body = _mapping(response.get("body"))
    if status == 200:
        work = Work((row,), {}, 0.0, operation, attempts=1, sizes=(1,))
        try:
            return rows.read_reply(work, _KINDS[operation].construct(**body))[0], False
        except (AttributeError, TypeError, ValueError, LookupError):
            return failed(row, NO_ANSWER, 1), False
    error = _mapping(line.get("error")) or _mapping(body.get("error"))
    code = str(error.get("code") or "")
    if code in ("batch_expired", "batch_cancelled"):
        said = "the batch expired before this row" if code == "batch_expired" else "the batch was cancelled"
        return failed(row, RowError(code, said)), code == "batch_expired"
    return failed(row, _error(status, code, error), 1), status in _AGAIN


def _error(status: object, code: str, error: Mapping[str, object]) -> RowError:
    inner = _mapping(error.get("innererror")).get("code")
    told = f" ({status})" if isinstance(status, int) else ""
    if code == "content_filter" or inner == "ResponsibleAIPolicyViolation":
        return RowError("content_filter", f"the content filter refused the prompt{told}")
    if code == "context_length_exceeded":
        return RowError("context_length", f"the prompt holds more tokens than the model accepts{told}")
    if status in _AGAIN:
        return RowError("rate_limited" if status == 429 else "unavailable", f"no good answer in the batch{told}")
    return RowError("bad_request", f"the request was refused{told}")


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
