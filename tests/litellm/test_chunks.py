"""A stream's chunks: copied ones are the ones that LiteLLM's types would make, and LiteLLM's wrapper loses nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.emulator import Reply
from tests.litellm.lite import ask, run
from tests.speed.shapes import BROKEN_CHUNKS, FRAME, RECORDED, SAFE, STREAMS, USAGE, piece
from tests.support.asking import HELLO, text_of
from tests.support.frameworks import late

litellm = late("litellm")
chunks_module = late("litellm_adapter.chunks")
wrapping = late("litellm_adapter.stream_wrapper")

ALL = [*STREAMS.values(), *RECORDED.values()]


def made(chunks: list[dict[str, Any]]) -> list[Any]:
    found = chunks_module.Chunks(lambda _: None)
    given = [found.feed(copy.deepcopy(chunk)) for chunk in chunks]
    return [one for one in [*given, *iter(found.finish, None)] if one is not None]


def plainly(chunks: list[dict[str, Any]]) -> list[Any]:
    """As `made`, every chunk by LiteLLM's own constructors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks_module._Pattern, "of", classmethod(lambda cls, chunk, piece: None))
        return made(chunks)


def state(model: Any) -> Any:
    """All that a model holds, private attributes included."""
    if isinstance(model, list):
        return [state(one) for one in model]
    if not hasattr(model, "__pydantic_fields_set__"):
        return model
    parts = {**model.__dict__, **(model.__pydantic_extra__ or {})}
    held = {name: state(value) for name, value in parts.items()}
    return type(model), held, model.__pydantic_fields_set__, model.__pydantic_private__


def equal(ours: list[Any], theirs: list[Any]) -> None:
    assert [state(one) for one in ours] == [state(one) for one in theirs]
    assert ours == theirs
    assert [one.model_dump(warnings=False) for one in ours] == [one.model_dump(warnings=False) for one in theirs]


@pytest.mark.parametrize("chunks", ALL)
def test_copied_chunks_are_the_ones_that_would_be_made(chunks):
    equal(made(chunks), plainly(chunks))


@pytest.mark.parametrize("broken", BROKEN_CHUNKS)
def test_a_broken_chunk_among_plain_ones(broken):
    broken = {**FRAME, **broken, "id": "chatcmpl-3"}  # what is missing, LiteLLM makes up
    chunks = [piece({"content": "a"}), piece({"content": "b"}), broken, piece({"content": "c"}), piece({}, "stop")]
    equal(made(chunks), plainly(chunks))


TEXTS = st.fixed_dictionaries({"content": st.text(max_size=3) | st.none()}, optional={"role": st.just("assistant")})
CHUNKS = st.builds(
    lambda delta, index, verdicts, frame, more: {**piece(delta, index=index, **verdicts), **frame, **more},
    TEXTS | st.just({"refusal": "no"}),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([{}, {"content_filter_results": SAFE}, {"content_filter_results": {}}, {"enhancements": {"a": 1}}]),
    st.sampled_from([{}, {}, {"system_fingerprint": "fp_2"}, {"id": "chatcmpl-2"}, {"model": "gpt-5"}, {"created": 7}]),
    st.sampled_from([{}, {"obfuscation": "aB"}, {"obfuscation": ""}, {"service_tier": "flex"}, {"usage": USAGE}]),
)


@given(st.lists(CHUNKS, max_size=8))
def test_any_mixture_of_chunks(chunks):
    equal(made(chunks), plainly(chunks))


def test_pieces_share_nothing_that_can_be_changed():
    texts = ["a", "b", "c"]
    found = made([piece({"content": text}, content_filter_results=copy.deepcopy(SAFE)) for text in texts])
    found[1].choices[0].delta.content = "changed"
    found[1].choices[0].content_filter_results["hate"]["filtered"] = True
    found[1]._hidden_params["usage"] = 1
    found[1].citations = ["x"]
    assert [one.choices[0].delta.content for one in found] == ["a", "changed", "c"]
    for other in (found[0], found[2]):
        assert other.choices[0].content_filter_results == SAFE
        assert other._hidden_params == {}
        assert not hasattr(other, "citations")


def test_plain_text_is_copied(monkeypatch):
    built: list[Any] = []
    real = chunks_module.build_chunk
    monkeypatch.setattr(chunks_module, "build_chunk", lambda body: built.append(body) or real(body))
    chunks = [piece({"content": str(n)}, content_filter_results=SAFE) | {"obfuscation": "x" * n} for n in range(50)]
    assert len(made(chunks)) == 50
    assert len(built) == 1


def stock_wrapper() -> type:
    """The wrapper, with LiteLLM's own way of making every chunk."""
    own = {"chunk_creator": litellm.CustomStreamWrapper.chunk_creator}
    return type("_Stock", (wrapping.StreamWrapper,), own)


async def streamed() -> tuple[list[Any], Any]:
    stream = await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True)
    return [chunk async for chunk in stream], stream


@pytest.mark.parametrize("chunks", ALL)
def test_the_wrapper_gives_what_litellms_own_gives(registered, monkeypatch, chunks):
    found = []
    for kind in (wrapping.StreamWrapper, stock_wrapper()):
        monkeypatch.setattr("litellm_adapter.provider.StreamWrapper", kind)
        registered.script(Reply(events=chunks))
        found.append(run(streamed()))
        assert type(found[-1][1]) is kind
    (ours, our), (theirs, their) = found
    if len({choice["index"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]}) > 1:
        # LiteLLM's own stops at the first choice's finish.
        assert _unfinished(ours) == _unfinished(theirs)
        return
    assert [_timeless(chunk) for chunk in ours] == [_timeless(chunk) for chunk in theirs]
    for name in ("response_id", "response_uptil_now", "received_finish_reason", "system_fingerprint", "model"):
        assert getattr(our, name) == getattr(their, name)
    assert [_timeless(chunk) for chunk in our.chunks] == [_timeless(chunk) for chunk in their.chunks]
    rebuilt = [litellm.stream_chunk_builder(chunks, messages=HELLO).model_dump() for chunks in (ours, theirs)]
    assert rebuilt[0] == rebuilt[1]


def _unfinished(chunks: list[Any]) -> list[Any]:
    """The chunks without a finish."""
    found = [chunk for chunk in chunks if not any(choice.finish_reason for choice in chunk.choices)]
    return [_timeless(chunk)[0] for chunk in found]


def _timeless(chunk: Any) -> Any:
    """A chunk and its hidden parameters without what differs from call to call."""
    differs = ("created_at", "additional_headers")
    hidden = {name: value for name, value in chunk._hidden_params.items() if name not in differs}
    return chunk.model_dump() | {"created": 0}, hidden


def test_a_wrapper_that_passes_nothing_on_is_asked_for_every_chunk(registered, monkeypatch):
    """Where LiteLLM did something with a piece, that would be done to all of them."""
    asked: list[Any] = []

    def creator(self: Any, chunk: Any) -> Any:
        asked.append(chunk)
        return chunk.model_copy()

    monkeypatch.setattr(litellm.CustomStreamWrapper, "chunk_creator", creator)
    registered.script(Reply(events=[piece({"content": "a"}), piece({"content": "b"}), piece({}, "stop")]))
    assert text_of(run(streamed())[0]) == "ab"
    assert len(asked) == 3


TWO = [
    piece({"role": "assistant", "content": ""}),
    piece({"content": "one"}),
    piece({"content": "two"}, index=1),
    piece({"content": "!"}, "length"),
    piece({"content": "?"}, "stop", index=1) | {"usage": USAGE},
]


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_text_usage_and_finish_of_every_choice_arrive(registered, way):
    registered.script(Reply(events=TWO))
    chunks = ask(way, n=2, stream_options={"include_usage": True})
    said: dict[int, str] = {}
    for choice in (choice for chunk in chunks for choice in chunk.choices):
        said[choice.index] = said.get(choice.index, "") + (choice.delta.content or "")
    assert said == {0: "one!", 1: "two?"}
    ends = [
        (choice.index, choice.finish_reason) for chunk in chunks for choice in chunk.choices if choice.finish_reason
    ]
    assert ends == [(0, "length"), (1, "stop")]
    assert chunks[-1].usage.total_tokens == USAGE["total_tokens"]
    assert len({chunk.created for chunk in chunks}) == 1
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_usage_in_the_finish_chunk_is_the_one_that_counts(registered, way):
    registered.script(
        Reply(
            events=[
                piece({"content": "Hi"}),
                piece({}, "stop") | {"usage": {**USAGE, "completion_tokens": 986, "total_tokens": 1000}},
            ]
        )
    )
    chunks = ask(way, stream_options={"include_usage": True})
    assert litellm.stream_chunk_builder(chunks).usage.prompt_tokens == USAGE["prompt_tokens"]
    assert chunks[-1].usage.total_tokens == 1000


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_a_verdict_in_the_finish_chunk_is_passed_on(registered, way):
    verdict = {"hate": {"filtered": True, "severity": "high"}}
    registered.script(
        Reply(events=[piece({"content": "Hi"}), piece({}, "content_filter", content_filter_results=verdict)])
    )
    chunks = ask(way)
    assert verdict in [getattr(choice, "content_filter_results", None) for chunk in chunks for choice in chunk.choices]
    assert chunks[-1].choices[0].finish_reason == "content_filter"
