"""Reading attachments in a process of its own, bounded in memory and time, killed when it overruns."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from types import TracebackType
from typing import Any

from notices.model import AttachmentText

SECONDS, MEMORY = 30.0, 1 << 30
MAX_BODY = 64 << 20


class Extractor:
    """A worker process that reads one file after another; started when first needed, again after it was killed."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._worker: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def extract(self, body: bytes, name: str = "", media_type: str | None = None) -> AttachmentText:
        """The file's text. A file that breaks the worker or its bounds is broken; nothing is raised."""
        if len(body) > MAX_BODY:
            return AttachmentText("too_large", media_type or "", detail=f"{len(body)} bytes")
        with self._lock:
            answer = self._ask(body, name, media_type)
            if answer is None:
                self._end()
                return AttachmentText("broken", media_type or "", detail=f"the reader broke off or took longer than {self._seconds:g} s")
        return AttachmentText(answer["outcome"], answer["media_type"], tuple(answer["pages"]), answer["detail"])

    def _ask(self, body: bytes, name: str, media_type: str | None) -> dict[str, Any] | None:
        worker = self._started()
        stdin, stdout = worker.stdin, worker.stdout
        if stdin is None or stdout is None:
            return None
        timer = threading.Timer(self._seconds, worker.kill)
        timer.start()
        try:
            head = json.dumps({"size": len(body), "name": name, "media_type": media_type}).encode() + b"\n"
            stdin.write(head + body)
            stdin.flush()
            size = stdout.readline()
            data = stdout.read(int(size)) if size else b""
            return json.loads(data) if data else None
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self._end()
            command = [sys.executable, "-m", "pipeline.attachments.worker", str(self._memory), str(int(self._seconds) + 1)]
            self._worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        return self._worker

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        worker.wait()

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._end()
