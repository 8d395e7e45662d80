"""One of LiteLLM's attributes, replaced while a prefix is registered; where it is missing, LiteLLM goes its own way."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["Patch"]

_MARK = "_litellm_adapter_replaces"


class Patch:
    """A replacement for an attribute.

    Args:
        holder: the module, and after a colon the class in it.
        name: the attribute.
        make: the attribute as LiteLLM has it -> what stands in its place.
    """

    def __init__(self, holder: str, name: str, make: Callable[[Any], Any]) -> None:
        self._holder, self._name, self._make = holder, name, make

    @property
    def active(self) -> bool:
        """Whether ours stands there."""
        return hasattr(getattr(self._find(), self._name, None), _MARK)

    def put(self) -> None:
        """Puts the replacement in; once, also after this package was reloaded."""
        holder = self._find()
        self.take_out()
        found = getattr(holder, self._name, None)
        if found is None:
            return
        made = self._make(found)
        # As it is stored: a static method must stay one.
        setattr(made, _MARK, vars(holder).get(self._name, found))
        setattr(holder, self._name, staticmethod(made) if isinstance(holder, type) else made)

    def take_out(self) -> None:
        """Puts LiteLLM's own back, unless somebody has replaced ours since: ours then passes everything on."""
        holder = self._find()
        original = getattr(getattr(holder, self._name, None), _MARK, None)
        if original is not None:
            setattr(holder, self._name, original)

    def _find(self) -> Any:
        module, _, inner = self._holder.partition(":")
        try:
            # `import_module`, since LiteLLM hides some modules behind functions of the same name.
            found: Any = import_module(module)
        except ImportError:
            return None
        return getattr(found, inner, None) if inner else found
