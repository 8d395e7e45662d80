"""Addresses beyond a resource's own: gateways that take operations as they are, bare names, realtime URIs."""

from __future__ import annotations

import pytest

from azure_connector import AzureConnector, ConnectorSettings
from azure_connector.emulator import Emulator, Reply
from azure_connector.errors import ConfigurationError
from azure_connector.settings import parse_endpoint
from azure_connector.settings._endpoint import operation_query, operation_url
from tests.support import asking
from tests.support.tables import each_row


@each_row(
    ("text", "options", "url"),
    [
        ("https://gw.example/ai", {"form": "as-is"}, "https://gw.example/ai/chat/completions"),
        ("https://gw.example/ai/openai/v1", {"form": "as-is"}, "https://gw.example/ai/openai/v1/chat/completions"),
        ("https://gw.example/x/chat/completions", {"form": "as-is"}, "https://gw.example/x/chat/completions"),
        ("https://gw.example", {"form": "as-is"}, "https://gw.example/chat/completions"),
        ("https://gw.example/x/chat/completions", {}, "https://gw.example/x/chat/completions"),
        ("https://gw.example/X/embeddings/", {}, "https://gw.example/X/chat/completions"),
        ("https://gw.example/p/models/chat/completions", {}, "https://gw.example/p/openai/v1/chat/completions"),
        (
            "wss://r.openai.azure.com/openai/v1/realtime?model=d",
            {},
            "https://r.openai.azure.com/openai/v1/chat/completions",
        ),
        (
            "https://r.openai.azure.com/openai/v1/video/generations/jobs",
            {},
            "https://r.openai.azure.com/openai/v1/chat/completions",
        ),
    ],
)
def test_where_operations_stand(text: str, options: dict, url: str) -> None:
    endpoint = parse_endpoint(text, **options)
    assert operation_url(endpoint, "/chat/completions", "d") == url
    assert operation_query(endpoint) == {}


def test_as_is_sends_an_api_version_that_is_set() -> None:
    endpoint = parse_endpoint("https://gw.example/ai", form="as-is", api_version="2024-10-21")
    assert operation_query(endpoint) == {"api-version": "2024-10-21"}
    assert operation_query(parse_endpoint("https://gw.example/ai", form="as-is", api_version="preview")) == {}


@pytest.mark.parametrize("word", ["v1", "preview", "latest", "Preview"])
@pytest.mark.parametrize("where", ["argument", "environment"])
def test_words_for_v1_choose_it_and_are_not_sent(
    azure: Emulator, monkeypatch: pytest.MonkeyPatch, word: str, where: str
) -> None:
    if where == "environment":
        monkeypatch.setenv("OPENAI_API_VERSION", word)
    given = {"api_version": word} if where == "argument" else {}
    with AzureConnector(**asking.options(azure, **given)) as client:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    assert azure.requests.last.url == "/openai/v1/chat/completions"


@pytest.mark.parametrize("operation", ["chat", "files", "responses"])
def test_a_gateway_that_takes_operations_as_they_are(azure: Emulator, operation: str) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}
    azure.script(Reply(body={"id": "x", "object": "y", "data": [], "output": [], "choices": [choice]}))
    options = {"azure_endpoint": f"{azure.endpoint}/gate/way", "api_key": azure.api_key, "api_form": "as-is"}
    with AzureConnector(**options) as client:
        if operation == "chat":
            client.post("/chat/completions", body={"model": "d", "messages": asking.HELLO}, cast_to=object)
        elif operation == "files":
            client.files.list()
        else:
            client.responses.create(model="d", input="Hi")
        assert str(client.base_url) == f"{azure.endpoint}/gate/way/"
    path = {"chat": "/chat/completions", "files": "/files", "responses": "/responses"}[operation]
    assert azure.requests.last.url == f"/gate/way{path}"


def test_a_resources_bare_name() -> None:
    assert ConnectorSettings(resource_name="Mine", api_key="k").azure_endpoint == "https://mine.openai.azure.com"


def test_a_bare_name_in_a_file(bare_machine) -> None:
    text = 'resource_name = "mine"\napi_key = "k"\n[resources.west]\nresource_name = "there"\napi_key = "k"\n'
    (bare_machine / "azure_connector.toml").write_text(text)
    found = ConnectorSettings().resource_map()
    hosts = {name: resource.endpoint.host for name, resource in found.items()}
    assert hosts == {"default": "mine.openai.azure.com", "west": "there.openai.azure.com"}


def test_a_bare_name_as_argument_goes_before_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://other.openai.azure.com")
    settings = ConnectorSettings(resource_name="mine", api_key="k")
    assert settings.azure_endpoint == "https://mine.openai.azure.com"
    assert settings.origins["azure_endpoint"] == "argument resource_name"


@each_row(
    ("options", "problem"),
    [
        ({"resource_name": "https://mine.openai.azure.com"}, "bare name"),
        ({"resource_name": "mine", "azure_endpoint": "https://r.openai.azure.com"}, "given twice"),
        ({"resources": {"west": {"resource_name": "a b"}}}, "bare name"),
        (
            {"resources": {"west": {"resource_name": "a", "azure_endpoint": "https://b.example"}}},
            "one of them",
        ),
    ],
)
def test_a_name_that_is_none(options: dict, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        ConnectorSettings(**{"api_key": "k", "azure_endpoint": "https://d.openai.azure.com"} | options)


@each_row("name", ["endpoint", "api_base", "base_url"])
def test_other_names_of_the_endpoint(name: str) -> None:
    settings = ConnectorSettings(**{name: "https://r.openai.azure.com", "api_key": "k"})
    assert settings.azure_endpoint == "https://r.openai.azure.com"
    assert settings.require_endpoint().form == "v1"


@pytest.mark.parametrize("name", ["azure_deployment", "deployment_name"])
def test_other_names_of_the_default_deployment(azure: Emulator, name: str) -> None:
    with AzureConnector(**asking.options(azure, **{name: "gpt-4o"})) as client:
        client.chat.completions.create(model="anything", messages=asking.HELLO)
    assert azure.requests.last.body["model"] == "gpt-4o"


def test_a_token_by_its_short_name(azure: Emulator) -> None:
    with AzureConnector(azure_endpoint=azure.endpoint, ad_token=azure.bearer_token) as client:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
        assert azure.bearer_token not in repr(client.settings)
    assert azure.requests.last.headers["authorization"] == f"Bearer {azure.bearer_token}"


def test_a_base_url_elsewhere_takes_operations_as_they_are(azure: Emulator) -> None:
    azure.script(Reply(body={"object": "list", "data": []}))
    with AzureConnector(base_url=f"{azure.endpoint}/proxy", api_key=azure.api_key) as client:
        client.files.list()
    assert azure.requests.last.url == "/proxy/files"


@each_row("pair", [("base_url", "azure_endpoint"), ("azure_deployment", "default_deployment")])
def test_two_names_of_one_setting_contradict_each_other(pair: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="given twice") as caught:
        ConnectorSettings(**dict.fromkeys(pair, "https://r.openai.azure.com"), api_key="k")
    assert pair[0] in str(caught.value)


@each_row(
    "other",
    [
        {"endpoint": "https://evil.example"},
        {"api_base": "https://evil.example"},
        {"base_url": "https://evil.example"},
        {"resource_name": "other"},
    ],
)
def test_no_name_of_the_endpoint_takes_a_credential_elsewhere(other: dict) -> None:
    settings = ConnectorSettings(azure_endpoint="https://mine.openai.azure.com", api_key="k")
    with pytest.raises(ConfigurationError, match="credential of its own"):
        settings.derived(**other)


@each_row(
    ("path", "product", "instead"),
    [
        ("services.ai.azure.com/anthropic/v1/messages", "Anthropic's Messages API", "Anthropic's client"),
        ("cognitiveservices.azure.com/speechtotext/v3.2/transcriptions", "Azure Speech", "services-speech"),
        ("cognitiveservices.azure.com/contentsafety/text:analyze", "Content Safety", "azure-ai-contentsafety"),
        ("cognitiveservices.azure.com/language/:analyze-text?api-version=2024-01-01", "Language", "textanalytics"),
        ("cognitiveservices.azure.com/formrecognizer/documentModels", "Document Intelligence", "documentintelligence"),
        ("cognitiveservices.azure.com/voice-live/realtime?api-version=2025-10-01", "Voice Live", "voicelive"),
        ("search.windows.net", "Azure AI Search", "copy Endpoint"),
        ("vault.azure.net/secrets/x", "Azure Key Vault", "key_vault_secret"),
    ],
)
def test_the_address_of_another_product(path: str, product: str, instead: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_endpoint(f"https://r.{path}")
    assert product in str(caught.value)
    assert instead in str(caught.value)


@each_row(
    ("text", "problem", "advice"),
    [
        (
            "https://apim.azure-api.net/openai/deployments/{deployment-id}/chat/completions?api-version={api-version}",
            "placeholder {deployment-id}",
            "Put the name in its place",
        ),
        ("https://<resource>.openai.azure.com", "placeholder <resource>", "Put the name in its place"),
        ("https://gw.example/x?subscription-key=s3cret", "'subscription-key'", "apim_subscription_key"),
        ("wss://r.openai.azure.com/openai/v1/realtime?intent=transcription", "'intent'", "extra_query"),
    ],
)
def test_what_an_address_may_not_hold(text: str, problem: str, advice: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_endpoint(text)
    assert problem in str(caught.value)
    assert advice in caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_a_password_is_no_placeholder() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_endpoint("https://user:{hidden}@r.openai.azure.com/x")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("tail", "ask", "path"),
    [
        (
            "images/generations?api-version=2025-04-01-preview",
            lambda client: client.images.generate(model="gpt-image-1", prompt="A fjord"),
            "images/generations",
        ),
        (
            "images/edits?api-version=2025-04-01-preview",
            lambda client: client.images.generate(model="gpt-image-1", prompt="A fjord"),
            "images/generations",
        ),
        (
            "audio/transcriptions?api-version=2024-06-01",
            lambda client: client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF")),
            "audio/transcriptions",
        ),
        (
            "audio/speech?api-version=2025-03-01-preview",
            lambda client: client.audio.speech.create(model="tts-1", input="Hi", voice="alloy"),
            "audio/speech",
        ),
    ],
)
def test_the_deployment_of_a_pasted_target_uri_serves_what_the_uri_is_for(
    azure: Emulator, tail: str, ask: object, path: str
) -> None:
    azure.script(Reply(body={"created": 1, "data": [], "text": "Hi"}))
    address = f"{azure.endpoint}/openai/deployments/mine/{tail}"
    with AzureConnector(azure_endpoint=address, api_key=azure.api_key) as client:
        ask(client)
    assert azure.requests.last.path == f"/openai/deployments/mine/{path}"


def test_that_deployment_serves_nothing_else(azure: Emulator) -> None:
    address = f"{azure.endpoint}/openai/deployments/mine/images/generations?api-version=2025-04-01-preview"
    with AzureConnector(azure_endpoint=address, api_key=azure.api_key) as client:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    assert azure.requests.last.path == "/openai/deployments/gpt-4o/chat/completions"


def test_the_jobs_of_the_first_sora(azure: Emulator) -> None:
    azure.script(Reply(body={"id": "task_1"}), Reply(body={"id": "task_1"}))
    address = f"{azure.endpoint}/openai/v1/video/generations/jobs?api-version=preview"
    options = {"azure_endpoint": address, "api_key": azure.api_key, "deployment_mapping": {"sora": "film"}}
    with AzureConnector(**options) as client:
        client.post("/video/generations/jobs", body={"model": "sora", "prompt": "A fjord"}, cast_to=object)
        client.get("/video/generations/jobs/task_1", cast_to=object)
    assert [request.url for request in azure.requests] == [
        "/openai/v1/video/generations/jobs",
        "/openai/v1/video/generations/jobs/task_1",
    ]
    assert azure.requests[0].body["model"] == "film"


@pytest.mark.parametrize("name", ["AZURE_OPENAI_BASE_URL", "AZURE_API_BASE"])
@pytest.mark.parametrize("tail", ["", "/openai/v1/", "/openai/deployments/gpt-4o"])
def test_variables_that_others_call_a_base_are_the_endpoint(
    azure: Emulator, monkeypatch: pytest.MonkeyPatch, name: str, tail: str
) -> None:
    monkeypatch.setenv(name, azure.endpoint + tail)
    with AzureConnector(api_key=azure.api_key) as client:
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    classic = "/openai/deployments/gpt-4o/chat/completions"
    assert azure.requests.last.path == (classic if "deployments" in tail else "/openai/v1/chat/completions")
