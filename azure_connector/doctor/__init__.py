"""Finds out why a setup does not work, and says what to do: `azure-connector doctor`."""

from .examination import examine
from .finding import CAUSES, Finding, Step
from .report import Action, Report

__all__ = ["CAUSES", "Action", "Finding", "Report", "Step", "examine"]
