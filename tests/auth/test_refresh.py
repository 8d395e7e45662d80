"""Tokens fetched anew: ahead of time in the background, and when the service refuses one."""

from __future__ import annotations

import asyncio
import base64
import logging
import threading
import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from azure_connector.auth import Authenticator, AuthHeaders
from azure_connector.auth._background_loop import BackgroundLoop
from azure_connector.auth._credential_sources import CallableSource, ObjectSource
from azure_connector.auth._failures import explain
from azure_connector.auth._refusals import Advice, advise
from azure_connector.auth._token_cache import TokenCache
from azure_connector.auth._tokens import CachedToken
from tests.support.waiting import PATIENCE, until_async

from .credentials import AsyncCredential, SyncCredential

Make = Callable[..., Authenticator]


class Clock:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def cache_of(credential: SyncCredential | AsyncCredential, clock: Clock) -> TokenCache:
    return TokenCache(
        "credential object",
        ObjectSource(credential, "scope"),
        make=lambda value, mark: AuthHeaders({"Authorization": value}, mark),
        explain=explain,
        loop=BackgroundLoop(),
        clock=clock,
    )


def token_of(got: object) -> str:
    assert isinstance(got, CachedToken), got
    return got.headers["Authorization"]


def test_an_expiring_token_still_serves_while_another_one_is_fetched() -> None:
    credential, clock = SyncCredential(), Clock()
    cache = cache_of(credential, clock)
    assert token_of(cache.get(10)) == "token-1"
    credential.gate.clear()
    clock.ahead = 3301  # less than five minutes left
    assert [token_of(cache.get(10)) for _ in range(100)] == ["token-1"] * 100
    credential.gate.set()
    for thread in credential.threads:
        if thread is not threading.current_thread():
            thread.join(PATIENCE)
    assert credential.asked == 2
    # The new token was made by a clock that had not moved, so look at what is in hand instead.
    assert cache.cached is not None
    assert cache.cached.headers["Authorization"] == "token-2"
    cache.close()


async def test_the_same_on_a_loop_with_an_async_credential() -> None:
    credential, clock = AsyncCredential(delay=0.01), Clock()
    cache = cache_of(credential, clock)
    await cache.aget(10)
    clock.ahead = 3301
    assert [token_of(await cache.aget(10)) for _ in range(100)] == ["token-1"] * 100
    await until_async(lambda: cache.cached is not None and cache.cached.headers["Authorization"] != "token-1")
    assert credential.asked == 2
    assert cache.cached is not None
    assert cache.cached.headers["Authorization"] == "token-2"


def test_a_token_that_has_expired_is_waited_for() -> None:
    credential, clock = SyncCredential(), Clock()
    cache = cache_of(credential, clock)
    cache.get(10)
    clock.ahead = 3700
    credential.life = 7300
    assert token_of(cache.get(10)) == "token-2"
    cache.close()


def test_a_background_refresh_that_fails_leaves_the_old_token_serving(caplog: pytest.LogCaptureFixture) -> None:
    credential, clock = SyncCredential(), Clock()
    cache = cache_of(credential, clock)
    cache.get(10)
    clock.ahead = 3301
    credential.error = RuntimeError("Entra ID is having a bad day")
    with caplog.at_level(logging.WARNING, logger="azure_connector"):
        for _ in range(20):
            assert token_of(cache.get(10)) == "token-1"
            for thread in credential.threads:
                thread.join(PATIENCE)
    # Not on every call: the next attempt comes later.
    assert credential.asked == 2
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("The credential object could not be refreshed; the old token serves on (")
    assert caplog.messages[0].endswith("Entra ID is having a bad day")
    assert cache.failure is not None
    clock.ahead = 3340
    credential.error, credential.life = None, 7300
    cache.get(10)
    for thread in credential.threads:
        thread.join(PATIENCE)
    assert token_of(cache.get(10)) == "token-3"
    assert cache.failure is None


def test_after_expiry_the_failure_is_the_callers(make: Make) -> None:
    credential, clock = SyncCredential(), Clock()
    cache = cache_of(credential, clock)
    cache.get(10)
    clock.ahead = 3700
    credential.error = RuntimeError("still down")
    got = cache.get(10)
    assert not isinstance(got, CachedToken)
    assert "still down" in str(got)


def test_a_token_that_is_expired_on_arrival_is_used_and_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    credential, clock = SyncCredential(life=-10), Clock()
    cache = cache_of(credential, clock)
    with caplog.at_level(logging.WARNING, logger="azure_connector"):
        assert token_of(cache.get(10)) == "token-1"
        assert token_of(cache.get(10)) == "token-2"
    assert "gave a token that has expired" in caplog.text


def test_a_static_token_is_sent_even_when_it_has_expired(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    body = base64.urlsafe_b64encode(b'{"exp": 1700000000}').decode().rstrip("=")
    authenticator = make(azure_ad_token=SecretStr(f"e30.{body}.sig"))
    assert "expires at 2023-11-14T22:13:20Z); pass a token provider or a credential" in caplog.text
    assert authenticator.headers()["Authorization"] == f"Bearer e30.{body}.sig"
    chosen = next(line for line in authenticator.describe() if line.state == "chosen")
    assert chosen.expires_at == 1700000000
    assert str(chosen) == "static token: chosen, expires at 2023-11-14T22:13:20Z"


@pytest.mark.parametrize("credential", [SyncCredential(), AsyncCredential()], ids=["sync", "async"])
async def test_a_401_drops_the_token_once(credential: SyncCredential | AsyncCredential, make: Make) -> None:
    authenticator = make(credential=credential)
    sent = await authenticator.aheaders()
    assert await authenticator.arefused(401, None, "expired", sent)
    assert (await authenticator.aheaders())["Authorization"] == "Bearer token-2"
    # The others that were sent with the old token hear of the new one and fetch nothing.
    for _ in range(20):
        assert await authenticator.arefused(401, None, "expired", sent)
        assert authenticator.refused(401, None, "expired", sent)
    assert credential.asked == 2
    # A new one that is refused as well will not get better.
    assert not await authenticator.arefused(401, "PermissionDenied", "lacks the role", await authenticator.aheaders())
    assert not authenticator.refused(401, "PermissionDenied", "lacks the role", authenticator.headers())
    assert credential.asked == 2


async def test_a_hundred_refusals_at_once_fetch_one_token(make: Make) -> None:
    credential = AsyncCredential(delay=0.02)
    authenticator = make(credential=credential)
    sent = await authenticator.aheaders()
    verdicts = await asyncio.gather(*(authenticator.arefused(401, sent=sent) for _ in range(50)))
    verdicts += await asyncio.gather(*(authenticator.arefused(401) for _ in range(50)))
    assert all(verdicts)
    assert credential.asked == 2


def test_a_refusal_that_no_new_token_mends(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    credential = SyncCredential()
    authenticator = make(credential=credential)
    sent = authenticator.headers()
    for status in (400, 403, 404, 429, 500):
        assert not authenticator.refused(status, None, "", sent)
    credential.error = RuntimeError("no more tokens")
    assert not authenticator.refused(401, None, "", sent)
    assert "gave no new credential: no more tokens" in caplog.text
    assert "failed" in {line.state for line in authenticator.describe()}


def test_a_users_credential_that_returns_its_cached_token_is_not_sent_twice(make: Make) -> None:
    class Caching(SyncCredential):
        kept = None

        def get_token(self, *scopes: str, **options: object):
            self.kept = self.kept or self.next()
            return self.kept

    authenticator = make(credential=Caching())
    assert not authenticator.refused(401, None, "", authenticator.headers())


@pytest.mark.parametrize("auth", [{"api_key": SecretStr("key-1234567")}, {"azure_ad_token": SecretStr("t-1234567")}])
def test_a_plain_value_is_not_sent_twice(auth: dict[str, SecretStr], make: Make) -> None:
    authenticator = make(**auth)
    assert not authenticator.refused(401, None, "", authenticator.headers())


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_key_that_is_a_callable_is_read_again_once(asynchronous: bool, make: Make) -> None:
    reads: list[str] = []

    def read() -> str:
        reads.append(f"key-{len(reads) + 1}")
        return reads[-1]

    async def aread() -> str:
        return read()

    authenticator = make(api_key=aread if asynchronous else read)
    for _ in range(3):
        sent = await authenticator.aheaders()
        assert dict(sent) == {"api-key": "key-1"}
    assert await authenticator.arefused(401, None, "Access denied due to invalid subscription key", sent)
    assert dict(authenticator.headers()) == {"api-key": "key-2"}
    assert reads == ["key-1", "key-2"]


def test_a_key_that_has_not_changed_is_not_sent_twice(make: Make) -> None:
    authenticator = make(api_key=lambda: "key-1234567")
    assert not authenticator.refused(401, None, "", authenticator.headers())


class TestKeysSwitchedOff:
    """403 AuthenticationTypeDisabled: the next configured method, once, with a warning."""

    def test_the_next_method_is_used_from_then_on(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        credential = SyncCredential()
        authenticator = make(
            api_key=SecretStr("key-1234567"),
            credential=credential,
            origins={"api_key": "environment AZURE_OPENAI_API_KEY", "credential": "argument"},
        )
        sent = authenticator.headers()
        assert authenticator.refused(403, "AuthenticationTypeDisabled", "Key based authentication is disabled", sent)
        assert dict(authenticator.headers()) == {"Authorization": "Bearer token-1"}
        assert authenticator.kind == "credential object"
        # Others that were sent with the key meanwhile.
        assert authenticator.refused(403, "AuthenticationTypeDisabled", "", sent)
        assert len(caplog.records) == 1
        warning = caplog.messages[0]
        for part in ("takes no API keys", "credential object", "environment AZURE_OPENAI_API_KEY"):
            assert part in warning
        lines = {line.name: line for line in authenticator.describe()}
        assert lines["api-key"].state == "refused"
        assert lines["api-key"].detail == "AuthenticationTypeDisabled"
        assert lines["credential object"].state == "chosen"
        # A token that meets the same reply is no key.
        assert not authenticator.refused(403, "AuthenticationTypeDisabled", "", authenticator.headers())

    async def test_a_gateway_that_leaves_out_the_code(self, make: Make) -> None:
        authenticator = make(api_key=SecretStr("key-1234567"), azure_ad_token=SecretStr("token-1234567"))
        message = "Key based authentication is disabled for this resource."
        assert await authenticator.arefused(403, None, message, await authenticator.aheaders())
        assert dict(await authenticator.aheaders()) == {"Authorization": "Bearer token-1234567"}

    def test_nothing_else_configured(self, make: Make) -> None:
        authenticator = make(api_key=SecretStr("key-1234567"), apim_subscription_key=SecretStr("sub-1234567"))
        assert not authenticator.refused(403, "AuthenticationTypeDisabled", "", authenticator.headers())
        assert authenticator.kind == "api-key"

    def test_any_other_403_changes_nothing(self, make: Make) -> None:
        authenticator = make(api_key=SecretStr("key-1234567"), azure_ad_token=SecretStr("token-1234567"))
        assert not authenticator.refused(403, "Forbidden", "blocked by a firewall", authenticator.headers())
        assert authenticator.kind == "api-key"


class TestProviders:
    """`azure_ad_token_provider`: any callable that gives a token."""

    def test_an_opaque_token_is_asked_for_on_every_call(self, make: Make) -> None:
        tokens = iter(["one-12345", "two-12345"])
        authenticator = make(azure_ad_token_provider=lambda: next(tokens))
        assert authenticator.headers()["Authorization"] == "Bearer one-12345"
        assert authenticator.headers()["Authorization"] == "Bearer two-12345"

    async def test_a_function_that_returns_a_coroutine_runs_on_the_loop_that_asks(self, make: Make) -> None:
        loops: list[asyncio.AbstractEventLoop] = []

        async def get() -> str:
            loops.append(asyncio.get_running_loop())
            return "token-1234567"

        authenticator = make(azure_ad_token_provider=lambda: get())  # noqa: PLW0108 - that it looks sync is the test
        for _ in range(2):
            assert (await authenticator.aheaders())["Authorization"] == "Bearer token-1234567"
        assert loops == [asyncio.get_running_loop()] * 2

    def test_the_same_in_a_sync_client(self, make: Make) -> None:
        async def get() -> str:
            return "token-1234567"

        authenticator = make(azure_ad_token_provider=lambda: get())  # noqa: PLW0108 - that it looks sync is the test
        for _ in range(2):
            assert authenticator.headers()["Authorization"] == "Bearer token-1234567"

    @pytest.mark.parametrize(
        ("returned", "said"),
        [
            (None, "must return a string; it returned NoneType"),
            (b"bytes", "must return a string; it returned bytes"),
            ("", "returned an empty string"),
        ],
    )
    def test_what_is_no_token(self, returned: object, said: str, make: Make) -> None:
        with pytest.raises(Exception, match=f"callable given as azure_ad_token_provider {said}"):
            make(azure_ad_token_provider=lambda: returned).headers()

    def test_secret_strings_and_access_tokens_are_taken_too(self, make: Make) -> None:
        assert make(azure_ad_token_provider=lambda: SecretStr("t-1234567")).headers()["Authorization"]
        provider = SyncCredential()
        authenticator = make(azure_ad_token_provider=provider.get_token)
        assert [authenticator.headers()["Authorization"] for _ in range(2)] == ["Bearer token-1"] * 2

    def test_asynchrony_is_seen_in_callable_objects(self) -> None:
        class Provider:
            async def __call__(self) -> str:
                return "token"

        assert CallableSource(Provider(), token=True).asynchronous
        assert not CallableSource(lambda: "token", token=True).asynchronous


def test_a_fresh_credential_that_came_instead_of_a_refused_one_is_not_refused_for_long() -> None:
    """Two-second tokens that expire on their way, one after another."""

    def held(fetched_at: float, life: float) -> CachedToken:
        headers = AuthHeaders({}, 1)
        return CachedToken(
            headers, SecretStr("t"), fetched_at + life * 0.8, fetched_at + life * 0.9, mark=1, fetched_at=fetched_at
        )

    one = held(100.0, 2.0)
    again = {"fixed": False, "replaced": 99.9}
    assert advise(401, one, one.headers, now=100.1, **again) is Advice.GIVE_UP
    assert advise(401, one, one.headers, now=101.9, **again) is Advice.RENEW
    hour = held(100.0, 3600.0)
    assert advise(401, hour, hour.headers, now=130.0, **again) is Advice.GIVE_UP
    assert advise(401, hour, hour.headers, now=161.0, **again) is Advice.RENEW
    assert advise(401, hour, hour.headers, now=101.0, fixed=False, replaced=None) is Advice.RENEW
    assert advise(401, None, None, now=101.0, fixed=False, replaced=100.0) is Advice.RESEND
