"""Find notes by meaning, in a vector store."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from local_azure import MODEL, azure
from semantic_kernel.connectors.in_memory import InMemoryStore
from semantic_kernel.data.vector import VectorStoreField, vectorstoremodel

from sk_azure_plugin import AzureConnectorTextEmbedding


@vectorstoremodel
@dataclass
class Note:
    id: Annotated[str, VectorStoreField("key")]
    text: Annotated[str, VectorStoreField("data")]
    vector: Annotated[list[float] | str | None, VectorStoreField("vector", dimensions=1536)] = None


async def main() -> None:
    async with AzureConnectorTextEmbedding(model="text-embedding-3-small") as embedding:
        notes = InMemoryStore(embedding_generator=embedding).get_collection(Note, collection_name="notes")
        await notes.ensure_collection_exists()
        texts = ["The cat sleeps on the sofa", f"{MODEL} is a model", "Interest rates rose in Norway"]
        await notes.upsert([Note(id=str(number), text=text, vector=text) for number, text in enumerate(texts)])
        found = await notes.search("Where does the cat sleep?", top=1)
        async for result in found.results:
            print(result.record.text)


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
