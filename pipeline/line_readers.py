"""Imported lines read by several processes, in the order of the lines: reading is pure, so that storing alone has to stay in one process.

A reader gets a few lines through a pipe and answers before it gets more. It ends when the pipe is closed, so none outlives this process by more than
the lines that it is reading. One that ends by itself, or is killed, is started again and given its lines one by one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, NamedTuple, Protocol, TypeVar, cast

from notices.attachment import StoredAttachment
from notices.errors import OperatorError
from notices.model import Notice
from notices.text.language import _
from pipeline.imports import ImportedLine, notice_of
from pipeline.relations.duplicates import Sketch, sketch

_TOGETHER, _MOST_CHARACTERS = (
    16,
    300_000,
)  # lines of one message, and about as many characters of them: messages that wait have to fit into memory
ALONE = 300_000  # characters that are read before another process would have started
_PATIENCE = 2.0  # seconds in which a process whose pipe is closed ends by itself
_WAITING = 2  # messages that wait for each reader, read or not
_ROOT = str(Path(__file__).parents[1])
_PROGRAM = "import sys; from pipeline.line_readers import Connection, serve; serve(Connection(int(sys.argv[1])))"  # not -m: its classes would be others


class ReadLine(NamedTuple):
    """What an imported line describes: its notice and files, and the sketch by which copies are found."""

    notice: Notice
    files: list[StoredAttachment]
    sketched: Sketch


@dataclass(frozen=True, slots=True)
class Unread:
    """A line during which the process that read it ended, twice."""

    reason: str


class Readable(Protocol):
    """A line to read, and the region of its source."""

    @property
    def line(self) -> ImportedLine:
        """The line."""

    @property
    def region(self) -> str | None:
        """The region."""


Item = TypeVar("Item", bound=Readable)
_Pair = tuple[ImportedLine, str | None]


def free_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LineReaders(Generic[Item]):
    """So many processes that read lines; with one job the lines are read in this process. Raises OperatorError where none can be started.

    `alone`: so many characters are read in this process first, before it is worth it to start others.
    """

    def __init__(self, jobs: int, alone: int = 0) -> None:
        self._jobs, self._alone, self._idle = jobs, alone, SimpleQueue[_Reader]()
        self._readers = [_Reader() for _each in range(jobs if jobs > 1 else 0)]
        self._threads = ThreadPoolExecutor(jobs, "reader")

    def __enter__(self) -> LineReaders[Item]:
        for reader in self._readers:
            self._idle.put(reader)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for reader in self._readers:
            reader.end()
        self._threads.shutdown(cancel_futures=True)

    def read(self, items: Iterable[Item]) -> Iterator[tuple[Item, ReadLine | Unread]]:
        """Each item with what its line describes, in their order; few more are taken than are read."""
        stream = iter(items)
        for item in stream if self._alone or not self._readers else ():
            yield item, _read(item.line, item.region)
            self._alone -= len(item.line.text)
            if self._readers and self._alone <= 0:
                break
        waiting = deque[tuple[list[Item], Future[Sequence[ReadLine | Unread]]]]()
        for some in _messages(stream):
            waiting.append((some, self._threads.submit(self._together, [(item.line, item.region) for item in some])))
            if len(waiting) > _WAITING * self._jobs:
                yield from _answered(*waiting.popleft())
        while waiting:
            yield from _answered(*waiting.popleft())

    def _together(self, pairs: list[_Pair]) -> Sequence[ReadLine | Unread]:
        reader = self._idle.get()
        try:
            return reader.read(pairs)
        except _Ended:
            return [reader.read_alone(pair) for pair in pairs]
        finally:
            self._idle.put(reader)


def _answered(some: list[Item], read: Future[Sequence[ReadLine | Unread]]) -> Iterator[tuple[Item, ReadLine | Unread]]:
    return zip(some, read.result(), strict=True)


def _messages(items: Iterable[Item]) -> Iterator[list[Item]]:
    some, characters = list[Item](), 0
    for item in items:
        some.append(item)
        characters += len(item.line.text) + sum(len(file.text) for file in item.line.attachments)
        if len(some) >= _TOGETHER or characters >= _MOST_CHARACTERS:
            yield some
            some, characters = [], 0
    if some:
        yield some


def _read(line: ImportedLine, region: str | None) -> ReadLine:
    notice, files = notice_of(line, region)
    return ReadLine(notice, files, sketch(notice.text))


class _Ended(Exception):
    """The process of a reader has ended."""


class _Reader:
    """A process that reads, started when it is first asked."""

    def __init__(self) -> None:
        self._started: tuple[Connection, subprocess.Popen[bytes]] | None = None
        self._code, self._over, self._changing = 0, False, threading.Lock()

    def read(self, pairs: list[_Pair]) -> Sequence[ReadLine]:
        """What the lines describe. Raises _Ended if the process ends meanwhile, and what reading a line raises."""
        pipe = self._pipe()
        try:
            pipe.send(pairs)
            answer = pipe.recv()
        except (EOFError, OSError) as error:
            self._leave(over=self._over)
            raise _Ended from error
        if isinstance(answer, BaseException):
            raise answer
        return cast("Sequence[ReadLine]", answer)

    def read_alone(self, pair: _Pair) -> ReadLine | Unread:
        """What one line describes, for a reader whose process has ended; a second end is that line's."""
        try:
            return self.read([pair])[0]
        except _Ended:
            code = self._code
            how = _("signal {number}").format(number=-code) if code < 0 else _("exit code {code}").format(code=code)
            return Unread(_("the process that read it ended ({how})").format(how=how))

    def _pipe(self) -> Connection:
        with self._changing:
            if self._over:
                raise _Ended
            if self._started is None:
                self._started = _start()
            return self._started[0]

    def end(self) -> None:
        """Kill the process; whoever asks it afterwards gets _Ended."""
        self._leave(over=True)

    def _leave(self, *, over: bool) -> None:
        with self._changing:
            self._over |= over
            if self._started is not None:
                pipe, process = self._started
                if not over:
                    pipe.close()  # its other end is closed, or nothing that it says is read
                    self._started = None
                with suppress(subprocess.TimeoutExpired):
                    self._code = process.wait(0 if over else _PATIENCE)
                process.kill()
                process.wait()


def _start() -> tuple[Connection, subprocess.Popen[bytes]]:
    """A new process: no environment (it may contain passwords), no files but its pipe, a session of its own (we handle Ctrl-C)."""
    ours, theirs = Pipe()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={"PYTHONPATH": _ROOT, "LC_ALL": "C.UTF-8"},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    try:
        ours.recv()
    except (EOFError, OSError) as error:
        code = process.wait()
        if code < 0:  # somebody ended it
            raise _Ended from error
        raise OperatorError(_("a process that reads lines cannot be started (exit code {code})").format(code=code)) from error
    return ours, process


def serve(pipe: Connection) -> None:
    """Read the lines that come through the pipe until it is closed; an error of reading one is the answer."""
    with suppress(EOFError, ConnectionError):  # nobody waits for us any more
        pipe.send(True)
        while True:
            pairs = cast("list[_Pair]", pipe.recv())
            try:
                answer: object = [_read(*pair) for pair in pairs]
            except Exception as error:  # whatever it is, the process that started this one raises it
                answer = error
            pipe.send(answer)
