"""The reading process: a JSON line with a size, then that many bytes in; a size line, then that many bytes of JSON out."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from notices.attachment import AttachmentText
from pipeline.attachments.sandbox import confine

_PR_SET_PDEATHSIG = 1
_FILE_BYTES = 256 << 20
_STATUS = "/proc/self/status"


class ExtractRequest(msgspec.Struct):
    """The head of a request; `size` bytes of the file follow."""

    size: int
    name: str
    media_type: str | None


class ExtractResult(msgspec.Struct):
    """The text of a file, and the most memory that the process has had, in bytes."""

    text: AttachmentText
    memory: int


def main() -> int:
    """Serve until standard input ends, as it does when the parent has ended."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    _end_with_parent(int(sys.argv[3]))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the output of a library must not get between the answers
    from pipeline.attachments.read import read_attachment  # with every format; the parent loads this module for the messages alone

    with open(_STATUS, "rb") as status:  # before files are given up
        confine()  # a gap is told by `notices doctor`
        while head := sys.stdin.buffer.readline():
            _bound_time(seconds)
            request = msgspec.json.decode(head, type=ExtractRequest)
            text = _read(read_attachment, request, sys.stdin.buffer.read(request.size))
            _answer(out, ExtractResult(text, _most_memory(status)))
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


def _read(read: Callable[[bytes, str, str | None], AttachmentText], request: ExtractRequest, body: bytes) -> AttachmentText:
    try:
        return read(body, request.name, request.media_type)
    except MemoryError:
        return AttachmentText(
            request.name, outcome="too_large", media_type=request.media_type or "", detail="needs more memory than allowed"
        )


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
