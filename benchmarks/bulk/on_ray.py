"""One measurement on Ray, in a process of its own: `on_ray.py processor|apply IN PORT TEMP ROWS`."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import psutil
import ray

from .steady import Meter

TEXT = "Classify: "


def processor(port: str) -> Any:
    """Ray's own: rows of a batch go one after another, so its batches are small and many are under way."""
    from ray.data.llm import HttpRequestProcessorConfig, build_processor

    url = f"http://127.0.0.1:{port}/openai/v1/chat/completions"
    config = HttpRequestProcessorConfig(url=url, headers={"api-key": "k" * 32}, qps=None, batch_size=8, concurrency=2)

    def asked(row: dict[str, Any]) -> dict[str, Any]:
        message = {"role": "user", "content": f"{TEXT}{row['text']}"}
        return {"payload": {"model": "gpt-4o-mini", "messages": [message], "max_tokens": 20}}

    def read(row: dict[str, Any]) -> dict[str, Any]:
        return {"output": row["http_response"]["choices"][0]["message"]["content"]}

    return build_processor(config, preprocess=asked, postprocess=read)


def ours() -> Any:
    """Our job, with two actors as well."""
    from azure_connector.bulk import Complete
    from azure_connector.bulk.ray import apply

    job = Complete(model="gpt-4o-mini", prompt="Classify: {text}", max_tokens=20)
    return lambda dataset: apply(job, dataset, actors=2, concurrency=64)


def spent() -> float:
    """CPU seconds of the driver, of Ray's own processes and of its workers."""
    total, driver = 0.0, psutil.Process()
    for process in (driver, *driver.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def main(name: str, source: str, port: str, temporary: str, rows: str) -> None:
    # Before Ray starts: its workers have the environment of that moment.
    os.environ.update(AZURE_OPENAI_ENDPOINT=f"http://127.0.0.1:{port}", AZURE_OPENAI_API_KEY="k" * 32)
    ray.init(
        num_cpus=4,
        include_dashboard=False,
        object_store_memory=100 * 2**20,
        _node_ip_address="127.0.0.1",
        _temp_dir=f"{temporary}/{name}",
        logging_level="ERROR",
        log_to_driver=False,
    )
    work = processor(port) if name == "processor" else ours()
    dataset = ray.data.read_parquet(source).repartition(target_num_rows_per_block=250)
    with Meter(int(port), int(rows), spent) as meter:
        work(dataset).take_all()
    print(json.dumps(meter.result()))


if __name__ == "__main__":
    main(*sys.argv[1:])
