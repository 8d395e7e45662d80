"""What the Batch API takes and how it behaves, with limits that tests can make small. Data only.

The numbers are those of Azure's page on batch limits; codes and states of its page on the Batch API.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["BATCH_SKUS", "EXPIRED", "BatchRules"]

BATCH_SKUS = frozenset({"GlobalBatch", "DataZoneBatch"})

EXPIRED = {
    "batch_expired": "This request could not be executed before the completion window expired.",
    "batch_cancelled": "This request was not executed because the batch was cancelled.",
}


@dataclass(slots=True)
class BatchRules:
    """How a resource's batches behave.

    Attributes:
        max_bytes: of an input file; a larger upload is a 413.
        max_requests: in one file; more are `too_many_tasks`.
        max_files: uploaded batch files that a resource keeps at once; those with `expires_after` do not count.
        enqueued_tokens: a deployment's limit of tokens in batches that have not ended; None for none.
        late_refusal: a batch beyond that limit is refused later, as `failed`, instead of at once.
        lines_per_look: how many lines are worked through for each look at a batch.
        expires_after_lines: the batch expires when so many lines are done; None for never.
        line_status: gives a line's `custom_id` a status other than its natural one, e.g. 500; None for the natural one.
        shuffled: results come in another order than the lines, as on Azure.
        embeddings: whether `/embeddings` is taken. Azure's page says that it is not.
        endpoint_form: which form of `endpoint` is taken: `/chat/completions`, `/v1/chat/completions`, or both.
        empty_error_file: a batch without failed lines has an error file of zero bytes.
    """

    max_bytes: int = 200_000_000
    max_requests: int = 100_000
    max_files: int = 500
    enqueued_tokens: int | None = None
    late_refusal: bool = False
    lines_per_look: int = 20_000
    expires_after_lines: int | None = None
    line_status: Callable[[str], int | None] | None = None
    shuffled: bool = True
    embeddings: bool = False
    endpoint_form: str = "both"
    empty_error_file: bool = True
