"""Two deployments in one group: the Router takes the second one when the first has no quota left."""

from __future__ import annotations

import asyncio

import litellm

import litellm_adapter
from azure_connector.emulator import Emulator, Reply

BUSY = Reply(status=429, body={"error": {"code": "429", "message": "Slow down"}}, headers={"retry-after": "60"})


async def main(router: litellm.Router) -> None:
    """Asks five times; nobody notices that one deployment refuses."""
    for _ in range(5):
        reply = await router.acompletion(model="chat", messages=[{"role": "user", "content": "Say hello to Oslo"}])
        print(reply.choices[0].message.content, "from", reply._hidden_params["model_id"])


with Emulator(["gpt-4o"]) as north, Emulator(["gpt-4o"]) as south:
    north.script(BUSY, times=None)
    litellm_adapter.register()
    asyncio.run(
        main(
            litellm.Router(
                num_retries=3,
                retry_after=0,
                allowed_fails=0,
                model_list=[
                    {
                        "model_name": "chat",
                        "litellm_params": {
                            "model": "azure_connector/gpt-4o",
                            "api_base": azure.endpoint,
                            "api_key": azure.api_key,
                        },
                        "model_info": {"id": name},
                    }
                    for name, azure in (("north", north), ("south", south))
                ],
            )
        )
    )
