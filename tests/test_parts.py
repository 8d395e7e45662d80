"""Two small bridges: parts that need a framework, and replies in the HTTP library that frameworks know."""

from __future__ import annotations

import sys
import types

import httpx
import pytest

from azure_connector._utils import import_part
from azure_connector.transport import as_httpx


def test_a_missing_framework_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "part_of_a_test.py").write_text("import no_such_framework.inner\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match=r"needs it.*pip install.*\[litellm\]") as caught:
        import_part("part_of_a_test", "This needs it", package="no_such_framework", extra="litellm")
    assert caught.value.name == "no_such_framework"


def test_another_missing_module_is_not_blamed_on_the_framework(tmp_path, monkeypatch):
    (tmp_path / "other_part.py").write_text("import quite_another_module\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="quite_another_module"):
        import_part("other_part", "This needs it", package="no_such_framework", extra="litellm")


def test_what_is_there_is_imported():
    assert import_part("json", "This needs it", package="json", extra="litellm") is sys.modules["json"]


def test_a_reply_of_httpx_stays_itself():
    reply = httpx.Response(200)
    assert as_httpx(reply) is reply


def test_a_reply_of_another_library_becomes_one_of_httpx():
    request = types.SimpleNamespace(method="POST", url="https://unit.openai.azure.com/openai/v1/chat/completions")
    headers = {"Retry-After": "7", "content-encoding": "gzip", "Content-Length": "3", "transfer-encoding": "chunked"}
    found = as_httpx(types.SimpleNamespace(status_code=429, headers=headers, content=b'{"a":1}', request=request))
    assert isinstance(found, httpx.Response)
    assert (found.status_code, found.json(), found.headers["retry-after"]) == (429, {"a": 1}, "7")
    assert found.headers.get("content-encoding") is None
    assert str(found.request.url) == request.url
    found.request.read()
    with pytest.raises(httpx.HTTPStatusError):
        found.raise_for_status()
