"""The same questions to several deployments: who answered what, how fast, and for how much."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import openai

from .._utils import as_list, as_object
from ..helpers import Gathered
from ._cost import price_of
from ._prices import PriceList

if TYPE_CHECKING:
    from ..client import AsyncAzureConnector
    from ..replies import AzureInfo

__all__ = ["Answer", "Question", "Total", "ask_all", "totals"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        text: as it was given.
        content: what is sent: the text, with what is attached.
    """

    text: str
    content: str | list[dict[str, Any]]


@dataclass(slots=True)
class Answer:
    """One deployment's answer to one question.

    Attributes:
        number: of the question, from 1.
        question: its text.
        model: as the command line names it.
        deployment, served_model: what answered; None where nothing did.
        text: the answer.
        finish_reason: why it ended.
        first: seconds until the first text; None where none came.
        seconds: until the end.
        input_tokens, output_tokens: as the service counted them.
        cost, currency: None without a price.
        attempts: requests that it took.
        error: why there is no answer, or only a part.
    """

    number: int
    question: str
    model: str
    deployment: str | None = None
    served_model: str | None = None
    text: str = ""
    finish_reason: str | None = None
    first: float | None = None
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    currency: str | None = None
    attempts: int = 0
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return asdict(self)


async def ask_all(
    client: AsyncAzureConnector,
    questions: Sequence[Question],
    models: Sequence[str],
    parameters: Mapping[str, Any],
    prices: PriceList,
    *,
    at_once: int,
    answered: Callable[[Answer], object],
) -> None:
    """Asks every model every question: all models at once, each one question after the other.

    Args:
        client: the connector.
        questions: what is asked.
        models: who is asked.
        parameters: of each request, with the messages before the question.
        prices: what tokens cost.
        at_once: questions under way at each model.
        answered: is told each answer, in the order in which they end.
    """

    async def one(gate: asyncio.Semaphore, answer: Answer, question: Question) -> None:
        async with gate:
            await _ask(client, answer, question, parameters, prices)
        answered(answer)

    async with asyncio.TaskGroup() as tasks:
        for model in models:
            gate = asyncio.Semaphore(at_once)
            for number, question in enumerate(questions, 1):
                tasks.create_task(one(gate, Answer(number, question.text, model), question))


async def _ask(
    client: AsyncAzureConnector,
    answer: Answer,
    question: Question,
    parameters: Mapping[str, Any],
    prices: PriceList,
) -> None:
    before: Sequence[Any] = parameters.get("messages", ())
    messages = [*before, {"role": "user", "content": question.content}]
    create: Any = client.chat.completions.create  # dictionaries of the wire's form are no TypedDicts
    began = time.perf_counter()
    try:
        request = {**parameters, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
        stream = await create(model=answer.model, **request)
        gathered = Gathered(stream)
        async with stream:
            async for chunk in stream:
                piece = gathered.take(chunk)
                if piece and answer.first is None:
                    answer.first = time.perf_counter() - began
                answer.text += piece
        _take(answer, gathered.completion(), gathered.info, prices)
    except openai.OpenAIError as error:
        answer.error = str(error)
        answer.attempts = len(getattr(error, "attempts", ()))
    finally:
        answer.seconds = time.perf_counter() - began


def _take(answer: Answer, completion: Mapping[str, Any], info: AzureInfo, prices: PriceList) -> None:
    usage = as_object(completion["usage"])
    answer.finish_reason = as_object(next(iter(as_list(completion["choices"])), None)).get("finish_reason")
    answer.deployment, answer.served_model = info.deployment, info.served_model
    answer.attempts = len(info.attempts)
    answer.input_tokens = int(usage.get("prompt_tokens") or 0)
    answer.output_tokens = int(usage.get("completion_tokens") or 0)
    if (price := price_of(prices, info, answer.model)) is not None:
        answer.cost, answer.currency = price.of(usage), price.currency or None


@dataclass(frozen=True, slots=True)
class Total:
    """All answers of one model.

    Attributes:
        model: as the command line names it.
        answered, failed: how many.
        first, seconds: medians of the answers; None without any.
        input_tokens, output_tokens: of all.
        cost, currency: of all; None where one has no price.
    """

    model: str
    answered: int
    failed: int
    first: float | None
    seconds: float | None
    input_tokens: int
    output_tokens: int
    cost: float | None
    currency: str | None


def totals(answers: Sequence[Answer], models: Sequence[str]) -> list[Total]:
    """A total for each model."""
    return [_total(model, [one for one in answers if one.model == model]) for model in models]


def _total(model: str, answers: Sequence[Answer]) -> Total:
    good = [one for one in answers if one.error is None]
    firsts = [one.first for one in good if one.first is not None]
    costs = [one.cost for one in good if one.cost is not None]
    return Total(
        model,
        len(good),
        len(answers) - len(good),
        statistics.median(firsts) if firsts else None,
        statistics.median(one.seconds for one in good) if good else None,
        sum(one.input_tokens for one in good),
        sum(one.output_tokens for one in good),
        sum(costs) if good and len(costs) == len(good) else None,
        next((one.currency for one in good if one.currency), None),
    )
