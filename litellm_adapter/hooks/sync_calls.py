"""The hook that sync calls lack: `litellm.utils.function_setup`, which every entry point asks before it maps."""

from __future__ import annotations

from functools import wraps
from typing import Any

from ..connectors import prefix_of
from .patching import Patch
from .preparing import prepare

__all__ = ["PATCHES"]

# Where the model stands, if it was passed by position.
_MODEL_AT: dict[str, int] = dict.fromkeys(("completion", "embedding", "speech", "transcription"), 0)
_MODEL_AT |= dict.fromkeys(("image_generation", "responses", "text_completion"), 1) | {"image_edit": 2}


def _make(found: Any) -> Any:
    @wraps(found)
    def function_setup(*given: Any, **kwargs: Any) -> Any:
        logging, arguments = found(*given, **kwargs)
        # The entry points pass their name, two things more and their own arguments; the Proxy passes all by name.
        name, args = (given[0], given[3:]) if given else (kwargs.get("original_function"), ())
        if name in _MODEL_AT and prefix_of(arguments, next(iter(args[_MODEL_AT[name] :]), None)) is not None:
            arguments = dict(arguments)
            prepare(name, arguments, logging)
        return logging, arguments

    return function_setup


PATCHES = (Patch("litellm.utils", "function_setup", _make),)
