"""The reading process: a JSON line with a size, then that many bytes in; a size line, then that many bytes of JSON out."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from pipeline.attachments.read import read_attachment


def main() -> int:
    """Serve until standard input ends, as it does when the parent is gone."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    while head := sys.stdin.buffer.readline():
        _bound_time(seconds)
        asked = json.loads(head)
        _answer(out, _read(asked, sys.stdin.buffer.read(asked["size"])))
    return 0


def _bound_time(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _read(asked: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        found = read_attachment(body, asked["name"], asked["media_type"])
    except MemoryError:
        return {"outcome": "too_large", "media_type": asked["media_type"] or "", "pages": [], "detail": "needs more memory than allowed"}
    pages = [page.encode("utf-8", "replace").decode() for page in found.pages]
    return {"outcome": found.outcome, "media_type": found.media_type, "pages": pages, "detail": found.detail}


def _answer(out: BinaryIO, value: dict[str, Any]) -> None:
    data = json.dumps(value, ensure_ascii=False).encode()
    out.write(f"{len(data)}\n".encode() + data)
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
