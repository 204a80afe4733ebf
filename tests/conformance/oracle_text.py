# SPDX-License-Identifier: BSL-1.0
"""The errors of the conformance language, and how values, errors and arguments read in a trace."""
import asyncio

from oracle_loop import LeftOut

ERRORS = (Exception, asyncio.CancelledError)


class AppError(Exception):
    pass


class IoError(Exception):
    pass


class DataError(Exception):
    pass


PROGRAM_ERRORS = (AppError, IoError, DataError)
BARE_ERRORS = (ValueError, RuntimeError, TimeoutError, asyncio.QueueFull, asyncio.QueueEmpty,
               asyncio.InvalidStateError, asyncio.BrokenBarrierError)
RAISED = {kind.__name__: kind for kind in
          PROGRAM_ERRORS + (ValueError, RuntimeError, TimeoutError, asyncio.CancelledError)}


def error_text(error):
    kind = type(error)
    if kind in PROGRAM_ERRORS:
        return f"{kind.__name__}({error.args[0]})"
    if kind in BARE_ERRORS:
        return kind.__name__
    if kind is asyncio.CancelledError:
        message = error.args[0] if error.args else ""
        return f"CancelledError({message})" if message else "CancelledError"
    if kind is ExceptionGroup:
        return "ExceptionGroup[" + ",".join(map(error_text, error.exceptions)) + "]"
    raise LeftOut(f"error {kind.__name__}")


def text(value):
    if isinstance(value, BaseException):
        return error_text(value)
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return str(value)


def refs_text(refs):
    return "[" + ",".join(refs) + "]"


def make_error(kind, message):
    return RAISED[kind]() if message is None else RAISED[kind](message)


def matches(pattern, error):
    if pattern == "Any":
        return True
    if pattern == "Exception":
        return isinstance(error, Exception)
    return type(error).__name__ == pattern
