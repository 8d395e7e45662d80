"""`/realtime`: whether the handshake is answered with a WebSocket."""

from __future__ import annotations

from ..errors import azure, missing, not_found, operation_not_supported
from ..installing import install_hint
from ..models import UNKNOWN
from ..resource import Resource
from ..routes import Handler
from ..wire import Answer, Call

__all__ = ["HANDLERS"]

NO_LIBRARY = f"The emulator's realtime endpoint needs wsproto: {install_hint('emulator')}"


async def connect(call: Call, resource: Resource) -> Answer:
    """`GET /realtime`: 101 for a deployment that speaks it."""
    if not call.websocket:
        # uvicorn makes a plain request of an upgrade where it has no library for WebSockets.
        raise azure(501, "NotImplemented", NO_LIBRARY) if "upgrade" in call.headers else not_found()
    if not call.deployment:
        raise missing("model" if call.form == "v1" else "deployment")
    deployment = resource.deployment(call.deployment)
    if deployment.family.kind != "realtime" and deployment.family is not UNKNOWN:
        raise operation_not_supported("realtime", deployment.base_model)
    return Answer(101)


HANDLERS: dict[str, Handler] = {
    "GET /realtime": connect,
}
