"""An answer that is an instance of a Pydantic model."""

from __future__ import annotations

import litellm
import pydantic
from _resource import resource

import litellm_adapter


class City(pydantic.BaseModel):
    """What shall be found in the text."""

    name: str
    population: int


with resource():
    litellm_adapter.register()
    reply = litellm.completion(
        model="azure_connector/gpt-4o",
        messages=[{"role": "user", "content": "Oslo is a city of 700000 people."}],
        response_format=City,
    )
    print(repr(City.model_validate_json(reply.choices[0].message.content)))
