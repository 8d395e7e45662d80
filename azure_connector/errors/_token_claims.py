"""What a token says of itself, unverified: for hints and the doctor only."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, cast

__all__ = ["claims_of", "object_id"]

_ID = re.compile(r"[\da-fA-F-]{36}")


def claims_of(token: str) -> dict[str, Any]:
    """A JSON Web Token's claims; empty where it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def object_id(authorization: str) -> str:
    """The identity that a header's token is of, by its id in the directory; empty where it does not say."""
    scheme, _, token = authorization.partition(" ")
    found = claims_of(token).get("oid") if scheme.lower() == "bearer" else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""
