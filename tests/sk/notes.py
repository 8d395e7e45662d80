"""A record of a vector store. Semantic Kernel's stores bring SciPy: import this inside the test."""

# No postponed annotations: SK reads the fields from them.

from dataclasses import dataclass, field
from typing import Annotated

from semantic_kernel.data.vector import VectorStoreField, vectorstoremodel

__all__ = ["Note"]


@vectorstoremodel
@dataclass
class Note:
    text: Annotated[str, VectorStoreField("data")]
    vector: Annotated[list[float] | str | None, VectorStoreField("vector", dimensions=1536)] = None
    id: Annotated[str, VectorStoreField("key")] = ""
    tags: Annotated[list[str], VectorStoreField("data")] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.vector = self.vector or self.text
