"""A job on Spark: `spark.apply(job, frame)`. Spark schedules, retries and commits; this only hands batches over.

Each action runs the calls again: write the result first, then read what was written. Spark 3.5 and later; a worker
makes its own connector, from the settings that it finds on its machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from azure_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from ._arrow import RecordBatch
    from ._job import Job

__all__ = ["apply"]


def apply(
    job: Job,
    frame: Any,
    *,
    concurrency: int | None = None,
    share: float | None = None,
    allow_speculation: bool = False,
) -> Any:
    """The frame with the job's columns; nothing is called before an action asks for rows.

    Args:
        job: the job; it travels to the workers, and carries no secret.
        frame: a DataFrame. Its partitions are what Spark retries: a thousand rows each is a good size.
        concurrency: calls at once in each task.
        share: the part of the quota that each task may take; by default all partitions that run at once take the same
            part, unless `redis_url` shares the quota.
        allow_speculation: run with `spark.speculation`, which pays for slow tasks twice.

    Raises:
        ConfigurationError: the job does not fit the frame, or speculation is on.
    """
    if not allow_speculation and str(frame.sparkSession.conf.get("spark.speculation", "false")).lower() == "true":
        raise ConfigurationError(
            "spark.speculation is on: Spark would run slow tasks a second time, and their calls are paid twice.",
            hint='Switch it off (spark.conf.set("spark.speculation", "false")), or allow_speculation=True.',
        )
    types: Any = import_module("pyspark.sql.pandas.types")
    spark_types: Any = import_module("pyspark.sql.types")
    given = types.to_arrow_schema(frame.schema)
    made = job.output_schema(given)
    # A new list of fields: `StructType` would share the frame's own.
    fields = list(frame.schema.fields)
    added = list(made)[len(given) :]
    fields += [spark_types.StructField(one.name, types.from_arrow_type(one.type), True) for one in added]
    if share is None:
        share = _share(job, frame)

    def work(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
        return job.stream(batches, concurrency=concurrency, share=share)

    return frame.mapInArrow(work, spark_types.StructType(fields))


def _share(job: Job, frame: Any) -> float | None:
    """What each of the tasks that run at once may take; None where Redis decides it."""
    from azure_connector.settings import ConnectorSettings

    if ConnectorSettings(**job.settings).redis_url is not None:
        return None
    tasks = int(frame.sparkSession.sparkContext.defaultParallelism)
    return 1.0 / max(1, tasks)
