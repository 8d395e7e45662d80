"""What Azure said about a reply beside the reply itself: deployment, resource, filters, limits, attempts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .._utils import as_object, html_table
from ..deployments import Target
from ..errors import Attempt

__all__ = ["AzureInfo", "RateLimits", "azure_info"]

_ATTRIBUTE = "_azure_info"
_TOKENS = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens")


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The quota headers of a reply (`x-ratelimit-*`); None where Azure sent none.

    Attributes:
        limit_requests, remaining_requests: requests per window.
        limit_tokens, remaining_tokens: tokens per window.
    """

    limit_requests: int | None = None
    remaining_requests: int | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> RateLimits:
        """The quota as headers tell it, of a good reply or of a refusal.

        Args:
            headers: by lower-case names, or whatever their case.
        """
        names = ("limit-requests", "remaining-requests", "limit-tokens", "remaining-tokens")
        return cls(*(_number(headers.get(f"x-ratelimit-{name}")) for name in names))


@dataclass
class AzureInfo:
    """Where a reply came from and what Azure reported with it.

    For a stream the object is shared by the stream and all its chunks, and fills up while the stream is read.

    Attributes:
        resource: the name of the resource that answered, as in the settings.
        model: the model as the caller named it.
        attempts: every request of this call, failed ones first; the last one gave the reply.
        changes: what was changed so that the request fits its model, as readable lines.
        prompt_filters: `content_filter_results` of the prompt, by category.
        completion_filters: `content_filter_results` of the answer, by category, merged over all chunks.
        filtered: whether the content filter cut the answer off, also when its verdict came late.
        usage: token counts as the service reported them.
    """

    target: Target
    model: str
    attempts: tuple[Attempt, ...] = ()
    changes: tuple[str, ...] = ()
    prompt_filters: dict[str, Any] = field(default_factory=dict[str, Any])
    completion_filters: dict[str, Any] = field(default_factory=dict[str, Any])
    filtered: bool = False
    usage: Mapping[str, Any] | None = None
    reported_model: str | None = None
    raw_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def resource(self) -> str:
        return self.target.resource

    @property
    def deployment(self) -> str:
        """The deployment that answered: another one than was asked where a provisioned one spilled over."""
        spilled = self.spilled_over_from is not None
        return (self.headers.get("x-ms-deployment-name") if spilled else None) or self.target.deployment

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The reply's headers, lower-case, without cookies."""
        return {name.lower(): value for name, value in self.raw_headers.items() if name.lower() != "set-cookie"}

    @property
    def served_model(self) -> str | None:
        """The model that the service reported (`gpt-5-2025-08-07`)."""
        return self.headers.get("x-ms-served-model") or self.reported_model

    @property
    def region(self) -> str | None:
        """Azure's region (`Sweden Central`)."""
        return self.headers.get("x-ms-region")

    @property
    def request_id(self) -> str | None:
        """The id that Azure's support asks for."""
        # Every reply is asked for it: two look-ups cost less than to read all headers.
        headers = self.raw_headers if hasattr(self.raw_headers, "raw") else self.headers
        return headers.get("apim-request-id") or headers.get("x-request-id")

    @property
    def spilled_over_from(self) -> str | None:
        """The provisioned deployment that was full, where the call spilled over."""
        origin = self.headers.get("x-ms-spillover-from-deployment")
        if origin is None and self.headers.get("x-ms-is-spilled-over", "").lower() == "true":
            return self.target.deployment
        return origin

    @property
    def rate_limits(self) -> RateLimits:
        """The quota as the reply's headers tell it."""
        return RateLimits.read(self.headers)

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        return html_table("Azure", self._rows())

    def _rows(self) -> Iterator[tuple[str, str]]:
        """What is told, by its label; what Azure did not say is left out."""
        yield "deployment", f"{self.deployment}@{self.resource}"
        served = (self.model, *([f"served by {self.served_model}"] if self.served_model else []))
        yield "model", ", ".join(served)
        if self.region:
            yield "region", self.region
        if self.usage:
            counts = [(name.removesuffix("_tokens"), self.usage.get(name)) for name in _TOKENS]
            yield "tokens", ", ".join(f"{count} {name}" for name, count in counts if count is not None)
        for number, attempt in enumerate(self.attempts if len(self.attempts) > 1 else ()):
            yield ("" if number else "attempts"), str(attempt)
        for number, change in enumerate(self.changes):
            yield ("" if number else "changed"), change
        if found := sorted({name for verdicts in self._verdicts() for name, verdict in verdicts if _flagged(verdict)}):
            yield "content filter", ", ".join(found)
        if self.filtered:
            yield "cut off", "by the content filter"
        if self.request_id:
            yield "request id", self.request_id

    def _verdicts(self) -> Iterator[Iterable[tuple[str, Any]]]:
        yield self.prompt_filters.items()
        yield self.completion_filters.items()


def _flagged(verdict: object) -> bool:
    """Whether a category of the content filter is worth a word: what is safe is not."""
    told = as_object(verdict)
    return bool(told.get("filtered") or told.get("detected")) or told.get("severity", "safe") != "safe"


def azure_info(reply: object) -> AzureInfo:
    """Gives what Azure reported with a reply of this package's clients.

    Args:
        reply: a completion, an embedding reply, a response, a stream or one of its chunks; also the raw replies of
            `with_raw_response` once they are parsed.

    Raises:
        LookupError: the object did not come from a connector.
    """
    info = getattr(reply, _ATTRIBUTE, None)
    if not isinstance(info, AzureInfo):
        raise LookupError(
            f"{type(reply).__name__} carries no Azure information: it did not come from AzureConnector or "
            "AsyncAzureConnector (with_raw_response: pass what .parse() returned)."
        )
    return info


def attach(reply: object, info: AzureInfo) -> None:
    """Hangs `info` on a reply, outside its fields, so that dumps and comparisons stay as they are."""
    try:
        object.__setattr__(reply, _ATTRIBUTE, info)
    except AttributeError:  # strings, dictionaries and lists take no attributes
        return


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().lstrip("-").isdecimal() else None
