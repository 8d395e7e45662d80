"""What a model's name leads to, before it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import openai

from .._utils import nearest

if TYPE_CHECKING:
    from ..client import AzureConnector
    from ..deployments import Catalog

__all__ = ["ModelCheck"]

_TALKS = {"chat", "responses"}


class ModelCheck:
    """Knows the settings and, from the first name on that they do not have, the resource's own list.

    Args:
        client: the connector.
    """

    def __init__(self, client: AzureConnector) -> None:
        self._client = client

    def of(self, name: str) -> tuple[bool, str]:
        """Whether a name can be asked, and what is to be told about it."""
        try:
            explained = self._client.explain(name)
        except openai.OpenAIError as error:
            return False, str(error)
        deployments = [target.deployment for target in explained.targets]
        listed = self._catalog.deployments
        if not listed:  # nobody lists them: only a call can tell
            return True, f"asking {name} from now on"
        known = {one.name: one for one in listed}
        missing = [one for one in deployments if one not in known]
        if missing and len(missing) == len(deployments):
            return False, (
                f"There is no deployment {missing[0]!r}.{nearest(missing[0], self.known())} "
                f"Still asking the former model. There are: {', '.join(self.known())}"
            )
        apis = {api for one in deployments if one in known for api in known[one].apis}
        if apis and not apis & _TALKS:
            return False, f"{name} serves {', '.join(sorted(apis))}, no chat. Still asking the former model."
        served = "" if deployments[0] == name else f", which {deployments[0]} serves"
        return True, f"asking {name} from now on{served}"

    def known(self) -> Sequence[str]:
        """The deployments that can be talked to, as far as the resource lists them."""
        return [one.name for one in self._catalog.deployments if not one.apis or _TALKS & set(one.apis)]

    @cached_property
    def _catalog(self) -> Catalog:
        return self._client.catalog()
