"""The auth chains of all resources, each built when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping

from .._utils import ForkLock
from ..settings import Resource
from ..transport import TransportOptions
from ._authenticator import Authenticator

__all__ = ["Authenticators"]


class Authenticators:
    """One `Authenticator` a resource. Safe across threads and event loops.

    Args:
        resources: every resource by name.
        transport: how the calls for tokens connect.
    """

    def __init__(self, resources: Mapping[str, Resource], transport: TransportOptions) -> None:
        self._resources, self._transport = resources, transport
        self._built: dict[str, Authenticator] = {}
        self._lock = ForkLock()

    def of(self, resource: str) -> Authenticator:
        """The auth chain of a resource.

        Raises:
            ConfigurationError: its settings contradict each other.
        """
        resource = self._resources[resource].part_of or resource
        found = self._built.get(resource)
        if found is None:
            with self._lock:
                found = self._built.get(resource)
                if found is None:
                    found = Authenticator(self._resources[resource], transport=self._transport)
                    self._built[resource] = found
        return found

    def credential_origin(self, resource: str) -> str | None:
        """Where the credential in use was set."""
        authenticator = self.of(resource)
        return next((link.origin for link in authenticator.describe() if link.name == authenticator.kind), None)

    def close(self) -> None:
        """Releases what was built for the credentials; it is built again when it is needed."""
        for authenticator in self._built.values():
            authenticator.close()

    async def aclose(self) -> None:
        """As `close`, without blocking the event loop."""
        for authenticator in self._built.values():
            await authenticator.aclose()
