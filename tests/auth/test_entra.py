"""azure-identity's own classes, unpatched, against the emulated Entra ID over TLS."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure import identity
from azure.identity import aio
from pydantic import SecretStr

from azure_connector.auth import Authenticator, AuthHeaders
from azure_connector.auth._tokens import jwt_expiry
from azure_connector.emulator.entra import EntraID
from azure_connector.settings._endpoint import Endpoint
from tests.support.waiting import PATIENCE, until_async

Make = Callable[..., Authenticator]
SUBJECT = "system:serviceaccount:default:workload"
SECRET = "s3cret-value"
SCOPE = "https://cognitiveservices.azure.com/.default"


def secret(entra: EntraID) -> dict[str, Any]:
    return {"app": entra.register_app(secret=SECRET), "client_secret": SecretStr(SECRET)}


def certificate(entra: EntraID) -> dict[str, Any]:
    written = entra.write_certificate(password="pass-word")
    return {
        "app": entra.register_app(certificate=written),
        "client_certificate_path": str(written.path),
        "client_certificate_password": SecretStr("pass-word"),
    }


def workload(entra: EntraID) -> dict[str, Any]:
    return {
        "app": entra.register_app(federated=SUBJECT),
        "federated_token_file": str(entra.write_federated_token(SUBJECT)),
    }


KINDS = {"client secret": secret, "client certificate": certificate, "workload identity": workload}
every_kind = pytest.mark.parametrize("kind", KINDS)


def bearer(headers: AuthHeaders) -> str:
    scheme, _, token = headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


@every_kind
def test_a_sync_client(kind: str, entra: EntraID, via_entra: Make) -> None:
    authenticator = via_entra(**KINDS[kind](entra))
    assert authenticator.kind == kind
    token = bearer(authenticator.headers())
    assert entra.verifier()(token) is None
    assert bearer(authenticator.headers()) == token
    assert len(entra.token_requests) == 1


@every_kind
async def test_an_async_client(kind: str, entra: EntraID, via_entra: Make) -> None:
    authenticator = via_entra(**KINDS[kind](entra))
    assert entra.verifier()(bearer(await authenticator.aheaders())) is None
    assert len(entra.token_requests) == 1


def has_expired(authenticator: Authenticator) -> bool:
    cached = authenticator._active.cache.cached
    return cached is not None and cached.expires_on is not None and cached.expires_on < time.time()


@every_kind
async def test_200_tasks_and_64_threads_with_an_expired_token_make_one_request_each(
    kind: str, entra: EntraID, via_entra: Make
) -> None:
    entra.token_lifetime = 1.0
    settings = KINDS[kind](entra)
    tasks, threads = via_entra(**settings), via_entra(**settings)
    await tasks.aheaders()
    await asyncio.to_thread(threads.headers)
    await until_async(lambda: all(has_expired(one) for one in (tasks, threads)))
    entra.token_lifetime = 3600.0
    before = len(entra.token_requests)
    held = threading.Event()
    entra.gate = held
    loop = asyncio.get_running_loop()
    waiting = asyncio.gather(*(tasks.aheaders() for _ in range(200)))
    with ThreadPoolExecutor(64) as pool:
        calls = [loop.run_in_executor(pool, threads.headers) for _ in range(64)]
        await until_async(lambda: len(entra.token_requests) == before + 2)
        held.set()
        tokens = {bearer(headers) for headers in await waiting}
        more = {bearer(headers) for headers in await asyncio.gather(*calls)}
    entra.gate = None
    assert len(tokens) == len(more) == 1
    assert len(entra.token_requests) == before + 2


@every_kind
def test_a_token_that_was_revoked_is_replaced_although_azure_identity_has_it_cached(
    kind: str, entra: EntraID, via_entra: Make
) -> None:
    authenticator = via_entra(**KINDS[kind](entra))
    sent = authenticator.headers()
    entra.revoke_tokens()
    assert authenticator.refused(401, None, "", sent)
    assert entra.verifier()(bearer(authenticator.headers())) is None
    assert len(entra.token_requests) == 2


def test_two_second_tokens_never_expire_in_hand(entra: EntraID, via_entra: Make) -> None:
    """The short form of tests/soak/soak_tokens.py: threads and tasks, over two lifetimes, all kinds side by side."""
    entra.token_lifetime = 2.0
    authenticators = [via_entra(**settings(entra)) for settings in KINDS.values()]
    began = time.monotonic()
    end = began + 4.5
    expired: list[float] = []

    def note(headers: AuthHeaders, asked_at: float) -> int:
        # Whether it had expired when it was given; what a busy machine does after that is not the authenticator's.
        late = asked_at - (jwt_expiry(bearer(headers)) or 0.0)
        if late >= 0:
            expired.append(late)
        return 1

    def work(authenticator: Authenticator) -> int:
        calls = 0
        while time.monotonic() < end:
            asked_at = time.time()
            calls += note(authenticator.headers(), asked_at)
            time.sleep(0.01)
        return calls

    async def awork(authenticator: Authenticator) -> int:
        calls = 0
        while time.monotonic() < end:
            asked_at = time.time()
            calls += note(await authenticator.aheaders(), asked_at)
            await asyncio.sleep(0.01)
        return calls

    async def tasks() -> int:
        return sum(await asyncio.gather(*(awork(authenticator) for authenticator in authenticators * 2)))

    with ThreadPoolExecutor(len(authenticators)) as pool:
        threads = [pool.submit(work, authenticator) for authenticator in authenticators]
        calls = asyncio.run(tasks()) + sum(thread.result() for thread in threads)
    assert expired == []
    lifetimes = (time.monotonic() - began) / entra.token_lifetime
    assert calls > len(authenticators) * 3
    for authenticator in authenticators:
        assert authenticator._active.cache.failure is None
    assert 2 <= len(entra.token_requests) / len(authenticators) <= 1 + lifetimes * 2


async def test_a_users_own_credential_objects(entra: EntraID, make: Make) -> None:
    app = entra.register_app(secret=SECRET)
    sync = identity.ClientSecretCredential(app.tenant_id, app.client_id, SECRET, **entra.credential_options())
    asynchronous = aio.ClientSecretCredential(app.tenant_id, app.client_id, SECRET, **entra.credential_options())
    with sync:
        async with asynchronous:
            for credential in (sync, asynchronous):
                authenticator = make(credential=credential)
                assert entra.verifier()(bearer(await authenticator.aheaders())) is None
            authenticator.close()
            # Only what was built here is closed: the user's objects still work.
            assert sync.get_token(SCOPE).token
            assert (await asynchronous.get_token(SCOPE)).token


def test_a_users_async_credential_in_a_sync_client(entra: EntraID, make: Make) -> None:
    app = entra.register_app(secret=SECRET)
    credential = aio.ClientSecretCredential(app.tenant_id, app.client_id, SECRET, **entra.credential_options())
    authenticator = make(credential=credential)
    assert entra.verifier()(bearer(authenticator.headers())) is None
    asyncio.run_coroutine_threadsafe(credential.close(), authenticator._loop.get()).result(PATIENCE)


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_azure_identitys_own_token_provider(asynchronous: bool, entra: EntraID, make: Make) -> None:
    app = entra.register_app(secret=SECRET)
    arguments = (app.tenant_id, app.client_id, SECRET)
    if asynchronous:
        credential = aio.ClientSecretCredential(*arguments, **entra.credential_options())
        provider: Any = aio.get_bearer_token_provider(credential, SCOPE)
    else:
        credential = identity.ClientSecretCredential(*arguments, **entra.credential_options())
        provider = identity.get_bearer_token_provider(credential, SCOPE)
    authenticator = make(azure_ad_token_provider=provider)
    before = int(time.time())
    tokens = {bearer(await authenticator.aheaders()) for _ in range(3)}
    assert len(tokens) == 1
    assert entra.verifier()(tokens.pop()) is None
    # The expiry stands in the token itself.
    chosen = next(line for line in authenticator.describe() if line.state == "chosen")
    assert before <= chosen.expires_at - 3600 <= time.time()
    closing = credential.close()
    if asynchronous:
        await closing


async def test_the_scope_decides_the_tokens_audience(entra: EntraID, via_entra: Make) -> None:
    app = entra.register_app(secret=SECRET)
    authenticator = via_entra(app, client_secret=SecretStr(SECRET), scope="https://ai.azure.com/.default")
    token = bearer(await authenticator.aheaders())
    assert entra.verifier(audience="https://ai.azure.com")(token) is None
    assert entra.verifier(audience="https://cognitiveservices.azure.com")(token) is not None


@pytest.mark.parametrize(
    ("endpoint", "authority"),
    [
        (Endpoint("https://r.openai.azure.us", cloud="usgov"), "https://login.microsoftonline.us"),
        (Endpoint("https://r.openai.azure.cn", cloud="china"), "https://login.chinacloudapi.cn"),
    ],
)
def test_a_sovereign_cloud_has_its_own_authority(endpoint: Endpoint, authority: str) -> None:
    from azure_connector.auth._azure_identity import Builder
    from azure_connector.settings import AuthSettings, Resource
    from azure_connector.transport import TransportOptions

    auth = AuthSettings(tenant_id="t", client_id="c", client_secret=SecretStr(SECRET))
    with Builder(Resource("default", endpoint, auth), TransportOptions()).client_secret() as credential:
        assert credential._authority == authority


def test_what_we_built_is_closed(entra: EntraID, via_entra: Make) -> None:
    authenticator = via_entra(**secret(entra))
    authenticator.headers()
    source: Any = authenticator._active.cache.source
    built = source._built
    authenticator.close()
    assert not built.close.alive
    assert source._built is None
    # And opened again when it is needed.
    assert authenticator.refused(401)
    assert len(entra.token_requests) == 2
