"""Every form of an endpoint that users paste, and those that are refused."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.errors import ConfigurationError, InvalidRequestError
from azure_connector.settings._endpoint import (
    DEFAULT_API_VERSION,
    Endpoint,
    default_scope,
    form_url,
    operation_query,
    operation_url,
    parse_endpoint,
)
from tests.support.tables import each_row

AZURE = "https://r.openai.azure.com"


@each_row(
    ("text", "base", "form", "version", "deployment"),
    [
        ("https://r.openai.azure.com", AZURE, "v1", None, None),
        ("https://r.openai.azure.com/", AZURE, "v1", None, None),
        ("  https://r.openai.azure.com/\n", AZURE, "v1", None, None),
        ('"https://r.openai.azure.com"', AZURE, "v1", None, None),
        ("\ufeffhttps://r.openai.azure.com", AZURE, "v1", None, None),
        ("HTTPS://R.OpenAI.Azure.COM", AZURE, "v1", None, None),
        ("r.openai.azure.com", AZURE, "v1", None, None),
        ("//r.openai.azure.com", AZURE, "v1", None, None),
        ("https://r.openai.azure.com.", AZURE, "v1", None, None),
        ("https://r.openai.azure.com:443/openai", AZURE, "v1", None, None),
        ("https://r.openai.azure.com//openai//v1//", AZURE, "v1", None, None),
        ("https://r.openai.azure.com/OpenAI/V1", AZURE, "v1", None, None),
        ("https://r.openai.azure.com/openai/v1/chat/completions", AZURE, "v1", None, None),
        ("https://r.openai.azure.com/openai/v1/responses?api-version=preview", AZURE, "v1", None, None),
        ("https://r.openai.azure.com/v1", AZURE, "v1", None, None),
        ("https://r.openai.azure.com?api-version=preview", AZURE, "v1", None, None),
        ("https://r.openai.azure.com?api-version=2024-06-01", AZURE, "classic", "2024-06-01", None),
        ("https://r.openai.azure.com/openai?api-version=2024-06-01", AZURE, "classic", "2024-06-01", None),
        ("https://r.openai.azure.com/openai/deployments", AZURE, "classic", DEFAULT_API_VERSION, None),
        ("https://r.openai.azure.com/openai/deployments/x", AZURE, "classic", DEFAULT_API_VERSION, "x"),
        (
            "https://r.openai.azure.com/openai/deployments/x/chat/completions?api-version=2025-01-01-preview",
            AZURE,
            "classic",
            "2025-01-01-preview",
            "x",
        ),
        (
            "https://r.openai.azure.com/openai/deployments/openai/chat/completions?api-version=2024-06-01",
            AZURE,
            "classic",
            "2024-06-01",
            "openai",
        ),
        ("https://r.openai.azure.com/openai/deployments/my%20x", AZURE, "classic", DEFAULT_API_VERSION, "my x"),
        (
            "https://r.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
            AZURE,
            "classic",
            "2025-04-01-preview",
            None,
        ),
        ("https://r.cognitiveservices.azure.com/", "https://r.cognitiveservices.azure.com", "v1", None, None),
        ("https://r.services.ai.azure.com/api/projects/p", "https://r.services.ai.azure.com", "v1", None, None),
        (
            "https://r.services.ai.azure.com/api/projects/p/openai/v1",
            "https://r.services.ai.azure.com",
            "v1",
            None,
            None,
        ),
        ("https://r.services.ai.azure.com/models", "https://r.services.ai.azure.com", "v1", None, None),
        (
            "https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
            "https://r.services.ai.azure.com",
            "v1",
            None,
            None,
        ),
        ("https://gw.azure-api.net/team/a", "https://gw.azure-api.net/team/a", "v1", None, None),
        ("https://gw.azure-api.net/team/openai", "https://gw.azure-api.net/team", "v1", None, None),
        ("https://gw.azure-api.net/openai/openai/v1", "https://gw.azure-api.net/openai", "v1", None, None),
        ("https://gw.azure-api.net/openai/team", "https://gw.azure-api.net/openai/team", "v1", None, None),
        ("https://gw.azure-api.net/Team/openai/v1/", "https://gw.azure-api.net/Team", "v1", None, None),
        (
            "https://gw.azure-api.net/t/openai/deployments/x/embeddings?api-version=2024-06-01",
            "https://gw.azure-api.net/t",
            "classic",
            "2024-06-01",
            "x",
        ),
        ("https://llm.example.org:8443/prefix", "https://llm.example.org:8443/prefix", "v1", None, None),
        ("http://localhost:8080", "http://localhost:8080", "v1", None, None),
        ("localhost:8080/openai/v1", "http://localhost:8080", "v1", None, None),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "v1", None, None),
        ("http://[::1]:8080/openai", "http://[::1]:8080", "v1", None, None),
        ("[::1]:8080", "http://[::1]:8080", "v1", None, None),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x", "v1", None, None),
        ("http://app.localhost:5000", "http://app.localhost:5000", "v1", None, None),
    ],
)
def test_pasted_forms(text: str, base: str, form: str, version: str | None, deployment: str | None) -> None:
    endpoint = parse_endpoint(text)

    assert (endpoint.base, endpoint.form, endpoint.api_version, endpoint.deployment) == (
        base,
        form,
        version,
        deployment,
    )


@each_row(
    ("text", "kind", "cloud", "scope"),
    [
        ("r.openai.azure.com", "azure", "public", "https://cognitiveservices.azure.com/.default"),
        ("westus.api.cognitive.microsoft.com", "azure", "public", "https://cognitiveservices.azure.com/.default"),
        ("r.services.ai.azure.com", "foundry", "public", "https://ai.azure.com/.default"),
        ("gw.azure-api.net", "gateway", "public", "https://cognitiveservices.azure.com/.default"),
        ("r.openai.azure.us", "azure", "usgov", "https://cognitiveservices.azure.us/.default"),
        ("r.services.ai.azure.us", "foundry", "usgov", "https://ai.azure.us/.default"),
        ("r.openai.azure.cn", "azure", "china", "https://cognitiveservices.azure.cn/.default"),
        ("localhost", "loopback", "public", "https://cognitiveservices.azure.com/.default"),
        ("llm.example.org", "other", "public", "https://cognitiveservices.azure.com/.default"),
        ("openai.azure.company.com", "other", "public", "https://cognitiveservices.azure.com/.default"),
        ("notopenai.azure.com", "other", "public", "https://cognitiveservices.azure.com/.default"),
    ],
)
def test_whose_host(text: str, kind: str, cloud: str, scope: str) -> None:
    endpoint = parse_endpoint(text)

    assert (endpoint.kind, endpoint.cloud, default_scope(endpoint)) == (kind, cloud, scope)


@each_row(
    ("text", "words"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("https://", "host"),
        ("https:///openai", "host"),
        ("ftp://r.openai.azure.com", "ftp"),
        ("wss://r.openai.azure.com", "wss"),
        ("https://user:hunter2@r.openai.azure.com", "password"),
        ("https://r.openai.azure.com@evil.example", "password"),
        ("https://r.openai.azure.com\\@evil.example", "backslash"),
        ("https://r.openai.azure.com/ openai", "space"),
        ("https://r.openai.azure.com/\x00", "control"),
        ("https://r.openai.azure.com\r\nHost: evil.example", "control"),
        ("https://r.openai.azure.com/#frag", "fragment"),
        ("https://r.openai.azure.com/?subscription-key=hunter2", "subscription-key"),
        ("https://r.openai.azure.com/?hunter2", "query"),
        ("https://r.openai.azure.com:0", "port"),
        ("https://r.openai.azure.com:99999", "port"),
        ("https://r.openai.azure.com:port", "port"),
        ("https://r..openai.azure.com", "host"),
        ("https://r%2eopenai.azure.com", "host"),
        ("https://[::1", "URL"),
        ("https://[fe80::1%25eth0]", "host"),
        ("https://r.openai.azure.com/foo", "/foo"),
        ("https://r.openai.azure.com/anthropic/v1/messages", "anthropic"),
        ("https://gw.example/a/../b", "'..'"),
        ("https://gw.example/a/%2e%2E/b", "'..'"),
        ("http://r.openai.azure.com", "allow_insecure_hosts"),
        ("http://192.168.0.7:8080", "allow_insecure_hosts"),
        ("http://localhost.evil.example", "allow_insecure_hosts"),
        ("https://r.openai.azure.com.evil.example", "looks like"),
        ("https://openai.azure.com.evil.example", "looks like"),
        ("https://openai.azure.com-evil.example", "looks like"),
        ("https://contoso.azure-api.net.evil.example", "looks like"),
        ("https://r.cognitiveservices.azure.com.evil.example", "looks like"),
        ("https://R.OPENAI.AZURE.COM.evil.example", "looks like"),
        ("https://r。openai。azure。com.evil.example", "looks like"),
        ("https://r.openai.azure.com/openai/deployments/x?api-version=soon", "soon"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_endpoint(text)

    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_insecure_hosts_are_allowed_by_name() -> None:
    assert parse_endpoint("http://llm.corp", allow_insecure_hosts=["LLM.corp"]).base == "http://llm.corp"
    assert parse_endpoint("http://llm.corp:81", allow_insecure_hosts=["llm.corp:81"]).base == "http://llm.corp:81"
    with pytest.raises(ConfigurationError):
        parse_endpoint("http://llm.corp:82", allow_insecure_hosts=["llm.corp:81"])
    with pytest.raises(ConfigurationError):
        parse_endpoint("http://evil-llm.corp", allow_insecure_hosts=["llm.corp"])


@each_row(
    ("text", "options", "expected"),
    [
        (AZURE, {"api_version": "2024-06-01"}, ("classic", "2024-06-01")),
        (AZURE, {"api_version": "preview"}, ("v1", None)),
        (AZURE, {"api_version": " "}, ("v1", None)),
        (AZURE, {"form": "classic"}, ("classic", DEFAULT_API_VERSION)),
        (AZURE, {"form": "v1"}, ("v1", None)),
        (AZURE, {"default_api_version": "2024-06-01"}, ("classic", "2024-06-01")),
        (AZURE, {"default_api_version": "latest"}, ("v1", None)),
        (AZURE, {"form": "v1", "default_api_version": "2024-06-01"}, ("v1", None)),
        (f"{AZURE}/openai/v1", {"default_api_version": "2024-06-01"}, ("v1", None)),
        (f"{AZURE}/openai/v1", {"form": "classic", "api_version": "2024-06-01"}, ("classic", "2024-06-01")),
        (f"{AZURE}/openai/deployments/x", {"default_api_version": "2024-06-01"}, ("classic", "2024-06-01")),
        (f"{AZURE}/openai/deployments/x", {"form": "v1"}, ("v1", None)),
        (f"{AZURE}/openai/deployments/x", {"api_version": "v1"}, ("v1", None)),
        (f"{AZURE}/openai?api-version=2024-06-01", {"api_version": "2024-06-01"}, ("classic", "2024-06-01")),
        (f"{AZURE}/openai?api-version=2024-06-01", {"default_api_version": "2023-05-15"}, ("classic", "2024-06-01")),
    ],
)
def test_what_decides_the_form(text: str, options: dict[str, str], expected: tuple[str, str | None]) -> None:
    endpoint = parse_endpoint(text, **options)  # type: ignore[arg-type]

    assert (endpoint.form, endpoint.api_version) == expected


@each_row(
    ("text", "options"),
    [
        (f"{AZURE}/openai/v1", {"api_version": "2024-06-01"}),
        (AZURE, {"form": "v1", "api_version": "2024-06-01"}),
        (f"{AZURE}/openai?api-version=2024-06-01", {"api_version": "2023-05-15"}),
        (AZURE, {"api_version": "2024"}),
        (AZURE, {"api_version": "2024-06-01&x=y"}),
    ],
)
def test_contradictions_of_form_and_version(text: str, options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="api_version"):
        parse_endpoint(text, **options)  # type: ignore[arg-type]


@each_row(
    ("text", "path", "url"),
    [
        (AZURE, "/chat/completions", f"{AZURE}/openai/v1/chat/completions"),
        (AZURE, "/responses/resp_1", f"{AZURE}/openai/v1/responses/resp_1"),
        (f"{AZURE}?api-version=2024-06-01", "/chat/completions", f"{AZURE}/openai/deployments/d/chat/completions"),
        (f"{AZURE}?api-version=2024-06-01", "/images/generations", f"{AZURE}/openai/deployments/d/images/generations"),
        (f"{AZURE}?api-version=2024-06-01", "/responses", f"{AZURE}/openai/responses"),
        (f"{AZURE}?api-version=2024-06-01", "/files", f"{AZURE}/openai/files"),
        (f"{AZURE}?api-version=2024-06-01", "/chat/completions/id", f"{AZURE}/openai/chat/completions/id"),
        ("https://gw.example/p", "/embeddings", "https://gw.example/p/openai/v1/embeddings"),
        ("https://gw.example/p/openai/v1", "/embeddings", "https://gw.example/p/openai/v1/embeddings"),
        ("https://gw.example/p/v1", "/embeddings", "https://gw.example/p/v1/embeddings"),
        ("https://gw.example/v1/chat/completions", "/embeddings", "https://gw.example/v1/embeddings"),
        (
            "https://gw.example/p/deployments/x/chat/completions?api-version=2024-06-01",
            "/embeddings",
            "https://gw.example/p/deployments/d/embeddings",
        ),
    ],
)
def test_operation_urls(text: str, path: str, url: str) -> None:
    assert operation_url(parse_endpoint(text), path, "d") == url


def test_the_form_can_be_overridden_for_one_call() -> None:
    classic = parse_endpoint(AZURE, api_version="2024-06-01")

    assert operation_url(classic, "/responses", form="v1") == f"{AZURE}/openai/v1/responses"
    assert operation_query(classic) == {"api-version": "2024-06-01"}
    assert operation_query(classic, "v1") == {}
    assert operation_query(parse_endpoint(AZURE), "classic") == {"api-version": DEFAULT_API_VERSION}
    assert form_url(classic) == f"{AZURE}/openai"
    assert form_url(classic, "v1") == f"{AZURE}/openai/v1"


@each_row("name", ["", ".", "..", None, "a\nb", "a\x00", "\ud800"])
def test_names_that_no_quoting_saves(name: str | None) -> None:
    with pytest.raises(InvalidRequestError):
        operation_url(parse_endpoint(AZURE, api_version="2024-06-01"), "/chat/completions", name)


def test_a_targets_own_operation_is_kept() -> None:
    endpoint = parse_endpoint(f"{AZURE}/openai/deployments/e/embeddings?api-version=2024-06-01")

    assert endpoint.operation == "/embeddings"
    assert endpoint == replace(endpoint, operation=None)


# Properties.

HOSTS = st.sampled_from(["r.openai.azure.com", "r.cognitiveservices.azure.com", "r.services.ai.azure.com"])
GATEWAYS = st.sampled_from(["gw.azure-api.net/team", "gw.azure-api.net/a/b", "llm.example.org:8443", "127.0.0.1:9/x"])
OPERATIONS = ["", "/chat/completions", "/embeddings", "/responses", "/audio/speech"]
SLASHES = st.sampled_from(["", "/", "//"])
SEGMENT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda text: text not in (".", "..") and text.isprintable()
)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, Endpoint]:
    """One of the many ways to write an endpoint, and what it means."""
    place = draw(HOSTS | GATEWAYS)
    host, _, prefix = place.partition("/")
    scheme = "http" if host.startswith("127.") else "https"
    base = f"{scheme}://{place}"
    spelled = host.upper() if draw(st.booleans()) else host
    if ":" not in host and draw(st.booleans()):
        spelled += ":443"
    written = draw(st.sampled_from([f"{scheme}://", f"{scheme.upper()}://", ""])) + spelled
    written += draw(st.sampled_from(["/", "//"])) + prefix if prefix else ""
    form = draw(st.sampled_from(["bare", "root", "v1", "classic"]))
    version, deployment = None, None
    operation = draw(st.sampled_from(OPERATIONS))
    match form:
        case "root":
            written += "/openai"
        case "v1":
            written += f"{draw(st.sampled_from(['/', '//']))}openai/v1{operation}"
        case "classic":
            deployment, version = "my-x", "2024-06-01"
            written += f"/openai/deployments/my-x{operation}"
        case _:
            pass
    written += draw(SLASHES)
    written += "?api-version=2024-06-01" if version else ""
    meant = parse_endpoint(base)
    return written, replace(meant, form="classic" if version else "v1", api_version=version, deployment=deployment)


@given(spellings())
def test_any_spelling_gives_the_same_endpoint(case: tuple[str, Endpoint]) -> None:
    written, meant = case

    assert parse_endpoint(written) == meant


@given(spellings(), st.sampled_from(OPERATIONS[1:]))
def test_reading_our_own_urls_changes_nothing(case: tuple[str, Endpoint], operation: str) -> None:
    endpoint = parse_endpoint(case[0])
    url = operation_url(endpoint, operation, endpoint.deployment or "d")
    query = "?api-version=" + endpoint.api_version if endpoint.api_version else ""

    again = parse_endpoint(url + query)

    assert replace(again, deployment=None) == replace(endpoint, deployment=None)
    assert parse_endpoint(endpoint.base).base == endpoint.base


@given(SEGMENT)
def test_a_deployment_never_leaves_its_path_segment(name: str) -> None:
    url = operation_url(parse_endpoint(AZURE, api_version="2024-06-01"), "/chat/completions", name)

    assert url.startswith(f"{AZURE}/openai/deployments/")
    parts = urlsplit(url)
    assert parts.netloc == "r.openai.azure.com"
    assert not parts.query
    assert not parts.fragment
    segments = parts.path.split("/")
    assert segments[:3] == ["", "openai", "deployments"]
    assert segments[4:] == ["chat", "completions"]
    assert unquote(segments[3]) == name
    assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", segments[3])
    assert segments[3] not in (".", "..")


@given(st.text())
def test_any_text_is_an_endpoint_or_one_clear_error(text: str) -> None:
    try:
        endpoint = parse_endpoint(text)
    except ConfigurationError:
        return
    assert urlsplit(endpoint.base).scheme in ("http", "https")
    assert parse_endpoint(endpoint.base).base == endpoint.base


FOREIGN = [
    ("https://api.openai.com/v1", r"OpenAI's own service"),
    ("api.openai.com", r"OpenAI's own service"),
    ("https://portal.azure.com/#@t/resource/x", r"Keys and Endpoint"),
    ("https://portal.azure.com/", r"Keys and Endpoint"),
    ("https://portal.azure.us", r"Keys and Endpoint"),
    ("https://portal.azure.cn", r"Keys and Endpoint"),
    ("https://ai.azure.com/foundryProject/overview", r"Target URI"),
    ("https://www.ai.azure.com", r"Target URI"),
    ("https://ai.azure.us", r"Target URI"),
    ("https://oai.azure.com/portal", r"Target URI"),
    ("https://ml.azure.com/endpoints", r"REST endpoint"),
    ("https://studio.ml.azure.com", r"REST endpoint"),
    ("https://openai.azure.com", r"without a resource's name"),
    ("https://cognitiveservices.azure.com/openai/v1", r"without a resource's name"),
    ("https://management.azure.com/subscriptions/1", r"serves no model"),
]


@each_row(("address", "said"), FOREIGN, ids=[address for address, _ in FOREIGN])
def test_addresses_that_are_no_resource(address: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse_endpoint(address)


@each_row("address", ["https://x.eastus2.inference.ml.azure.com", "https://x.eastus.inference.ai.azure.com/v1"])
def test_inference_hosts_of_machine_learning_serve(address: str) -> None:
    assert parse_endpoint(address).kind == "other"


def test_a_bare_word_is_a_resource() -> None:
    assert parse_endpoint("MyResource").base == "https://myresource.openai.azure.com"
    assert parse_endpoint("localhost").base == "http://localhost"
    assert parse_endpoint("gateway:8443").base == "https://gateway:8443"
    with pytest.raises(ConfigurationError, match="'myresource', which is no host"):
        parse_endpoint("myresource/openai/v1")
