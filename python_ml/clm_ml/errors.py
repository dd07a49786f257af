"""What can go wrong, each with its exit code. The message says what happened; the remedy says what to type."""

from __future__ import annotations


class ClmError(Exception):
    """The work failed (exit 1)."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(ClmError):
    """The command was typed wrong (exit 2)."""

    exit_code = 2


class DataRefused(ClmError):
    """The data do not allow it: too few rows, a leak, a broken contract (exit 3)."""

    exit_code = 3


class NotTrained(DataRefused):
    """There is no model to score with, or to speak of."""


class WarehouseUnavailable(ClmError):
    """The warehouse is locked or missing (exit 4)."""

    exit_code = 4
