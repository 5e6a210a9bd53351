"""The reading process: a JSON line with a size, then that many bytes in; a size line, then that many bytes of JSON out.

Before each member of an archive a line with its number goes out: a reader that crashes costs that member only.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from notices.attachment import AttachmentText
from pipeline.attachments.recognition import Recogniser, Turn
from pipeline.attachments.sandbox import confine

_PR_SET_PDEATHSIG = 1
_FILE_BYTES = 256 << 20
_STATUS = "/proc/self/status"
_NICE = 10  # recognising takes seconds of every core


class ExtractRequest(msgspec.Struct):
    """The head of a request; `size` bytes of the file follow."""

    size: int
    name: str
    media_type: str | None
    left_out: tuple[int, ...] = ()  # members that ended a worker before
    picture: int | None = None  # the picture to recognise, by a worker that has a recogniser


class ExtractResult(msgspec.Struct):
    """The text of a file, and the most memory that the process has had, in bytes.

    `pictures` counts those that could be recognised, `failure` says why the one asked for was not, `recogniser` by what.
    """

    text: AttachmentText
    memory: int
    pictures: int = 0
    failure: str | None = None
    recogniser: str = ""


def main() -> int:
    """Serve until standard input ends, as it does when the parent has ended."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    _end_with_parent(int(sys.argv[3]))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the output of a library must not get between the answers
    recogniser: Recogniser | None = importlib.import_module(sys.argv[4]).recogniser() if len(sys.argv) > 4 else None
    if recogniser is not None:
        os.nice(_NICE)
    with open(_STATUS, "rb") as status:  # before files are given up
        confine()  # a gap is told by `notices doctor`
        while head := sys.stdin.buffer.readline():
            _bound_time(seconds)
            request = msgspec.json.decode(head, type=ExtractRequest)
            result = _read(request, sys.stdin.buffer.read(request.size), recogniser, out)
            result.memory = _most_memory(status)
            _answer(out, result)
            signal.alarm(0)
    return 0


def _end_with_parent(parent: int) -> None:
    """Have the kernel end this process with its parent, also in the middle of a file; SIGTERM tells it from running out of time."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before the call
        sys.exit(0)


def _bound_time(seconds: int) -> None:
    """CPU time and wall time after which the kernel ends this process, whatever a library locks; the parent's own timer comes first."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    signal.alarm(2 * seconds + 1)


def _read(request: ExtractRequest, body: bytes, recogniser: Recogniser | None, out: BinaryIO) -> ExtractResult:
    from pipeline.attachments import limits, read  # with every format; the parent loads this module for the messages alone

    turn = None if recogniser is None or request.picture is None else Turn(recogniser, request.picture)

    def begin(number: int) -> None:
        out.write(b"@%d\n" % number)
        out.flush()

    try:
        budget = limits.Budget(begin=begin, left_out=request.left_out)
        text = read.read_attachment(body, request.name, request.media_type, turn, budget)
    except MemoryError:
        media_type = request.media_type or ""
        text = AttachmentText(request.name, outcome="too_large", media_type=media_type, detail="needs more memory than allowed")
    return ExtractResult(text, 0, turn.pictures if turn else 0, turn.failure if turn else None, recogniser.name if recogniser else "")


def _answer(out: BinaryIO, result: ExtractResult) -> None:
    data = msgspec.json.encode(result)
    out.write(b"%d\n" % len(data))
    out.write(data)
    out.flush()


def _most_memory(status: BinaryIO) -> int:
    """The most bytes that this program has had. Not ru_maxrss: that begins with those of the parent when it forked."""
    status.seek(0)
    for line in status:
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    sys.exit(main())
