"""The doctor's findings together: what is wrong, and what to do in which order."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..._version import __version__
from ._configuration import SettingRow
from ._finding import CAUSES, Finding

__all__ = ["Action", "Report", "versions"]

# What the hints of errors say to whoever has not run the doctor yet.
_SELF = re.compile(r"\s*`azure-connector doctor`[^.]*\.")

_PACKAGES = ("openai", "azure-identity", "httpx", "httpx2", "aiohttp", "semantic-kernel", "litellm")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    Attributes:
        cause: what is wrong, by its short name.
        problem: the same as a sentence.
        subjects: the resources and deployments concerned.
        remedy: what to do.
        urgent: whether calls fail without it.
    """

    cause: str
    problem: str
    subjects: tuple[str, ...]
    remedy: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the doctor found.

    Attributes:
        findings: in the order of the way that a call takes.
        settings: what is configured, with secrets masked.
    """

    findings: tuple[Finding, ...]
    settings: tuple[SettingRow, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing failed."""
        return not any(finding.status == "failed" for finding in self.findings)

    @property
    def usable(self) -> bool:
        """Whether the settings can be used; nothing was sent where they cannot."""
        return not any(one.check == "settings" and one.status == "failed" for one in self.findings)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What to do, in order: failures first, each cause once, in the order of the way that a call takes."""
        bad = [one for one in self.findings if one.status == "failed"]
        doubtful = [one for one in self.findings if one.status == "warning" and one.cause]
        return (*_actions(bad, urgent=True), *_actions(doubtful, urgent=False))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON and bug reports."""
        return {
            "healthy": self.healthy,
            "actions": [
                {"cause": one.cause, "problem": one.problem, "subjects": list(one.subjects), "remedy": one.remedy}
                for one in self.actions
            ],
            "settings": [
                {"setting": row.setting, "value": row.value, "origin": row.origin, "trust": row.trust}
                for row in self.settings
            ],
            "findings": [finding.to_dict() for finding in self.findings],
            "versions": versions(),
        }


def _actions(findings: Iterable[Finding], *, urgent: bool) -> Iterable[Action]:
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.cause or "other", finding.remedy), []).append(finding)
    for (cause, hint), found in grouped.items():
        remedy = _SELF.sub("", hint).strip()
        subjects = tuple(dict.fromkeys(one.subject or one.resource for one in found if one.subject or one.resource))
        problem = next((text for name, text in CAUSES.items() if name == cause), "")
        yield Action(cause, problem, subjects, remedy, urgent)


def versions() -> dict[str, str]:
    """What runs here, for bug reports."""
    found = {"azure-connector": __version__, "python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
