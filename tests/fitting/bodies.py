"""Requests before and after fitting."""

from __future__ import annotations

from typing import Any

USER = {"role": "user", "content": "Hi"}


def chat(**fields: Any) -> dict[str, Any]:
    """A chat request."""
    return {"model": "d", "messages": [USER], **fields}
