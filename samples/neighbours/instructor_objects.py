"""instructor: validated objects from an Azure deployment, whole and while they grow."""

from __future__ import annotations

import instructor
from pydantic import BaseModel

from azure_connector import AzureConnector


class City(BaseModel):
    """A city and its country."""

    city: str
    country: str


def main() -> None:
    question = [{"role": "user", "content": "The city is Oslo, the country is Norway"}]
    asked = {"model": "gpt-5", "messages": question, "max_tokens": 800}
    with AzureConnector() as connector:
        client = instructor.from_openai(connector)
        print(client.chat.completions.create(response_model=City, **asked))
        for growing in client.chat.completions.create_partial(response_model=City, **asked):
            print(growing)


if __name__ == "__main__":
    main()
