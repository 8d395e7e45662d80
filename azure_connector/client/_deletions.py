"""A deletion that is found done: the reply that the service would have given if its first one had not been lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ..transport import http_library

__all__ = ["deleted_reply"]


def deleted_reply(missing: Any, operation: str, cast_to: object) -> Any:
    """What the service would have said to the first of two deletions, made of what it said to the second.

    Args:
        missing: its 404.
        operation: the SDK's path.
        cast_to: the SDK's class for the reply; deleting an item answers with what it belonged to.
    """
    fields: Mapping[str, Any] = getattr(cast_to, "model_fields", {})
    segments = operation.strip("/").split("/")
    body: dict[str, Any] = {"id": segments[-1] if "deleted" in fields or len(segments) < 4 else segments[-3]}
    if "deleted" in fields:
        body["deleted"] = True
    kinds = get_args(fields["object"].annotation) if "object" in fields else ()
    body["object"] = kinds[0] if kinds else f"{segments[0].removesuffix('s')}.deleted"
    kept = {name: value for name, value in missing.headers.items() if name not in ("content-length", "content-type")}
    return http_library().Response(200, headers=kept, json=body, request=missing.request)
