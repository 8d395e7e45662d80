"""instructor on the connector."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from azure_connector import AzureConnector
from azure_connector.emulator import Emulator
from tests.neighbours.stock import stock_client
from tests.support.frameworks import needed

frameworks = needed("instructor")


class City(BaseModel):
    city: str


def test_gives_an_object_and_one_that_grows(azure: Emulator, sample: Callable[[str], ModuleType], capsys: Any) -> None:
    sample("neighbours/instructor_objects").main()
    shown = capsys.readouterr().out.splitlines()
    whole = "city='Oslo' country='Norway'"
    assert (shown[0], shown[-1]) == (whole, whole)
    assert "city='Oslo' country=None" in shown


def test_stock_fails_on_a_limit_that_the_connector_renames(azure: Emulator) -> None:
    import instructor
    from instructor.core import InstructorRetryException

    def ask(client: Any, model: str) -> City:
        return instructor.from_openai(client).chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "The city is Oslo"}],
            response_model=City,
            max_tokens=800,
        )

    with stock_client(azure) as stock, pytest.raises(InstructorRetryException, match="max_tokens"):
        ask(stock, "team")
    with AzureConnector(deployment_mapping={"gpt-5": "team"}) as connector:
        assert ask(connector, "gpt-5").city == "Oslo"
    assert azure.requests.last.body["max_completion_tokens"] == 800
