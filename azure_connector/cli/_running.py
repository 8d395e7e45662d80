"""What all commands share: expected errors become readable lines and exit codes, never a traceback."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec

import typer

from azure_connector._utils import printable

from ._pipes import PIPE_CLOSED

if TYPE_CHECKING:
    from ..settings import ConnectorSettings

__all__ = ["ENV_FILE", "INTERRUPTED", "PROBLEM", "USAGE", "fail", "load_settings", "reported", "set_up_logging"]

PROBLEM = 1
"""Something is wrong: a check or a call failed."""
USAGE = 2
"""The command line or the settings cannot be used; nothing was sent."""
INTERRUPTED = 130
"""Ctrl-C, as shells count it."""

_P = ParamSpec("_P")


ENV_FILE: ContextVar[str | None] = ContextVar("azure_connector_env_file", default=None)
"""The file of variables that the command line names."""


def reported(command: Callable[_P, None]) -> Callable[_P, None]:
    """A command whose expected errors are told in words, with the exit code that belongs to them."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except KeyboardInterrupt:
            sys.stderr.write("\nStopped.\n")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise typer.Exit(PIPE_CLOSED) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:  # the expected classes are the SDK's, and loaded only when there is an error
            code = _expected(error)
            if code is None:
                raise
            sys.stderr.write(printable(f"Error: {error}\n"))
            raise typer.Exit(code) from None

    return run


def _expected(error: Exception) -> int | None:
    """The exit code for an error that is no fault of the program's; None for one that is."""
    import openai

    from ..errors import ConfigurationError, InvalidRequestError

    if isinstance(error, ConfigurationError | InvalidRequestError | ImportError):
        return USAGE
    return PROBLEM if isinstance(error, openai.OpenAIError | OSError) else None


def fail(message: str, code: int = USAGE) -> NoReturn:
    """Says what is wrong and ends the command."""
    sys.stderr.write(printable(f"Error: {message}\n"))
    raise typer.Exit(code)


def load_settings(config: str | None, endpoint: str | None, **more: object) -> ConnectorSettings:
    """The settings for a command.

    Args:
        config: the TOML file that the command line names.
        endpoint: the endpoint that it names.
        more: further settings; None means not given.

    Raises:
        ConfigurationError: they cannot be read.
    """
    from ..settings import ConnectorSettings

    given: dict[str, Any] = {"config_file": config, "env_file": ENV_FILE.get(), "azure_endpoint": endpoint, **more}
    return ConnectorSettings(**{name: value for name, value in given.items() if value is not None})


def set_up_logging(verbose: bool) -> None:
    """Without `--verbose` the package's log is not for the terminal: what matters is in the output."""
    logger = logging.getLogger("azure_connector")
    if verbose:
        handler: logging.Handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        logger.setLevel(logging.DEBUG)
    else:
        handler = logging.NullHandler()
    logger.addHandler(handler)
