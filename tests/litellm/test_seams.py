"""The hooks into LiteLLM's inside: put in once, taken out whole, nobody else's business, and stock where missing."""

from __future__ import annotations

import ast
import importlib
import io
import tokenize
from pathlib import Path
from typing import Any

import pytest

from tests.litellm.lite import ask
from tests.support.asking import HELLO
from tests.support.frameworks import late

litellm = late("litellm")
litellm_adapter = late("litellm_adapter")
setup = late("litellm_adapter.setup")
sync_calls = late("litellm_adapter.hooks.sync_calls")


def present() -> list[Any]:
    """The hooks whose place this LiteLLM has: ten or so, of which one name or the other exists."""
    found = [patch for patch in setup._PATCHES if patch._find() is not None and hasattr(patch._find(), patch._name)]
    assert len(found) >= 9
    return found


def stored(patch: Any) -> Any:
    return vars(patch._find()).get(patch._name)


def test_each_is_put_in_once_and_taken_out_whole(azure):
    setup.remove_hooks()  # the Proxy's handler brings them along wherever it was imported
    for patch in present():
        before, name = getattr(patch._find(), patch._name), f"{patch._holder}.{patch._name}"
        for prefix in ("north", "south", "north"):
            litellm_adapter.register(prefix, azure_endpoint=azure.endpoint, api_key=azure.api_key)
        assert patch.active, name
        litellm_adapter.unregister("north")
        assert patch.active, name
        litellm_adapter.unregister("south")
        assert getattr(patch._find(), patch._name) is before, name


def test_where_the_attribute_is_missing_nothing_is_put_in(azure):
    for patch in present():
        getattr(patch._find(), patch._name)  # LiteLLM loads some of its names late
        with pytest.MonkeyPatch.context() as changed:
            changed.delattr(patch._find(), patch._name)
            changed.setattr(patch._find(), "__getattr__", _missing, raising=False)
            litellm_adapter.register("north", azure_endpoint=azure.endpoint, api_key=azure.api_key)
            assert not patch.active, patch._name
            assert stored(patch) is None, patch._name
            litellm_adapter.unregister("north")


def _missing(name: str) -> Any:
    raise AttributeError(name)


def test_a_foreign_replacement_over_ours_stays_and_ours_passes_on(azure, monkeypatch):
    litellm_adapter.register("north", azure_endpoint=azure.endpoint, api_key=azure.api_key)
    utils = importlib.import_module("litellm.utils")
    ours = utils.function_setup

    def theirs(*args, **kwargs):
        return ours(*args, **kwargs)

    monkeypatch.setattr(utils, "function_setup", theirs)
    litellm_adapter.unregister("north")
    assert utils.function_setup is theirs
    with pytest.raises(litellm.AuthenticationError):
        litellm.completion(model="openai/gpt-4o", messages=HELLO, api_key="k", api_base=f"{azure.endpoint}/openai/v1")


def test_without_the_hook_for_sync_calls_litellm_decides(registered):
    for patch in sync_calls.PATCHES:
        patch.take_out()
    with pytest.raises(litellm.UnsupportedParamsError):
        ask("sync", model="azure_connector/gpt-4o", verbosity="low")


def test_without_the_place_of_the_call_litellm_wraps_the_stream(registered):
    for patch in setup.streams.PATCHES:
        patch.take_out()
    stream = litellm.completion(model="azure_connector/gpt-4o", messages=HELLO, stream=True)
    assert type(stream) is litellm.CustomStreamWrapper
    assert list(stream)


def test_without_the_handler_responses_go_by_chat_and_lost_state_is_refused(registered):
    for patch in setup.responses.PATCHES:
        patch.take_out()
    reply = litellm.responses(model="azure_connector/gpt-4o", input="Say hello to Oslo")
    assert "Oslo" in reply.output[0].content[0].text
    assert registered.requests.last.url.endswith("/chat/completions")
    for name, value in {"previous_response_id": "resp_1", "background": True, "include": ["x"], "store": True}.items():
        with pytest.raises(litellm.BadRequestError, match=name):
            litellm.responses(model="azure_connector/gpt-4o", input="Hi", **{name: value})


def test_without_the_audio_functions_litellm_refuses(registered):
    for patch in setup.audio.PATCHES:
        patch.take_out()
    with pytest.raises(ValueError, match="azure_connector"):
        litellm.speech(model="azure_connector/tts", input="Hi", voice="alloy")


def test_without_the_lookup_a_replaced_price_list_has_no_prices(registered, monkeypatch):
    for patch in setup.model_info.PATCHES:
        patch.take_out()
    monkeypatch.setattr(litellm, "model_cost", {n: e for n, e in litellm.model_cost.items() if n.startswith("azure/")})
    assert litellm.supports_vision("azure_connector/gpt-4o") is False


def test_foreign_calls_pass_through_unchanged(registered):
    """The arguments of a call to another provider are LiteLLM's own objects."""
    utils = importlib.import_module("litellm.utils")
    given: dict[str, Any] = {"model": "openai/gpt-4o", "messages": HELLO, "stream": True, "reasoning_effort": "low"}
    given["litellm_call_id"] = "1"
    _, kept = utils.function_setup("completion", None, None, is_async_call=False, **given)
    assert "allowed_openai_params" not in kept
    assert kept["stream"] is True
    # As the Proxy calls it.
    _, kept = utils.function_setup(original_function="acompletion", rules_obj=None, start_time=None, **given)
    assert kept["stream"] is True
    manager = litellm.utils.ProviderConfigManager
    for provider, name in (("openai", "OpenAIResponsesAPIConfig"), ("azure", "AzureOpenAIResponsesAPIConfig")):
        found = manager.get_provider_responses_api_config(litellm.LlmProviders(provider), "gpt-4o")
        assert type(found).__name__ == name
    theirs = litellm.get_supported_openai_params("gpt-4o", "openai")
    litellm_adapter.unregister()
    assert litellm.get_supported_openai_params("gpt-4o", "openai") == theirs


def test_a_reloaded_package_replaces_its_hook(registered):
    from litellm_adapter.hooks import async_calls

    hook = async_calls.hook
    importlib.reload(async_calls)
    try:
        litellm.callbacks.append(async_calls.hook)
        async_calls.take_out()
        assert not [one for one in litellm.callbacks if type(one).__qualname__ == "ConnectorHook"]
    finally:
        async_calls.hook = hook
        async_calls.ConnectorHook = type(hook)


def test_the_adapter_stays_a_translator():
    """Lines of code, without blanks, comments and docstrings: what grows here belongs into the core."""
    package = Path(litellm_adapter.__file__).parent
    assert sum(code_lines(path) for path in package.rglob("*.py")) <= 1200


def code_lines(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    coded = {line for one in tokens if one.type not in silent for line in range(one.start[0], one.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            coded.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(coded)
