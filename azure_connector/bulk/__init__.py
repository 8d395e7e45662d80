"""Tables, row by row through a model: at the quota's own pace, resumable, on one machine, on Ray and on Spark.

from azure_connector.bulk import Complete, run

run(Complete(model="gpt-4o-mini", prompt="Classify: {text}"), "in.parquet", "out.parquet")
"""

from __future__ import annotations

from ._estimate import Estimate, estimate
from ._job import Complete, Embed, Job
from ._journal import journal_status
from ._local import arun, run
from ._options import Summary, TooManyErrorsError
from ._progress import Progress

__all__ = [
    "Complete",
    "Embed",
    "Estimate",
    "Job",
    "Progress",
    "Summary",
    "TooManyErrorsError",
    "arun",
    "estimate",
    "journal_status",
    "run",
]
