"""What a call would do, in a form to read: the answer of `client.explain(model)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from .._utils import html_table, printable

__all__ = ["ExplainedTarget", "Explanation"]

_REASONS: Mapping[str, str] = {
    "mapping": "deployment_mapping has the model",
    "deployment": "the model is itself the name of a deployment",
    "discovered": "the resource lists a deployment of the model",
    "default": "no mapping has the model, so the default deployment serves it",
    "pass-through": "nothing knows the model, so its name is taken for a deployment's",
    "argument": "the call says so",
    "state": "the call refers to something that lives on this resource",
}

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ExplainedTarget:
    """One deployment that would be asked.

    Attributes:
        resource: the resource's name in the settings.
        deployment: the deployment's name; empty where the operation has none.
        url: the absolute URL, with its api-version.
        base_model: on which the parameter rules depend; None where nothing says.
        api: `chat` or `responses`, or the operation itself.
        form: `v1` or `classic`.
        api_version: for the classic form.
        credential: the method of the auth chain, such as `api-key` or `managed identity`.
        credential_origin: where it was set.
        rank: order of preference; equal ranks share the calls by weight.
        weight: share of the calls within the rank.
        profile: the rules of the base model, a line each.
        learned: what its refusals have taught, a line each.
    """

    resource: str
    deployment: str
    url: str
    base_model: str | None = None
    api: str = "chat"
    form: str = "v1"
    api_version: str | None = None
    credential: str = ""
    credential_origin: str = ""
    rank: int = 0
    weight: float = 1.0
    profile: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`deployment@resource`."""
        return f"{self.deployment or '-'}@{self.resource}"

    def rows(self) -> Rows:
        """Label and text of each line, leaving out what there is none of."""
        form = f"{self.api}, {self.form}" + (f" with api-version {self.api_version}" if self.api_version else "")
        credential = self.credential + (f" (from {self.credential_origin})" if self.credential_origin else "")
        share = "" if self.weight == 1.0 else f", weight {self.weight:g}"
        rows = [
            ("URL", self.url),
            ("base model", self.base_model or "unknown: no rules apply until a reply or a refusal tells"),
            ("API", form),
            ("credential", credential or "none"),
            ("preference", f"rank {self.rank + 1}{share}"),
        ]
        return [*rows, *_block("rules", self.profile), *_block("learned", self.learned)]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which deployments a call would be sent to, and why. Nothing was sent, and no secret is in it.

    Attributes:
        model: the model as it would be named.
        operation: the SDK's path of the call.
        rule: what chose the targets (see `deployments.py`).
        source: where the rule's setting stands, or what else led there.
        targets: in the order in which they would be asked.
        origins: setting -> where its value came from.
        trust: setting -> `trusted`, or `found` where its source is a file of the working directory that nobody named.
        notes: further lines, such as credentials that were found and not used.
    """

    model: str
    operation: str
    rule: str
    targets: tuple[ExplainedTarget, ...]
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    source: str = ""
    trust: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        return {
            "model": self.model,
            "operation": self.operation,
            "rule": self.rule,
            "source": self.source,
            "targets": [asdict(target) for target in self.targets],
            "origins": dict(self.origins),
            "trust": dict(self.trust),
            "notes": list(self.notes),
        }

    def _set_origins(self) -> Rows:
        return [
            (setting, f"{origin}, {self.trust[setting]}" if setting in self.trust else origin)
            for setting, origin in self.origins.items()
            if origin != "default"
        ]

    def _reason(self) -> str:
        reasons = [part for part in (_REASONS.get(self.rule), self.source) if part]
        if self.rule == "pass-through" and self.source:
            reasons = [self.source]
        return f"{self.rule} ({'; '.join(reasons)})" if reasons else self.rule

    def __str__(self) -> str:
        lines = [f"{self.model} for {self.operation}", f"chosen by: {self._reason()}"]
        for number, target in enumerate(self.targets, 1):
            lines += ["", f"{number}. {target.name}", *_aligned(target.rows(), "   ")]
        if settings := self._set_origins():
            lines += ["", "settings", *_aligned(settings, "   ")]
        if self.notes:
            lines += ["", "notes", *(f"   {note}" for note in self.notes)]
        return printable("\n".join(lines))

    def _repr_html_(self) -> str:
        """The same as a table, for notebooks."""
        parts = [
            f"<p><b>{escape(self.model)}</b> for <code>{escape(self.operation)}</code>, "
            f"chosen by: {escape(self._reason())}</p>"
        ]
        for number, target in enumerate(self.targets, 1):
            parts.append(html_table(f"{number}. {target.name}", target.rows()))
        if settings := self._set_origins():
            parts.append(html_table("settings", settings))
        if self.notes:
            parts.append(html_table("notes", _block("", self.notes)))
        return "".join(parts)


def _block(label: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Several lines under one label, which only the first one shows."""
    for index, line in enumerate(lines):
        yield (label if index == 0 else ""), line


def _aligned(rows: Rows, indent: str) -> list[str]:
    width = max((len(label) for label, _ in rows), default=0)
    return [f"{indent}{label:<{width}}  {text}" for label, text in rows]
