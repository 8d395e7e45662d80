"""The Responses API of the emulated resource."""

from __future__ import annotations
