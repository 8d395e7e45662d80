"""Finds out why a setup does not work, and says what to do: `azure-connector doctor`."""

from ._call import cause_of
from ._configuration import SettingRow
from ._examination import examine
from ._finding import CAUSES, Finding, Step
from ._report import Action, Report

__all__ = ["CAUSES", "Action", "Finding", "Report", "SettingRow", "Step", "cause_of", "examine"]
