"""A command as a process: its standard streams, and the exit codes of errors that the system raises."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from typing import TYPE_CHECKING

from notices.text.language import _, told

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_DISK_FULL = 5


class Words(argparse.ArgumentParser):
    """A parser that reports what it cannot print: argparse drops the error of a help text that nobody could read."""

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if message and file is sys.stdout:
            print(message, end="")
        else:
            super()._print_message(message, file)


def command_line() -> list[str]:
    """The words after the command's name. Where the locale cannot read them they are UTF-8, as everything else we read and write."""
    return [_readable(word) for word in sys.argv[1:]]


def positive(word: str) -> int:
    """A number of at least 1, for argparse."""
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(_("{text} is less than 1").format(text=word))
    return number


def _readable(word: str) -> str:
    try:
        word.encode()
    except UnicodeEncodeError:  # undecoded bytes, as surrogates
        return os.fsencode(word).decode("utf-8", "surrogateescape")
    return word


def prepare_streams() -> None:
    """Open the null device in place of closed standard streams, and escape the characters that an encoding lacks.

    No file that this process or its children make can be written by everybody, whatever the umask is.
    A closed descriptor would be given to the next file that is opened: what is printed would end in the database.
    """
    os.umask(os.umask(0o022) | 0o002)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (open as long as the process runs)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def is_disk_full(error: OSError) -> bool:
    """Whether a write failed for want of space."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def exit_code_of(error: OSError, command: str) -> int:
    """Report a system error on stderr and return its exit code; 0, silently, when nobody reads our output any more."""
    _discard(1)
    if isinstance(error, BrokenPipeError):
        return 0
    try:
        print(f"{command}: {error.filename or _('standard output')}: {told(error.strerror or str(error))}", file=sys.stderr, flush=True)
    except OSError:
        _discard(2)
    return _DISK_FULL if is_disk_full(error) else 2


def _discard(number: int) -> None:
    """Send what is still buffered for a stream to the null device, or the interpreter fails once more when it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)
