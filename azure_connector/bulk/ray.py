"""A job on Ray Data: `ray.apply(job, dataset)`. Ray schedules, restarts and checkpoints; this only hands batches over.

Ray retries a block: five hundred to two thousand rows each (`dataset.repartition(target_num_rows_per_block=1000)`)
bound what is paid twice when an actor dies. An actor makes its own connector, from the settings that it finds there.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._job import Job

__all__ = ["apply"]


class _Actor:
    """What Ray makes in each of its workers."""

    def __init__(self, job: Job, concurrency: int | None, share: float | None) -> None:
        from ._stream import Function

        self._function = Function(job, concurrency, share)

    async def __call__(self, table: Any) -> Any:
        """One batch, as an Arrow table; others are under way meanwhile."""
        pyarrow = import_module("pyarrow")
        batches = table.combine_chunks().to_batches() or [pyarrow.RecordBatch.from_pylist([], table.schema)]
        made = [await asyncio.wrap_future(self._function.submit(batch)) for batch in batches]
        return pyarrow.Table.from_batches(made)


def apply(
    job: Job,
    dataset: Any,
    *,
    actors: int = 1,
    concurrency: int | None = None,
    share: float | None = None,
    batch_size: int = 100,
    num_cpus: float = 0.1,
) -> Any:
    """The dataset with the job's columns; nothing is called before Ray asks for rows.

    Args:
        job: the job; it travels to the actors, and carries no secret.
        dataset: a Ray dataset.
        actors: how many processes work on it.
        concurrency: calls at once in each actor.
        share: the part of the quota that each actor may take; by default one by `actors`, unless `redis_url` shares
            the quota.
        batch_size: rows that an actor gets at a time; it works on four of them at once.
        num_cpus: of each actor. They wait for the network: with whole ones, small clusters have none left to read.

    Raises:
        ConfigurationError: the job does not fit the dataset.
    """
    ray: Any = import_module("ray")
    schema = dataset.schema()
    if schema is not None:
        job.output_schema(import_module("pyarrow").schema(list(zip(schema.names, schema.types, strict=True))))
    context = ray.data.DataContext.get_current()
    if hasattr(context, "execution_no_progress_timeout_s"):
        # A day's quota that is used up is no reason for Ray to end the job for lack of progress.
        context.execution_no_progress_timeout_s = -1
    if share is None:
        share = _share(job, actors)
    return dataset.map_batches(
        _Actor,
        fn_constructor_args=(job, concurrency, share),
        batch_format="pyarrow",
        batch_size=batch_size,
        num_cpus=num_cpus,
        # Two open blocks keep an actor busy; more would only be more to repeat when it dies.
        compute=ray.data.ActorPoolStrategy(size=actors, max_tasks_in_flight_per_actor=2),
    )


def _share(job: Job, actors: int) -> float | None:
    """What each actor may take; None where Redis decides it."""
    from azure_connector.settings import ConnectorSettings

    if ConnectorSettings(**job.settings).redis_url is not None:
        return None
    return 1.0 / actors
