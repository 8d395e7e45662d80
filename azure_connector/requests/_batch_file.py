"""Batch files: each line names a model, which on Azure is a deployment's name.

A file may be larger than the memory: it is read line by line and written to a temporary file, which is uploaded.
Source: Azure's batch page (one request a line, `body.model` is the deployment, a byte order mark is refused).
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

from .._utils import Json, as_object
from ..deployments import Target
from ..errors import InvalidRequestError

__all__ = ["batch_resource", "is_batch_upload", "mapped_batch_files", "mapped_batch_path"]

_BOM = b"\xef\xbb\xbf"
# What brings a model of its own to a Responses request.
_MODELLESS = ("prompt", "agent_reference", "agent")
_HINT = (
    'Each line is one request: {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", '
    '"body": {"model": "...", "messages": [...]}}'
)


class BatchFile(io.BufferedRandom):
    """A batch file whose lines name deployments.

    Attributes:
        resource: the resource that has them; None where the settings do not say.
    """

    resource: str | None = None


def is_batch_upload(path: str, body: object, files: object) -> bool:
    """Whether a request uploads a batch file."""
    return path == "/files" and bool(files) and as_object(body).get("purpose") == "batch"


@contextmanager
def mapped_batch_files(files: Any, find: Callable[[str], Target | None]) -> Generator[Any]:
    """The parts of an upload with deployments in the place of models; the temporary file is closed at the end.

    Args:
        files: the parts as the SDK has them: a list of pairs, or a mapping.
        find: the deployment that the mapping has for a model; None where it has none.

    Raises:
        InvalidRequestError: a line is no JSON object or names no model, or the lines belong to different resources.
    """
    pairs = list(cast("Mapping[str, Any]", files).items() if isinstance(files, Mapping) else files)
    opened: list[BatchFile] = []
    try:
        yield [(name, _mapped(content, find, opened) if name == "file" else content) for name, content in pairs]
    finally:
        for file in opened:
            file.close()


@contextmanager
def mapped_batch_path(
    source: object, name: str, find: Callable[[str], Target | None]
) -> Generator[tuple[Path, str | None]]:
    """A batch file as a named file with deployments in the place of models, for what takes nothing but a path.

    Args:
        source: bytes, or a path.
        name: the file's name.
        find: as for `mapped_batch_files`.

    Raises:
        InvalidRequestError: as `mapped_batch_files`.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="azure-connector-") as directory:
        path = Path(directory) / Path(name).name
        with BatchFile(cast("Any", path.open("x+b", buffering=0))) as file, _opened(source) as lines:
            _write(lines, file, find)
            resource = file.resource
        yield path, resource


def batch_resource(files: object) -> str | None:
    """The resource to which a mapped batch file must go."""
    for _, content in cast("Iterable[Any]", files if isinstance(files, list | tuple) else ()):
        file = cast("Any", content)[1] if isinstance(content, tuple) else content
        if isinstance(file, BatchFile):
            return file.resource
    return None


def _mapped(content: object, find: Callable[[str], Target | None], opened: list[BatchFile]) -> Any:
    """One part of the form, with its name and type, as a temporary file."""
    whole = isinstance(content, tuple)
    parts = cast("tuple[Any, ...]", content if whole else (None, content))
    name, source = parts[0], parts[1]
    if not _is_binary(source):
        return content  # nothing that the SDK takes: it says so itself
    if not whole:
        name = _name_of(source)
    import tempfile  # here: few processes upload a batch

    file = BatchFile(cast("Any", tempfile.TemporaryFile(buffering=0)))  # noqa: SIM115  # the caller closes it
    opened.append(file)
    with _opened(source) as lines:
        _write(lines, file, find)
    file.seek(0)
    rest: tuple[Any, ...] = parts[2:]
    return (name, file, *rest)


def _is_binary(source: object) -> bool:
    taken = isinstance(source, bytes | bytearray | os.PathLike | io.IOBase)
    return taken and not isinstance(source, io.TextIOBase)


def _name_of(source: object) -> str:
    """The file's name in the form, as the HTTP library would choose it."""
    name: Any = str(cast("Any", source)) if isinstance(source, os.PathLike) else getattr(source, "name", None)
    return Path(name).name if isinstance(name, str) else "upload"


def _opened(source: Any) -> AbstractContextManager[IO[bytes]]:
    """The source from its beginning; the caller's own file stays open."""
    if isinstance(source, bytes | bytearray):
        return io.BytesIO(source)
    if isinstance(source, os.PathLike):
        return Path(cast("os.PathLike[str]", source)).open("rb")
    if source.seekable():
        source.seek(0)
    return nullcontext(source)


def _write(lines: IO[bytes], file: BatchFile, find: Callable[[str], Target | None]) -> None:
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(_BOM) if number == 1 else line
        if not text.strip():
            file.write(text)
            continue
        request = _read(text, number)
        target = _target_of(request, number, find)
        if target is not None:
            _check_resource(file, target, number)
            if target.deployment != request["body"]["model"]:
                text = _encoded({**request, "body": {**request["body"], "model": target.deployment}}) + b"\n"
        file.write(text)
    file.flush()


def _read(line: bytes, number: int) -> Json:
    try:
        request = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        wrong = f": {error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _refusal(f"Line {number} of the batch file is no JSON{wrong}.") from None
    if not isinstance(request, dict):
        raise _refusal(f"Line {number} of the batch file is no JSON object.")
    return cast("Json", request)


def _target_of(request: Json, number: int, find: Callable[[str], Target | None]) -> Target | None:
    if not request:
        return None  # no request at all, which the service says better
    body = as_object(request.get("body"))
    model = body.get("model")
    if isinstance(model, str) and model.strip():
        return find(model)
    if model is None and any(body.get(name) for name in _MODELLESS):
        return None
    raise _refusal(f"Line {number} of the batch file names no model (body.model).")


def _check_resource(file: BatchFile, target: Target, number: int) -> None:
    if file.resource not in (None, target.resource):
        raise _refusal(
            f"Line {number} of the batch file is for the resource {target.resource!r}, the lines before it are for "
            f"{file.resource!r}: a file belongs to one resource.",
            "Make a file for each resource.",
        )
    file.resource = target.resource


def _encoded(request: Json) -> bytes:
    try:
        return json.dumps(request, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only its escape can express
        return json.dumps(request).encode()


def _refusal(text: str, hint: str = _HINT) -> InvalidRequestError:
    return InvalidRequestError(text, param="file", hint=hint)
