"""Which models a deployment's replies have named, for the whole process.

A deployment whose name says nothing is known by its first reply. One whose replies name models of several families is a
router, whatever it is called; after many replies of one family in a row it counts as a deployment of that family again,
as one that was given another model does.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

__all__ = ["SERVED", "Served", "ServedModels"]

_LIMIT = 2000
_SETTLED = 20  # replies of one family in a row, after which a router is none


@dataclass(frozen=True, slots=True)
class Served:
    """What the replies of one deployment have named.

    Attributes:
        model: the base model of the last reply that named a known one.
        family: its family.
        router: the replies name models of several families.
        epoch: how often the family has changed: what was learned before is of another model.
        run: how many replies in a row were of this family.
    """

    model: str
    family: str
    router: bool = False
    epoch: int = 0
    run: int = 1

    def after(self, model: str, family: str) -> Served:
        """What is known after one more reply."""
        if family != self.family:
            return Served(model, family, router=True, epoch=self.epoch + 1)
        if not self.router:
            return self if model == self.model else replace(self, model=model)
        run = self.run + 1
        return replace(self, model=model, run=run, router=run < _SETTLED)


class ServedModels:
    """By resource address and deployment. Bounded; safe across threads; reading takes no lock."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, Served] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Served | None:
        """What a deployment's replies have named; None before the first one."""
        return self._found.get(key)

    def note(self, key: str, model: str, family: str) -> None:
        """Notes what a reply names."""
        known = self._found.get(key)
        if known is not None and known.after(model, family) is known:
            return
        with self._lock:
            known = self._found.get(key)
            self._found[key] = Served(model, family) if known is None else known.after(model, family)
            self._found.move_to_end(key)
            while len(self._found) > _LIMIT:
                self._found.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._found.clear()


SERVED = ServedModels()
"""The process's."""
