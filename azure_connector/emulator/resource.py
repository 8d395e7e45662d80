"""The state of one emulated Azure OpenAI resource, which the handlers share."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .batchrules import BatchRules
from .caching import PromptCache
from .errors import access_denied, deployment_not_found, invalid, keys_disabled, unauthorized
from .identifiers import Identifiers
from .keeping import Newest
from .limits import Limits
from .models import Deployment, as_deployments
from .responsestore import ResponseStore
from .rules import Rules
from .sealing import Seal
from .shelves import Shelves
from .stored import StoredBatch, StoredFile
from .values import Json
from .wire import Answer, Call, Refusal

__all__ = ["BearerCheck", "Resource"]

BearerCheck = Callable[[str], Refusal | None]
"""Says what is wrong with a bearer token, or None."""


@dataclass
class Resource:
    """What a resource holds: deployments, credentials, a clock, ids.

    Attributes:
        deployments: by name.
        api_key: the key that it takes.
        bearer_token: the static token that it takes when there is no `verify_bearer`.
        verify_bearer: the check of bearer tokens, or None.
        keys_disabled: key authentication is switched off by policy.
        region: what `x-ms-region` says.
        endpoint: where it is served, once it is.
        clock: seconds since the epoch.
        ids: where ids come from.
        rules: how strict it is where resources differ.
        limits: how much it takes and keeps.
        responses: the stored responses.
        files, batches: the stored files and batches, by id.
        batch_rules: the limits of the Batch API, and how its batches end.
        pictures: generated images that are fetched by URL.
        secrets: ephemeral keys, with the time until which each is good.
        shelves: all else that is kept.
        prompts: what was asked before, for `cached_tokens`.
        seal: makes encrypted reasoning that only this resource reads.
        answer: answers a request whose credentials are known to be good; set by the application.
    """

    deployments: dict[str, Deployment] = field(default_factory=lambda: as_deployments(None))
    api_key: str = field(default_factory=lambda: secrets.token_hex(16))
    bearer_token: str = field(default_factory=lambda: f"emulator-{secrets.token_urlsafe(24)}")
    verify_bearer: BearerCheck | None = None
    keys_disabled: bool = False
    region: str = "Sweden Central"
    endpoint: str = ""
    clock: Callable[[], float] = time.time
    ids: Identifiers = field(default_factory=Identifiers)
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    responses: ResponseStore = field(default_factory=ResponseStore)
    files: dict[str, StoredFile] = field(default_factory=Newest[StoredFile])
    batches: dict[str, StoredBatch] = field(default_factory=Newest[StoredBatch])
    batch_rules: BatchRules = field(default_factory=BatchRules)
    pictures: dict[str, bytes] = field(default_factory=lambda: Newest(weigh=len))
    secrets: dict[str, int] = field(default_factory=Newest[int])
    shelves: Shelves = field(default_factory=Shelves)
    prompts: PromptCache = field(default_factory=PromptCache)
    seal: Seal = field(default_factory=lambda: Seal(secrets.token_bytes(32)))
    answer: Callable[[Call], Awaitable[Answer]] = field(init=False)
    _turns: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        shelved = [shelf.kept for shelf in self.shelves.every()]
        for kept in (self.files, self.batches, self.pictures, self.responses.kept, *shelved):
            if isinstance(kept, Newest):
                kept.most, kept.most_bytes = self.limits.stored, self.limits.stored_bytes

    async def perform(self, operation: str, body: Json) -> Answer:
        """Answer a request that came inside another one, as a batch's do."""
        raw = json.dumps(body).encode()
        call = Call("POST", f"/openai/v1{operation}", f"/openai/v1{operation}", "", {}, raw, connection=0)
        return await self.answer(call)

    def deployment(self, name: str) -> Deployment:
        """The deployment of that name.

        Raises:
            Refusal: 404 `DeploymentNotFound`.
        """
        found = self.deployments.get(name)
        if found is None:
            raise deployment_not_found()
        return found

    def answering(self, deployment: Deployment) -> str:
        """The model that a reply names: the deployment's, and of a router another one each time."""
        routes = deployment.family.routes
        return routes[next(self._turns) % len(routes)] if routes else deployment.served_model

    def file(self, identity: Any, param: str) -> StoredFile:
        """The file that a part of a message names.

        Raises:
            Refusal: 404, there is none.
        """
        found = self.files.get(identity) if isinstance(identity, str) else None
        if found is None:
            raise invalid(f"No such File object: {identity!s:.100}", param, status=404)
        return found

    def deploy(self, deployments: Iterable[Deployment | str] | Mapping[str, str]) -> None:
        """Add deployments, or replace those of the same name."""
        self.deployments = {**self.deployments, **as_deployments(deployments)}

    def authorize(self, call: Call) -> None:
        """Check the key or the bearer token of a request.

        Raises:
            Refusal: 401 or 403, in the envelope that Azure uses for it.
        """
        key = call.headers.get("api-key")
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if key is None and scheme.lower() != "bearer":
            raise access_denied()
        if key is None and call.form == "v1" and token == self.api_key:
            key = token  # v1 takes the key as a bearer token too
        if key is not None:
            if self.keys_disabled:
                raise keys_disabled()
            if not secrets.compare_digest(key.encode(), self.api_key.encode()):
                raise access_denied()
            return
        if call.operation.startswith("/realtime") and self.secrets.get(token, 0) > self.clock():
            return
        refusal = self._refused(token.strip())
        if refusal is not None:
            raise refusal

    def _refused(self, token: str) -> Refusal | None:
        if secrets.compare_digest(token.encode(), self.bearer_token.encode()):
            return None
        return self.verify_bearer(token) if self.verify_bearer else unauthorized()
