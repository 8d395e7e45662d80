"""What an editor shows of a function whose arguments are listed elsewhere: made when somebody looks, not before."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, cast

__all__ = ["bare_signature", "show_lazily", "with_signature"]


def with_signature(function: Any, signature: Callable[[Any], inspect.Signature]) -> None:
    """Has a function shown with a signature that is made of it when somebody looks."""
    function.__signature__ = _LazySignature(lambda: signature(function))


def show_lazily(
    kind: type,
    signature: Callable[[Any], inspect.Signature],
    document: Callable[[str | None, inspect.Signature], str],
    method: str = "__init__",
) -> None:
    """Has a method shown with a signature, and a class with a description, that are made when somebody looks.

    Args:
        kind: the class; its description changes with its constructor's signature only.
        signature: makes the signature of a method.
        document: makes the description of what is written in the class and its constructor's signature.
        method: the method's name.
    """
    function = vars(kind)[method]
    with_signature(function, signature)
    if method == "__init__":
        written, described = kind.__doc__, cast("Any", kind)
        if "__signature__" in vars(kind):  # pydantic's classes have one of their own
            described.__signature__ = _LazySignature(lambda: _without_self(signature(function)))
        described.__doc__ = _LazyDoc(lambda: document(written, signature(function)))


class _LazySignature(inspect.Signature):
    """A signature for `__signature__`; it costs nothing until it is read.

    Args:
        make: makes the signature.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], inspect.Signature]) -> None:  # the base's own would read the parameters
        self._make, self._made = make, None

    def _read(self) -> inspect.Signature:
        if self._made is None:
            self._made = self._make()
        return self._made

    @property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return self._read().parameters

    @property
    def _return_annotation(self) -> Any:
        return self._read().return_annotation

    def replace(self, **changes: Any) -> inspect.Signature:
        """As the base's; a plain signature."""
        return self._read().replace(**changes)

    __replace__ = replace

    def __reduce__(self) -> Any:
        return self._read().__reduce__()


class _LazyDoc:
    """A class's `__doc__`; it costs nothing until it is read.

    Args:
        make: makes the text.
    """

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make

    def __get__(self, instance: object, owner: type | None = None) -> str:
        return self._make()


def _without_self(signature: inspect.Signature) -> inspect.Signature:
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def bare_signature(function: Any) -> inspect.Signature:
    """A function's signature as it is written, whatever its `__signature__` says."""
    bare = FunctionType(function.__code__, {}, function.__name__, function.__defaults__, function.__closure__)
    bare.__kwdefaults__, bare.__annotations__ = function.__kwdefaults__, function.__annotations__
    return inspect.signature(bare)
