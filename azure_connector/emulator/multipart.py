"""`multipart/form-data`, byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .errors import invalid, missing
from .wire import Call

__all__ = ["Form", "Upload", "form_model", "read_form"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a form held.

    Attributes:
        fields: the values by name; of a repeated name the last one.
        values: all values of a name, `x[]` counts as `x`.
        files: the uploads by name; `image[]` counts as `image`.
    """

    fields: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    files: dict[str, list[Upload]] = field(default_factory=dict[str, list[Upload]])

    def upload(self, name: str) -> Upload | None:
        """The first file of that name."""
        return next(iter(self.files.get(name, [])), None)


def read_form(call: Call) -> Form:
    """The form in a request's body.

    Raises:
        Refusal: 400, the body is none.
    """
    kind = call.headers.get("content-type", "")
    boundary = re.search(r'boundary="?([^";]+)"?', kind)
    if not kind.startswith("multipart/form-data") or not boundary:
        raise invalid("Invalid content type. Expected 'multipart/form-data'.")
    form = Form()
    for part in call.raw.split(b"--" + boundary.group(1).encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        told = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', told)
        filename = re.search(r'filename="([^"]*)"', told)
        if not name:
            continue
        if filename:
            form.files.setdefault(name.group(1).removesuffix("[]"), []).append(Upload(filename.group(1), content))
        else:
            value = content.decode("utf-8", "replace")
            form.fields[name.group(1)] = value
            form.values.setdefault(name.group(1).removesuffix("[]"), []).append(value)
    return form


def form_model(call: Call, form: Form) -> str:
    """The deployment that a form names, in the path or in its `model` field.

    Raises:
        Refusal: 400, it names none.
    """
    name = call.params.setdefault("deployment", form.fields.get("model", ""))
    if not name:
        raise missing("model")
    return name
