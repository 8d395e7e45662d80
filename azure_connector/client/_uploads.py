"""`client.uploads`: the SDK's own, whose `upload_file_chunked` maps the lines of a batch file first.

The parts of an upload that somebody makes himself are sent as they are: a line may begin in one and end in the next.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from ..errors import InvalidRequestError
from ..requests import mapped_batch_path
from ._state import ConnectorState

__all__ = ["map_uploads"]


def map_uploads(resource: Any, state: ConnectorState, *, asynchronous: bool) -> Any:
    """The SDK's resource with a method that maps batch files.

    Args:
        resource: the resource; it is changed.
        state: the connector.
        asynchronous: whether it is the async client's.
    """
    own: Callable[..., Any] | None = getattr(resource, "upload_file_chunked", None)
    if own is None:  # a version of the SDK without it
        return resource
    upload = own

    @wraps(upload)
    def chunked(**options: object) -> Any:
        if options.get("purpose") != "batch":
            return upload(**options)
        with _mapped(state, options) as mapped:
            return upload(**mapped)

    @wraps(upload)
    async def achunked(**options: object) -> Any:
        if options.get("purpose") != "batch":
            return await upload(**options)
        with ExitStack() as opened:
            mapped = await asyncio.to_thread(opened.enter_context, _mapped(state, options))
            return await upload(**mapped)

    resource.upload_file_chunked = achunked if asynchronous else chunked
    return resource


@contextmanager
def _mapped(state: ConnectorState, options: dict[str, Any]) -> Generator[dict[str, Any]]:
    """The arguments with another file, its size and its digest."""
    source, home = options.get("file"), state.settings.default_resource
    name = options.get("filename") or ("batch.jsonl" if isinstance(source, bytes) else Path(str(source)).name)
    with mapped_batch_path(source if isinstance(source, bytes) else Path(str(source)), name, state.resolver.mapped) as (
        path,
        resource,
    ):
        if resource not in (None, home):
            raise InvalidRequestError(
                f"The batch file's lines belong to the resource {resource!r}, and an upload in parts goes to {home!r}.",
                param="file",
                hint='Upload it whole: client.files.create(file=..., purpose="batch") goes where its deployments are.',
            )
        changed = {**options, "file": path, "filename": name, "bytes": path.stat().st_size}
        if isinstance(options.get("md5"), str):
            with path.open("rb") as file:
                changed["md5"] = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        yield changed
