"""Errors a user can act on. Each carries the exit code of the command line contract.

A message names the argument or file, the value met, and the way out; the shell prints it as one block
without a traceback (`--debug` shows the traceback).
"""

from collections.abc import Iterator
from contextlib import contextmanager


class L2BError(Exception):
    """Base of all expected failures; exit code 1."""

    exit_code = 1


class ConfigError(L2BError):
    """Wrong usage or configuration: unknown key, level, method or value; exit code 2."""

    exit_code = 2


class DataError(L2BError):
    """Data that cannot be used as it is: missing, truncated, mismatched; exit code 3."""

    exit_code = 3


class Terminated(L2BError):
    """SIGTERM stopped the work at a place it can go on from; the message says how; exit code 143."""

    exit_code = 143


class SomeCasesFailed(L2BError):
    """The command finished, but not for every case; the message lists them; exit code 4."""

    exit_code = 4


@contextmanager
def noted(faults: list[str]) -> Iterator[None]:
    """Turn a ConfigError into one fault among others, so that a user reads all of them at once."""
    try:
        yield
    except ConfigError as error:
        faults.append(str(error))
