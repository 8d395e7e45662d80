"""A local Azure OpenAI resource for demos, notebooks and tests. It shares no code with the client.

from azure_connector.emulator import Emulator

with Emulator() as azure:
    print(azure.endpoint, azure.api_key)
"""

from __future__ import annotations

try:
    import starlette  # noqa: F401
    import uvicorn  # noqa: F401
except ImportError as error:
    raise ImportError(
        'The emulator needs starlette and uvicorn: pip install "azure-connector[emulator]"', name=error.name
    ) from error

from .emulator import Emulator
from .models import Deployment
from .records import RecordedRequest, RequestLog
from .scripting import Reply
from .wire import Refusal

__all__ = ["Deployment", "Emulator", "RecordedRequest", "Refusal", "Reply", "RequestLog"]
