"""A Spark job in a process of its own: spark_job.py IN OUT FLAG. A row kills its worker once; FLAG says that it did."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from azure_connector.bulk import Complete, spark


def main(source: str, target: str, flag: str) -> None:
    def prompt(row: Mapping[str, object]) -> str:
        if row["n"] == 777 and not Path(flag).exists():
            Path(flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return f"Say {row['text']}"

    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    for name in ("spark.driver.host", "spark.driver.bindAddress"):
        builder = builder.config(name, "127.0.0.1")
    session = builder.getOrCreate()
    frame = session.read.parquet(source).repartition(4)
    before = list(frame.schema.names)
    job = Complete(model="gpt-4o-mini", prompt=prompt if flag != "-" else "Say {text}", max_tokens=10)
    spark.apply(job, frame).write.parquet(target)
    assert frame.schema.names == before, "the frame's own schema stays"
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
