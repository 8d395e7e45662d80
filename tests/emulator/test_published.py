"""Every operation by the documents that Microsoft and OpenAI publish; `published/disagreements.toml` has the rest."""

from __future__ import annotations

from azure_connector.emulator import Emulator

from .published_walk import AREAS, MODELS, OPERATIONS, Walk
from .publishing import disagreements

UNPUBLISHED = {"GET /realtime", "GET /deployments"}
"""A WebSocket, and an operation of 2022."""


def walked(form: str) -> Walk:
    with Emulator(MODELS.split()) as azure:
        walk = Walk(azure, form)
        try:
            for area in AREAS:
                area(walk)
        finally:
            walk.close()
    assert not walk.wrong, f"{len(walk.wrong)} disagree on {form}:\n" + "\n".join(dict.fromkeys(walk.wrong))
    assert {key for key in OPERATIONS if walk.has(key)} - walk.walked <= UNPUBLISHED
    assert walk.refused > 1_000
    return walk


def test_every_operation_is_as_published() -> None:
    known = [*walked("v1").known, *walked("classic").known]
    assert {one["what"] for one in disagreements()["accepted"]} == set(known)
