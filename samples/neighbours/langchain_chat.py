"""LangChain: `ChatOpenAI` on the connector, streamed, with a tool and structured output."""

from __future__ import annotations

from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from azure_connector import AsyncAzureConnector, AzureConnector


class City(BaseModel):
    city: str
    country: str


def weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: 21 degrees and sunny"


def main() -> None:
    with AzureConnector() as client:
        asynchronous = AsyncAzureConnector()  # for ainvoke and astream
        model = ChatOpenAI(
            model="gpt-5",
            api_key="unused",  # LangChain demands one; the connector holds the credential
            client=client.chat.completions,
            root_client=client,
            async_client=asynchronous.chat.completions,
            root_async_client=asynchronous,
        )
        print("".join(chunk.text for chunk in model.stream("Say hello to Oslo")))
        print(model.bind_tools([weather]).invoke("How is the weather in Oslo?").tool_calls[0]["args"])
        print(model.with_structured_output(City).invoke("The city is Oslo, the country is Norway"))
        texts = {"client": client.embeddings, "check_embedding_ctx_length": False}  # counting would download a table
        print(len(OpenAIEmbeddings(model="text-embedding-3-small", api_key="unused", **texts).embed_query("Oslo")))


if __name__ == "__main__":
    main()
