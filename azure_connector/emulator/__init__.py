"""A local Azure OpenAI resource for demos, notebooks and tests. It shares no code with the client.

from azure_connector.emulator import Emulator

with Emulator() as azure:
    print(azure.endpoint, azure.api_key)
"""

from __future__ import annotations

from .installing import install_hint

try:
    from . import faults
    from .chance import RandomFaults
    from .emulator import Emulator
    from .faults import Fault
    from .models import Deployment
    from .records import RecordedRequest, RequestLog
    from .relay import Relay
    from .scripting import Reply
    from .upstream import Upstream
    from .wire import Refusal
except ModuleNotFoundError as error:
    _missing = (error.name or "").partition(".")[0]
    if _missing not in {"starlette", "uvicorn"}:
        raise
    raise ImportError(f"The emulator needs {_missing}: {install_hint('emulator')}", name=_missing) from error

__all__ = [
    "Deployment",
    "Emulator",
    "Fault",
    "RandomFaults",
    "RecordedRequest",
    "Refusal",
    "Relay",
    "Reply",
    "RequestLog",
    "Upstream",
    "faults",
]
