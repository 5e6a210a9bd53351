"""Reading attachments in a process of its own, bounded in memory and time, killed when it overruns."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

import msgspec

from notices.attachment import AttachmentText
from notices.text.html import clean
from pipeline.attachments.limits import MAX_TEXT
from pipeline.attachments.worker import ExtractRequest, ExtractResult

SECONDS, MEMORY = 30.0, 1 << 30
MAX_BODY = 64 << 20
_MAX_ANSWER = 8 * MAX_TEXT
_TRIES = 2
_MOST_CRASHES = 5  # of one file: each costs a new process
_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGALRM)
_WORKER = "pipeline.attachments.worker"
_ROOT = str(Path(__file__).resolve().parents[2])


class Extractor:
    """A worker process that reads one file after another; started when first needed, again after it was killed.

    Any thread may call it; files are read one at a time. Close it, or use it in a with statement.
    `recogniser` names the module whose `recogniser()` the worker loads (pipeline.attachments.recognition); its memory should allow for it.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY, recogniser: str | None = None) -> None:
        self._seconds, self._memory, self._recogniser = seconds, memory, recogniser
        self._worker: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._begun: int | None = None  # the member of an archive that the worker reads

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def extract(self, body: bytes, name: str = "", media_type: str | None = None) -> AttachmentText:
        """The file's text. A file that overruns its bounds is too_large, one that breaks the worker broken; nothing is raised."""
        text = self._extract(body, ExtractRequest(len(body), clean(name), clean(media_type or "") or None)).text
        return text._replace(name=name, media_type=text.media_type or media_type or "")

    def recognise(self, body: bytes, picture: int) -> ExtractResult:
        """The file's text with one of its pictures recognised (from 0), and how many there are. A failure is in the result."""
        return self._extract(body, ExtractRequest(len(body), "", None, picture=picture))

    def _extract(self, body: bytes, request: ExtractRequest) -> ExtractResult:
        if len(body) > MAX_BODY:
            return _failed("too_large", f"{len(body)} bytes")
        with self._lock:
            for _ in range(_MOST_CRASHES):
                found = self._tried(msgspec.json.encode(request) + b"\n", body)
                if self._begun is None or self._begun in request.left_out or request.picture is not None:
                    return found
                request.left_out = (*request.left_out, self._begun)  # a member ended the worker: the others are read without it
        return found

    def _tried(self, head: bytes, body: bytes) -> ExtractResult:
        for _ in range(_TRIES):
            found = self._attempt(head, body)
            if found is not None:
                return found
        return _failed("broken", "the reader was ended from outside")

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._end()

    def _attempt(self, head: bytes, body: bytes) -> ExtractResult | None:
        """The answer for one file, or None when the worker ended for a reason of its own: then it is worth another try."""
        worker = self._started()
        self._begun = None
        late = threading.Event()
        timer = threading.Timer(self._seconds, _overrun, (worker, late))
        timer.start()
        try:
            answer, begun = _send(worker, head, body)
        finally:
            timer.cancel()
        if answer is not None:
            if answer.memory > self._memory // 4:  # a heap that has grown does not shrink
                self._end()
            return answer
        ended = self._end()
        if late.is_set() or ended in _OUT_OF_TIME:
            return _failed("too_large", f"takes longer than {self._seconds:g} s")
        if ended == -signal.SIGTERM:  # the thread that had started it has ended
            return None
        self._begun = begun
        return _failed("broken", _end_of_worker(ended))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self._end()
            self._worker = _start(self._memory, self._seconds, self._recogniser)
        return self._worker

    def _end(self) -> int | None:
        """End the worker if there is one; its exit status, negative for a signal."""
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            return worker.wait(0.5)  # it ends by itself when its input does
        except subprocess.TimeoutExpired:
            worker.kill()
            return worker.wait()


def extract(
    body: bytes, name: str = "", media_type: str | None = None, *, seconds: float = SECONDS, memory_bytes: int = MEMORY
) -> AttachmentText:
    """The text of one file, read in a process made for it. Never raises for the content of a file."""
    with Extractor(seconds=seconds, memory=memory_bytes) as extractor:
        return extractor.extract(body, name, media_type)


def confinement_gaps() -> list[str]:
    """What a worker on this system cannot give up, each with the reason (pipeline.attachments.sandbox): tried in a process of its own."""
    command = [sys.executable, "-P", "-m", "pipeline.attachments.sandbox"]
    try:
        tried = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return [f"files and network: {error}"]
    return tried.stdout.splitlines()


def _environment() -> dict[str, str]:
    """Of a worker: nothing of the parent's, which may contain passwords."""
    return {"PYTHONPATH": _ROOT, "LC_ALL": "C.UTF-8"}


def _start(memory: int, seconds: float, recogniser: str | None) -> subprocess.Popen[bytes]:
    """A new worker: no environment, no files but its pipes, a session of its own (Ctrl-C is the parent's to handle)."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", _WORKER, str(memory), str(int(seconds) + 1), str(os.getpid()), *([recogniser] if recogniser else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    )


def _failed(outcome: str, detail: str) -> ExtractResult:
    return ExtractResult(AttachmentText(outcome=outcome, detail=detail), 0, failure=detail)


def _overrun(worker: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    worker.kill()


def _send(worker: subprocess.Popen[bytes], head: bytes, body: bytes) -> tuple[ExtractResult | None, int | None]:
    """The answer, and without one the number of the member that the worker had begun to read."""
    stdin, stdout, begun = worker.stdin, worker.stdout, None
    if stdin is None or stdout is None:
        return None, None
    try:
        stdin.write(head)
        stdin.write(body)
        stdin.flush()
        while (size := stdout.readline(20)).startswith(b"@"):
            begun = int(size[1:])
        if not size or not 0 < int(size) <= _MAX_ANSWER:
            return None, begun
        return msgspec.json.decode(stdout.read(int(size)), type=ExtractResult), None
    except (OSError, ValueError, msgspec.MsgspecError):
        return None, begun


def _end_of_worker(status: int | None) -> str:
    if status == -signal.SIGABRT:
        return "the reader ran out of memory or gave up on the file"
    return f"the reader broke off (status {status})"
