"""What IPython shows of an error that nobody catches."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

__all__ = ["traceback_lines"]


def traceback_lines(error: BaseException) -> list[str]:
    """An uncaught error as IPython shows it: the reader's own lines, and this one error, not what led to it.

    Args:
        error: what was raised; it is left as it is.
    """
    shown = _own_frames(error.__traceback__)
    cause, suppressed = error.__cause__, error.__suppress_context__
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    error.__cause__ = None  # which hides the context, too
    try:
        if shell is None:
            return traceback.format_exception(type(error), error, shown, chain=False)
        return shell.InteractiveTB.structured_traceback(type(error), error, shown, tb_offset=0)
    finally:
        error.__cause__ = cause
        error.__suppress_context__ = suppressed


def _own_frames(found: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this package, the SDK and IPython."""
    kept: list[TracebackType] = []
    folders = tuple(_folders())
    while found is not None:
        if not found.tb_frame.f_code.co_filename.startswith(folders):
            kept.append(found)
        found = found.tb_next
    shown: TracebackType | None = None
    for one in reversed(kept):
        shown = TracebackType(shown, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return shown


def _folders() -> Iterator[str]:
    yield str(Path(__file__).parents[1])
    for name in ("openai", "IPython"):
        spec = find_spec(name)
        if spec is not None and spec.origin:
            yield str(Path(spec.origin).parent)
