"""The resources of the SDK that the connector does not replace, but whose WebSockets and files it knows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import openai

from ._base import SharedClient

__all__ = ["WatchedClient"]


class WatchedClient(SharedClient):
    """The SDK's resources whose WebSockets and uploads are made to know deployments."""

    if not TYPE_CHECKING:  # for type checkers the SDK's own declarations stand

        @cached_property
        def uploads(self):
            """The SDK's uploads; `upload_file_chunked` maps the lines of a batch file."""
            from ._uploads import map_uploads

            return map_uploads(super().uploads, self._state, asynchronous=isinstance(self, openai.AsyncOpenAI))

        @cached_property
        def beta(self):
            """The SDK's beta resources; their WebSockets know deployments, and their chat is this client's own."""
            from ._web_sockets import watch

            watched = watch(super().beta, self)
            if hasattr(type(watched), "chat"):
                vars(watched)["chat"] = self.chat
            return watched

        if hasattr(openai.OpenAI, "live"):  # from openai 3 on

            @cached_property
            def live(self):
                """The SDK's Live resource; its WebSockets know deployments."""
                from ._web_sockets import watch

                return watch(super().live, self, "/live")
