"""The emulator as an ASGI application: records, checks, finds the handler, delivers its answer."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from .chance import RandomFaults
from .delivery import Delivery, refusing
from .errors import azure, bare, broken, too_large
from .faults import Fault, failure, hang, reset
from .limits import Limits
from .models import Deployment
from .quotas import Quotas
from .records import RecordedRequest, RequestLog
from .relay import Relay
from .resource import Resource
from .routes import Route, Router
from .scripting import Script
from .served import SERVED
from .serving import Receive, Scope, Send
from .upstream import Upstream
from .versions import check_fields, check_version
from .wire import Answer, Call, Cut, Refusal, is_form

if TYPE_CHECKING:
    from .recording import Recorder
    from .replaying import Player

__all__ = ["Application", "Outage"]

Outage = Literal["", "reset", "unavailable", "hang"]
"""How a resource that is down behaves; an empty string is up."""

ROUTER = Router(SERVED)
import_module(".handlers", __package__)  # at once: chats are what nearly every emulator is asked for
_FORWARDED = (
    "/chat/completions /completions /embeddings /responses /audio/transcriptions /audio/translations /audio/speech "
    "/images/generations /images/edits"
)
FORWARDED = frozenset(_FORWARDED.split())
"""What an upstream answers."""
_LATE = "the body is late"
_DOWN: dict[str, Fault] = {
    "reset": reset("before"),
    "unavailable": Fault("unavailable", reply=failure(503)),
    "hang": hang(),
}


class Application:
    """Answers as the resource would.

    Args:
        resource: the state that the handlers share.
        faults: faults by chance, or None.
        upstream: another server that answers in the emulated models' place, or in place of all, or None.
        recorder: takes down what is answered, or None.
        player: answers from a tape, or None.
    """

    def __init__(
        self,
        resource: Resource,
        faults: RandomFaults | None = None,
        upstream: Upstream | Relay | None = None,
        recorder: Recorder | None = None,
        player: Player | None = None,
    ) -> None:
        self.resource = resource
        self.requests = RequestLog(resource.limits)
        self.script = Script()
        self.quotas = Quotas(resource.clock)
        self.faults = faults
        self.upstream = upstream
        self.recorder = recorder
        self.player = player
        self.latency = self.chunk_latency = 0.0
        self.down: Outage = ""
        resource.answer = self._inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            return
        call = await read_call(scope, receive, self.resource.limits)
        if call is None:
            return
        route: Route | Refusal
        try:
            route = ROUTER.find(call)
            check_whole(call, self.resource.limits)
        except Refusal as refusal:
            route = refusal
        record = record_of(call)
        self.requests.append(record)
        fault = self._fault(call)
        delivery = Delivery(scope, receive, refusing(send) if call.websocket else send, self.chunk_latency)
        if fault.hang:
            await delivery.hang()
            return
        if fault.reset == "before":
            await delivery.reset()
            return
        answer = fault.reply.answer() if fault.reply else await self._natural(call, route)
        record.deployment = record.deployment or call.deployment  # a form's is known only now
        record.status = answer.status
        answer.headers = self._headers(call, answer) | answer.headers
        if self.recorder is not None and answer.status != 101:
            answer = self.recorder.recorded(call, answer)
        if self.latency:
            await asyncio.sleep(self.latency)
        if answer.status == 101:
            from .realtime.connection import Connection
            from .realtime.session import Session

            session = Session(self.resource.deployment(call.deployment), call.form, self.resource)
            await Connection(receive, send, delivery, record, self.chunk_latency).serve(answer, session, fault)
            return
        await delivery.deliver(answer, fault)
        if call.websocket:
            await delivery.closed()

    def _fault(self, call: Call) -> Fault:
        """What goes wrong with this request: an outage, a scripted fault, or one by chance."""
        if self.down:
            return _DOWN[self.down]
        found = self.script.take(call) or (self.faults.pick() if self.faults else None)
        if found is None:
            return Fault()
        return found if isinstance(found, Fault) else Fault(reply=found)

    async def _natural(self, call: Call, route: Route | Refusal) -> Answer:
        """The resource's own answer."""
        try:
            if call.raw_path.startswith("/generated/") and call.method == "GET":
                from .images import fetch

                return fetch(call, self.resource)
            if not isinstance(self.upstream, Relay) or self.upstream.api_key:
                self.resource.authorize(call)
            if self.player is not None:
                return self.player.answer(call)
            if isinstance(self.upstream, Relay) and not call.websocket:
                return await self.upstream.answer(call)
            if isinstance(route, Refusal):
                raise route
            check_version(call, route, self.resource.rules)
            check_fields(call)
            deployment = self.resource.deployments.get(call.deployment)
            if deployment is None:
                return await route.handler(call, self.resource)
            headers = self._admit(call, deployment)
            if isinstance(self.upstream, Upstream) and route.served.path in FORWARDED:
                answer = await self.upstream.answer(call, deployment)
            else:
                answer = await route.handler(call, self.resource)
            answer.headers |= headers
            return answer
        except Refusal as refusal:
            body = bare(refusal.body) if self.resource.rules.bare_codes else refusal.body
            return Answer(refusal.status, body, headers=dict(refusal.headers))
        except Exception as error:  # noqa: BLE001  whatever happens, a client gets an envelope with a request id
            return broken(error)

    def _admit(self, call: Call, deployment: Deployment) -> dict[str, str]:
        """Count the request; where the quota is used up, let the spillover deployment answer.

        Returns: what the reply's headers say about a spillover.

        Raises:
            Refusal: 429, and there is no spillover.
        """
        try:
            self.quotas.admit(deployment, call)
        except Refusal:
            name = call.headers.get("x-ms-spillover-deployment") or deployment.spillover
            other = self.resource.deployments.get(name or "")
            if other is None:
                raise
            self.quotas.admit(other, call)
            call.params["deployment"] = other.name
            return {"x-ms-is-spilled-over": "true", "x-ms-spillover-from-deployment": deployment.name}
        return {}

    async def _inner(self, call: Call) -> Answer:
        """The answer to a request that came inside another one."""
        try:
            return await ROUTER.find(call).handler(call, self.resource)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body)

    def _headers(self, call: Call, answer: Answer) -> dict[str, str]:
        """What Azure sends with everything, and with what a deployment answered."""
        made = {
            "apim-request-id": self.resource.ids.uuid(),
            "x-ms-region": self.resource.region,
            "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
            "x-content-type-options": "nosniff",
        }
        if "x-ms-client-request-id" in call.headers:
            made["x-ms-client-request-id"] = call.headers["x-ms-client-request-id"]
        deployment = self.resource.deployments.get(call.deployment)
        if deployment is not None and answer.status == 200:
            made |= {
                "x-request-id": self.resource.ids.uuid(),
                "x-ms-deployment-name": deployment.name,
                "x-ms-served-model": deployment.served_model,
                "azureml-model-session": f"d{self.resource.ids.hexadecimal(12)}",
                **self.quotas.headers(deployment),
            }
        return made


def record_of(call: Call) -> RecordedRequest:
    """The record of a request that is about to be answered."""
    return RecordedRequest(
        method=call.method,
        path=call.path,
        raw_path=call.raw_path,
        query=call.query,
        headers=call.headers,
        raw=call.raw,
        connection=call.connection,
        operation=call.operation,
        form=call.form,
        deployment=call.deployment,
    )


def check_whole(call: Call, limits: Limits) -> None:
    """Refuse a body that is too large, or did not arrive in time.

    Raises:
        Refusal: 413 or 408.
    """
    if call.cut == "large":
        raise too_large(limits.form_bytes if call.is_form else limits.json_bytes)
    if call.cut == "late":
        raise azure(408, "Timeout", "The operation was timeout.")


async def read_body(receive: Receive, most: int, seconds: float) -> tuple[bytes, Cut] | None:
    """The body, and why it is not whole; None when the client left. Of a body that is too large nothing is kept."""
    parts: list[bytes] = []
    size, more = 0, True
    task = asyncio.current_task()
    assert task is not None
    # What `asyncio.timeout()` does, at a quarter of its price: every request comes by here.
    timer = task.get_loop().call_later(seconds, task.cancel, _LATE)
    try:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            size += len(message.get("body", b""))
            if size <= most:
                parts.append(message.get("body", b""))
            else:
                parts.clear()
            more = message.get("more_body", False)
    except asyncio.CancelledError as error:
        if error.args != (_LATE,) or task.uncancel():
            raise
        return b"", "late"
    finally:
        timer.cancel()
    return b"".join(parts), "large" if size > most else ""


async def read_call(scope: Scope, receive: Receive, limits: Limits) -> Call | None:
    """The request, or None when the client left before it was sent."""
    websocket = scope["type"] == "websocket"
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    read: tuple[bytes, Cut] | None = (b"", "")
    if websocket:
        await receive()  # its opening, which says nothing
    else:
        read = await read_body(receive, limits.form_bytes if is_form(headers) else limits.json_bytes, limits.seconds)
    if read is None:
        return None
    return Call(
        method=scope.get("method", "GET"),
        raw_path=scope["raw_path"].decode("ascii"),
        path=scope["path"],
        query_string=scope["query_string"].decode("ascii"),
        headers=headers,
        raw=read[0],
        connection=scope["client"][1],
        websocket=websocket,
        cut=read[1],
    )
