"""What a job needs while it runs: connector, pacer, calls. Opened by `stream` and by `run`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_connector.client import AsyncAzureConnector
from azure_connector.errors import ConfigurationError

from ._calls import Calls
from ._pacing import Pacer
from ._rows import Rows, rows_of
from ._runtime import runtime
from ._shares import Shares
from ._spec import EmbedSpec
from ._work import CHAT, EMBEDDINGS

if TYPE_CHECKING:
    from ._spec import JobSpec

__all__ = ["Session", "open_session", "window_of"]


@dataclass(slots=True)
class Session:
    """A running job's parts.

    Attributes:
        client: the connector.
        rows: reads rows and replies.
        calls: makes the calls.
        shares: the heartbeats, where Redis shares the quota.
    """

    client: AsyncAzureConnector
    rows: Rows
    calls: Calls
    shares: Shares | None

    def close(self) -> None:
        """Ends what runs."""
        self.calls.close()
        if self.shares is not None:
            self.shares.close()


def open_session(
    job: JobSpec,
    *,
    concurrency: int | None,
    share: float | None = None,
    rpm: float | None = None,
    tpm: float | None = None,
    client: AsyncAzureConnector | None = None,
) -> Session:
    """Makes what a job needs; sends nothing.

    Args:
        job: the job.
        concurrency: calls at once; None for the job's own number.
        share: which part of the quota is this process's; None for all, or what Redis says.
        rpm, tpm: caps of the user's own, a minute.
        client: the connector; None for the process's own.

    Raises:
        ConfigurationError: a number cannot be used, or no endpoint is configured.
    """
    concurrency = check_concurrency(job, concurrency)
    for name, value in (("share", share), ("rpm", rpm), ("tpm", tpm)):
        if value is not None and not 0 < value < math.inf:
            raise ConfigurationError(f"{name} must be a number above 0, not {value!r}.")
    if share is not None and share > 1:
        raise ConfigurationError(f"share is a part of the quota, between 0 and 1, not {share!r}.")
    own = runtime()
    made = client or own.connector(job.settings)
    operation = EMBEDDINGS if isinstance(job, EmbedSpec) else CHAT
    explained = made.explain(job.model, operation=operation)
    # The pacer waits, not the client: one attempt at each target.
    quick = made.with_options(max_retries=max(1, len(explained.targets)) - 1)
    pacer = Pacer(rpm, tpm, 1.0 if share is None else share)
    rows = rows_of(job)

    def told(part: float) -> None:
        pacer.share = part

    key = explained.targets[0].name if explained.targets else job.model
    address = made.settings.resource_map()[made.settings.default_resource].endpoint.base
    shares = None if share is not None else Shares.of(made.settings, f"{key}|{address}", told)
    return Session(made, rows, Calls(rows, quick, own.loop, pacer, concurrency), shares)


def check_concurrency(job: JobSpec, concurrency: int | None) -> int:
    """Calls at once.

    Raises:
        ConfigurationError: the number cannot be used.
    """
    if concurrency is None:
        return 16 if isinstance(job, EmbedSpec) else 128
    if concurrency < 1:
        raise ConfigurationError(f"concurrency must be 1 or more, not {concurrency}.")
    return concurrency


def window_of(job: JobSpec, concurrency: int | None) -> int:
    """How many rows are read ahead, so that no call waits for a row nor a batch for its slowest one."""
    from ._embedding import PACK_INPUTS

    calls = check_concurrency(job, concurrency)
    return 2 * calls * PACK_INPUTS if isinstance(job, EmbedSpec) else 4 * calls
