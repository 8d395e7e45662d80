"""The SDK's options of a POST request, copied from a ready one.

Building them the SDK's way copies every default deeply, which takes as long as validating the whole reply. The class is
private to the SDK: where it is not as expected, `post_options` gives None, and the SDK's way is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from openai import NotGiven

try:
    from openai._models import FinalRequestOptions as _Options
except ImportError:  # an SDK that has moved it
    _Options = None

__all__ = ["post_options"]


def _made() -> Any:
    try:
        return _Options and _Options.construct(method="post", url="/")
    except TypeError:  # an SDK that makes it in another way
        return None


_ready: Any = _made()
_names: frozenset[str] = frozenset() if _ready is None else frozenset(cast(Any, vars(_ready)))


def post_options(path: str, body: object, given: Mapping[str, Any]) -> Any:
    """The options for a request with a JSON body.

    Args:
        path: the operation's path.
        body: the body, or None.
        given: what the caller says about this request (headers, query, timeout and so on).

    Returns:
        The SDK's options; None where only the SDK knows how to make them, or how to refuse them.
    """
    if "json_data" not in _names or not _names.issuperset(given):
        return None
    values: dict[str, Any] = {"method": "post", "url": path, "json_data": _stripped(body)}
    for name in ("content", "files"):
        if name in _names:
            values[name] = None
    for name, value in given.items():
        values[name] = _stripped(value)
    made = _ready.model_copy()
    made.__dict__.update(values)
    object.__setattr__(made, "__pydantic_fields_set__", set(values))
    return made


def _stripped(value: object) -> object:
    """A mapping without what was not given, as the SDK takes it out; anything else as it is."""
    if not isinstance(value, Mapping):
        return value
    mapping = cast("Mapping[str, Any]", value)
    return {name: one for name, one in mapping.items() if not isinstance(one, NotGiven)}
