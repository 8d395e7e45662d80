"""No sequence of calls and refusals makes a valid parameter disappear, unless the model refused that very parameter.

The model here is drawn, too: which parameters it does not know, which values of others it takes, which pairs it does
not take together. It refuses one thing at a time, in one of the wordings of the services.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from azure_connector.deployments import CHAT
from azure_connector.errors._classify import parse_envelope
from azure_connector.requests import adapt_request
from azure_connector.requests._adaptation_from_error import AdaptationCache, adaptation_from_error
from tests.fitting.bodies import USER

VALUES: dict[str, tuple[Any, ...]] = {
    "reasoning_effort": ("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "verbosity": ("low", "medium", "high"),
    "service_tier": ("auto", "default", "flex", "priority"),
    "prompt_cache_retention": ("in_memory", "24h"),
    "temperature": (0, 0.2, 1),
    "top_p": (0.5, 1),
    "logprobs": (True,),
    "seed": (1, 2),
    "stop": (["x"],),
    "prediction": ({"type": "content", "content": "x"},),
    "user": ("u",),
}
NAMES = sorted(VALUES)

PARAMETER_WORDS = (
    "Unsupported parameter: '{0}' is not supported with this model.",
    "Argument not supported on this model: {0}",
    "This model doesn't support {0} request parameter.",
    "The model does not support the '{0}' parameter.",
    "Unrecognized request argument supplied: {0}",
    "{0} is not supported on this model",
    "Validation error at #/{0}: Extra inputs are not permitted",
)
PAIR_WORDS = ("'{0}' is not supported with '{1}'.", "{0} cannot be used together with {1}.")


class Model:
    """A model that refuses."""

    def __init__(self, draw: Any) -> None:
        self.unknown = draw(st.sets(st.sampled_from(NAMES), max_size=4))
        self.takes = {
            name: draw(st.sets(st.sampled_from(range(len(values))), min_size=1))
            for name, values in VALUES.items()
            if name in ("reasoning_effort", "verbosity", "service_tier", "temperature")
        }
        pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] < pair[1])
        self.apart = draw(st.sets(pairs, max_size=2))
        self.words = draw(st.sampled_from(PARAMETER_WORDS)), draw(st.sampled_from(PAIR_WORDS))
        self.code = draw(st.booleans())

    def accepts(self, name: str, value: Any) -> bool:
        if name in self.unknown:
            return False
        return name not in self.takes or VALUES[name].index(value) in self.takes[name]

    def refuse(self, body: dict[str, Any]) -> dict[str, Any] | None:
        given = [name for name in NAMES if name in body]
        for name in given:
            if name in self.unknown:
                return self._error(self.words[0].format(name), None, None)
            if not self.accepts(name, body[name]):
                return self._value(name, body[name])
        for one, other in sorted(self.apart):
            if one in body and other in body:
                return self._error(self.words[1].format(one, other), None, None)
        return None

    def _value(self, name: str, value: Any) -> dict[str, Any]:
        listed = [VALUES[name][place] for place in sorted(self.takes[name])]
        text = f"Unsupported value: '{name}' does not support {value!r} with this model."
        if all(isinstance(one, str) for one in listed):
            text += f" Supported values are: {', '.join(map(repr, listed))}."
        return self._error(text, name, "unsupported_value" if self.code else None)

    def _error(self, message: str, param: str | None, code: str | None) -> dict[str, Any]:
        return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


@st.composite
def talks(draw: Any) -> tuple[Model, list[dict[str, Any]]]:
    model = Model(draw)
    bodies = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 6), max_size=5)
    calls = [
        {name: VALUES[name][place % len(VALUES[name])] for name, place in body.items()}
        for body in draw(st.lists(bodies, min_size=1, max_size=8))
    ]
    return model, calls


def ask(model: Model, asked: dict[str, Any], cache: AdaptationCache) -> tuple[dict[str, Any], bool]:
    """What was sent last, and whether it was answered; refusals teach, as often as in a call."""
    body = {"model": "d", "messages": [USER], **asked}
    sent = body
    for _ in range(4):
        known = cache.of("d")
        sent = adapt_request(CHAT, body, profile=None, adaptations=known).body
        error = model.refuse(sent)
        if error is None:
            return sent, True
        lesson = adaptation_from_error(400, parse_envelope(400, error), CHAT, sent, known=known)
        if lesson is None:
            return sent, False
        cache.add("d", lesson)
    return sent, False


@settings(max_examples=300)
@given(talks())
def test_a_valid_parameter_never_disappears(talk: tuple[Model, list[dict[str, Any]]]) -> None:
    model, calls = talk
    cache = AdaptationCache()
    for asked in calls:
        sent, _ = ask(model, asked, cache)
        together = {one for pair in model.apart if set(pair) <= set(asked) for one in pair}
        for name, value in asked.items():
            if model.accepts(name, value) and name not in together:
                assert sent.get(name) == value, (name, cache.explain("d"))


@settings(max_examples=100)
@given(talks())
def test_what_is_learned_is_bounded(talk: tuple[Model, list[dict[str, Any]]]) -> None:
    model, calls = talk
    cache = AdaptationCache(adaptations=5)
    for asked in calls:
        ask(model, asked, cache)
        assert len(cache.of("d")) <= 5
