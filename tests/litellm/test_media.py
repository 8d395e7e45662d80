"""Image edits, transcription and speech through the prefix: what goes out, what comes back, and what it costs."""

from __future__ import annotations

import base64
import re
from typing import Any

import openai
import pytest

from azure_connector.emulator import Deployment, Emulator
from tests.litellm.lite import run
from tests.support.frameworks import late

litellm = late("litellm")
litellm_adapter = late("litellm_adapter")

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DEPLOYMENTS = ["gpt-image-1", Deployment("whisper-1", "whisper"), "gpt-4o-transcribe", "gpt-4o-mini-tts"]


@pytest.fixture
def azure():
    with Emulator(DEPLOYMENTS) as emulator:
        litellm_adapter.register(azure_endpoint=emulator.endpoint, api_key=emulator.api_key)
        yield emulator


@pytest.fixture(params=["sync", "async", "router", "async router"])
def call(request):
    """Calls one of LiteLLM's functions by its sync name: plainly and through a Router, in both ways."""

    def calls(name: str, model: str, **kwargs: Any) -> Any:
        owner: Any = litellm
        if "router" in request.param:
            deployment = {"model_name": "group", "litellm_params": {"model": f"azure_connector/{model}"}}
            owner, model = litellm.Router(model_list=[deployment]), "group"
        else:
            model = f"azure_connector/{model}"
        if request.param in ("sync", "router"):
            if not hasattr(owner, name):
                pytest.skip(f"LiteLLM's Router has no {name}")
            return getattr(owner, name)(model=model, **kwargs)
        return run(getattr(owner, f"a{name}")(model=model, **kwargs))

    return calls


def form(request: Any) -> dict[str, str]:
    """The fields of a form, without its files."""
    found = re.findall(rb'name="([a-z_]+)"\r\n\r\n([^\r]*)\r\n', request.raw)
    return {name.decode(): value.decode() for name, value in found}


def test_an_image_edit_keeps_every_parameter(azure, call):
    given = {"n": 2, "size": "1024x1024", "quality": "low", "background": "opaque", "user": "u"}
    reply = call("image_edit", "gpt-image-1", image=PNG, prompt="A hat", mask=PNG, **given, extra_headers={"x-a": "1"})
    assert len(reply.data) == 2
    sent = azure.requests.last
    assert sent.url.startswith("/openai/v1/images/edits")
    assert sent.headers["x-a"] == "1"
    fields = form(sent)
    assert {name: fields[name] for name in given} == {name: str(value) for name, value in given.items()}
    assert fields["prompt"] == "A hat"
    assert b'name="mask"' in sent.raw
    assert reply._hidden_params["response_cost"] > 0


def test_images_are_priced_by_tokens(azure, call):
    reply = call("image_generation", "gpt-image-1", prompt="A cat", quality="low")
    entry = litellm.model_cost["azure/gpt-image-1"]
    usage = reply.usage
    expected = usage.output_tokens * (entry.get("output_cost_per_image_token") or entry["output_cost_per_token"])
    expected += usage.input_tokens_details.text_tokens * entry["input_cost_per_token"]
    assert reply._hidden_params["response_cost"] == pytest.approx(expected)


def spoken(call: Any, **more: Any) -> bytes:
    reply = call("speech", "gpt-4o-mini-tts", input="Hello from Oslo", voice="alloy", response_format="wav", **more)
    return reply.content


def test_speech(azure, call):
    assert spoken(call, instructions="Slowly", extra_headers={"x-a": "1"}).startswith(b"RIFF")
    sent = azure.requests.last
    assert {"input", "voice", "response_format", "instructions", "model"} == set(sent.body)
    assert sent.headers["x-a"] == "1"


def test_speech_has_its_price(azure):
    reply = litellm.speech("azure_connector/gpt-4o-mini-tts", "Hello from Oslo", "alloy", response_format="wav")
    stock = litellm.completion_cost(
        reply, model="azure/gpt-4o-mini-tts", custom_llm_provider="azure", call_type="speech", prompt="Hello from Oslo"
    )
    assert reply._hidden_params["response_cost"] == pytest.approx(stock)
    assert stock > 0


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe"])
def test_a_transcription_and_its_price(azure, call, model):
    wav = spoken(call)
    shape = {"response_format": "verbose_json"} if model == "whisper-1" else {}
    reply = call("transcription", model, file=("a.wav", wav), language="en", prompt="Names", **shape)
    assert reply.text == "Hello from Oslo"
    sent = azure.requests.last
    assert (form(sent)["language"], form(sent)["prompt"]) == ("en", "Names")
    assert reply._hidden_params["response_cost"] > 0


def test_a_transcription_as_text(azure, call):
    wav = spoken(call)
    assert "Oslo" in call("transcription", "whisper-1", file=("a.wav", wav), response_format="text").text


def test_errors_are_litellm_s_own(azure, call):
    with pytest.raises(litellm.NotFoundError):
        call("speech", "nothing", input="Hi", voice="alloy")


def test_other_providers_keep_their_own_functions(azure):
    with pytest.raises(openai.AuthenticationError):
        litellm.transcription(
            model="openai/whisper-1", file=("a.wav", b"x"), api_key="k", api_base=f"{azure.endpoint}/openai/v1"
        )
    assert litellm.speech.__name__ == "speech"
    litellm_adapter.unregister()
    with pytest.raises(litellm.BadRequestError, match="azure_connector"):
        litellm.speech(model="azure_connector/gpt-4o-mini-tts", input="Hi", voice="alloy")
