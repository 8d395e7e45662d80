"""A Ray job in a process of its own: ray_job.py IN OUT FLAG CHECKPOINT TEMP. A row kills its actor once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import ray

from azure_connector.bulk import Complete
from azure_connector.bulk.ray import apply


def main(source: str, target: str, flag: str, checkpoint: str, temporary: str) -> None:
    def prompt(row: Mapping[str, object]) -> str:
        if row["n"] == 777 and not Path(flag).exists():
            Path(flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return f"Say {row['text']}"

    ray.init(
        num_cpus=4,
        include_dashboard=False,
        object_store_memory=100 * 2**20,
        _node_ip_address="127.0.0.1",
        _temp_dir=temporary,
        logging_level="ERROR",
    )
    if checkpoint != "-":
        from ray.data.checkpoint import CheckpointConfig

        context = ray.data.DataContext.get_current()
        context.target_max_block_size = 2048  # small files are read into one block otherwise
        context.checkpoint_config = CheckpointConfig(id_column="n", checkpoint_path=checkpoint)
    dataset = ray.data.read_parquet(source)
    if checkpoint == "-":
        dataset = dataset.repartition(target_num_rows_per_block=100)
    job = Complete(model="gpt-4o-mini", prompt=prompt if flag != "-" else "Say {text}", max_tokens=10)
    apply(job, dataset, actors=2, batch_size=50, concurrency=8).write_parquet(target)
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
