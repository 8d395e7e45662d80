"""The lines of an OpenAI batch file as rows: `custom_id`, `body`, `url`; the output is the whole response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from azure_connector._utils import estimated_tokens
from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema
from ._cells import InvalidRowError
from ._results import Result
from ._spec import CompleteSpec
from ._template import nearest_columns
from ._verdicts import RowError
from ._work import CHAT, Wanted, Work, failed

__all__ = ["LineRows", "operation_of", "response_of"]

OPERATIONS = (CHAT, "/embeddings", "/responses")
NO_BODY = RowError("bad_line", "the line holds no request: body is no JSON object")
NO_URL = RowError("bad_line", f"the line's url is none of {', '.join(f'/v1{one}' for one in OPERATIONS)}")


def operation_of(url: str | None) -> str:
    """The SDK's path of a line's `url`.

    Raises:
        InvalidRowError: it is none that batch files have.
    """
    path = "/" + (url or CHAT).partition("?")[0].strip("/").removeprefix("openai/").removeprefix("v1/")
    if path not in OPERATIONS:
        raise InvalidRowError(NO_URL)
    return path


def response_of(body: object, status: int, identity: str | None) -> str:
    """A response as a batch's output file has it."""
    response = {"status_code": status, "request_id": identity or "", "body": body}
    return json.dumps(response, ensure_ascii=False, separators=(",", ":"))


class LineRows:
    """A request for each row."""

    shared: frozenset[str] = frozenset()

    def __init__(self, job: CompleteSpec) -> None:
        self._job = job

    def check(self, schema: Schema) -> None:
        for name in ("custom_id", "body"):
            if name not in schema.names:
                raise ConfigurationError(
                    f"Without --prompt or --messages the input's rows are lines of a batch file, with "
                    f"{nearest_columns(name, schema.names)}",
                    hint="Say what to ask: --prompt 'Classify: {COLUMN}'.",
                )

    def read_batch(self, first: int, batch: RecordBatch, wanted: Wanted) -> tuple[list[Work], list[Result]]:
        works: list[Work] = []
        results: list[Result] = []
        urls = batch.column("url").to_pylist() if "url" in batch.schema.names else [None] * batch.num_rows
        for row, (text, url) in enumerate(zip(batch.column("body").to_pylist(), urls, strict=True), first):
            if not wanted(row):
                continue
            try:
                works.append(self._work(row, text, url))
            except InvalidRowError as error:
                results.append(failed(row, error.error))
        return works, results

    def _work(self, row: int, text: object, url: str | None) -> Work:
        body = read_body(text)
        body.setdefault("model", self._job.model)
        body = {**self._job.body_params, **body}
        if self._job.max_tokens is not None and not {"max_tokens", "max_completion_tokens"} & body.keys():
            body["max_tokens"] = self._job.max_tokens
        body.pop("stream", None)
        size = len(text) if isinstance(text, str) else len(str(body))
        limits = (body.get(name) for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"))
        limit = next((one for one in limits if isinstance(one, int)), 256)
        return Work((row,), body, estimated_tokens(size) + limit, operation_of(url))

    def read_reply(self, work: Work, reply: Any) -> list[Result]:
        usage = getattr(reply, "usage", None)
        spent = [getattr(usage, name, None) for name in ("prompt_tokens", "input_tokens")]
        made = [getattr(usage, name, None) for name in ("completion_tokens", "output_tokens")]
        body = reply.to_dict(mode="json")
        return [
            Result(
                work.rows[0],
                response_of(body, 200, getattr(reply, "_request_id", None)),
                None,
                next((one for one in spent if one is not None), 0),
                next((one for one in made if one is not None), 0),
                work.attempts,
            )
        ]


def read_body(value: object) -> dict[str, Any]:
    """A line's body as a dictionary.

    Raises:
        InvalidRowError: it is none.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidRowError(NO_BODY) from None
    if not isinstance(value, Mapping):
        raise InvalidRowError(NO_BODY)
    return {name: one for name, one in cast("Mapping[str, Any]", value).items() if one is not None}
