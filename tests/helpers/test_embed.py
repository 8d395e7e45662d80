"""`embed` and `embed_many`: order, batches, progress, failures."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector import RequestRefusedError, helpers
from azure_connector.emulator import Emulator, Reply
from azure_connector.helpers import cosine_similarity
from tests.helpers.conftest import Run


def test_many_keep_their_order_and_tell_their_progress(run: Run, azure: Emulator) -> None:
    texts = [f"Sentence number {number}" for number in range(25)]
    told: list[tuple[int, int]] = []
    many = run("embed_many", texts, batch_size=10, at_once=2, progress=lambda *done: told.append(done))
    alone = run("embed", texts[17])
    assert len(many.embeddings) == 25
    assert many.embeddings[17] == pytest.approx(alone.embedding, abs=1e-6)
    assert [total for _, total in told] == [25] * 3
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (25, 25)
    assert sorted(len(request.body["input"]) for request in azure.requests[:3]) == [5, 10, 10]
    assert many.usage.input_tokens >= 25 * alone.usage.input_tokens - 25 > 0


def test_none_at_all(run: Run, azure: Emulator) -> None:
    assert run("embed_many", []).embeddings == []
    assert len(azure.requests) == 0


def test_every_parameter_reaches_the_wire(run: Run, azure: Emulator) -> None:
    given_ = {"dimensions": 64, "user": "u", "extra_headers": {"x-mine": "yes"}, "timeout": 30.0}
    assert len(run("embed", "Oslo", model="vectors", **given_).embedding) == 64
    assert [len(vector) for vector in run("embed_many", ["Oslo", "Rome"], model="vectors", **given_).embeddings] == [
        64,
        64,
    ]
    for request in azure.requests:
        assert (request.body["model"], request.body["dimensions"], request.body["user"]) == ("vectors", 64, "u")
        assert request.headers["x-mine"] == "yes"


def test_the_settings_deployment_is_the_default(run: Run, azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME", "vectors")
    run("embed", "Oslo")
    assert azure.requests.last.body["model"] == "vectors"


def test_a_failure_ends_it_all(run: Run, azure: Emulator) -> None:
    azure.script(Reply(400, {"error": {"code": "invalid", "message": "no"}}), times=None)
    with pytest.raises(RequestRefusedError):
        run("embed_many", [f"text {number}" for number in range(40)], batch_size=1, at_once=2)
    assert len(azure.requests) < 40


@given(st.lists(st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=20), st.floats(0.5, 100))
def test_a_vector_is_like_itself_at_any_length(vector: list[float], factor: float) -> None:
    assert cosine_similarity(vector, [factor * x for x in vector]) == pytest.approx(1)
    assert cosine_similarity(vector, [-x for x in vector]) == pytest.approx(-1)


@pytest.mark.parametrize(("one", "other"), [([1.0], [1.0, 0.0]), ([0.0], [1.0])])
def test_vectors_that_cannot_be_compared(one: list[float], other: list[float]) -> None:
    with pytest.raises(ValueError, match=r"zip|direction"):
        cosine_similarity(one, other)


def test_vectors_of_the_emulator_have_a_direction(azure: Emulator) -> None:
    result: Any = helpers.embed("Oslo")
    assert math.isclose(math.hypot(*result.embedding), 1, rel_tol=1e-3)
