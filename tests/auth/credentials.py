"""Credential objects for these tests, with a count of how often they were asked."""

from __future__ import annotations

import asyncio
import threading
import time

from azure.core.credentials import AccessToken, AccessTokenInfo

from tests.support.waiting import PATIENCE, until_async

LIFE = 3600.0


class Tokens:
    """Numbered tokens; thread-safe."""

    def __init__(self, life: float = LIFE) -> None:
        self.life = life
        self.asked = 0
        self.error: Exception | None = None
        self._lock = threading.Lock()

    def next(self) -> AccessToken:
        with self._lock:
            self.asked += 1
            if self.error is not None:
                raise self.error
            return AccessToken(f"token-{self.asked}", int(time.time() + self.life))


class SyncCredential(Tokens):
    """Holds its callers until `gate` is set."""

    def __init__(self, life: float = LIFE) -> None:
        super().__init__(life)
        self.gate = threading.Event()
        self.gate.set()
        self.threads: list[threading.Thread] = []

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        self.threads.append(threading.current_thread())
        assert self.gate.wait(PATIENCE)
        return self.next()


class AsyncCredential(Tokens):
    """Takes its time on the loop that asks, and holds its callers until `gate` is set."""

    def __init__(self, life: float = LIFE, delay: float = 0.01) -> None:
        super().__init__(life)
        self.delay = delay
        self.gate = threading.Event()
        self.gate.set()
        self.loops: list[asyncio.AbstractEventLoop] = []

    async def get_token_info(self, *scopes: str, options: object = None) -> AccessTokenInfo:
        self.loops.append(asyncio.get_running_loop())
        await asyncio.sleep(self.delay)
        await until_async(self.gate.is_set)
        token = self.next()
        return AccessTokenInfo(token.token, token.expires_on)
