"""The same prompt in the three template languages, and one from YAML for a named service."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel import Kernel
from semantic_kernel.functions import KernelArguments, KernelFunctionFromPrompt

from sk_azure_plugin import AzureConnectorChatCompletion

TEMPLATES = {"semantic-kernel": "Say {{$word}}", "handlebars": "Say {{word}}", "jinja2": "Say {{ word }}"}
YAML = """
name: say
template: Say {{$word}}
template_format: semantic-kernel
execution_settings:
  writer:
    reasoning_effort: minimal
"""


async def main() -> None:
    async with AzureConnectorChatCompletion("writer", model=MODEL) as service:
        kernel = Kernel(services=service)
        words = KernelArguments(word="hello")
        for language, template in TEMPLATES.items():
            function = KernelFunctionFromPrompt("say", prompt=template, template_format=language)
            print(language, await kernel.invoke(function, words))
        print("YAML", await kernel.invoke(KernelFunctionFromPrompt.from_yaml(YAML), words))


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
