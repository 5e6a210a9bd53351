"""Documents become segments: in this process, or, for many documents, in worker processes that write a segment each.

A worker gets batches through a pipe, one at a time, and reports when it is ready for the next. It ends when the pipe is
closed, so no worker outlives this process by more than the segment that it is writing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index.whoosh.segment import NewSegment, SegmentBuffer, StoredDocument, write_segment
from index.whoosh.storage import IndexStorage

if TYPE_CHECKING:
    from index.whoosh.interfaces import Schema, Storage

ALONE = 2_000_000  # this many characters are counted before a worker would have started
_ROOT = str(Path(__file__).parents[2])


def segments_of(
    storage: Storage, schema: Schema, batches: Iterable[list[StoredDocument]], workers: int
) -> Generator[NewSegment, None, None]:
    """The documents as segments; of two documents with one id the last counts."""
    first, stream = list[list[StoredDocument]](), iter(batches)
    if workers:
        characters = 0
        for batch in stream:
            first.append(batch)
            characters += sum(len(part) for document in batch for part in document.parts)
            if characters > ALONE:
                yield from _shared(storage, schema, chain(first, stream), workers)
                return
    yield from _alone(storage, schema, chain(first, stream))


def _alone(storage: Storage, schema: Schema, batches: Iterable[Iterable[StoredDocument]]) -> Iterator[NewSegment]:
    buffer = SegmentBuffer()
    for batch in batches:
        for document in batch:
            buffer.add(document)
        if buffer.full():
            yield _written(storage, schema, buffer)
            buffer = SegmentBuffer()
    if buffer.displays:
        yield _written(storage, schema, buffer)


def _written(storage: Storage, schema: Schema, buffer: SegmentBuffer) -> NewSegment:
    return NewSegment(write_segment(storage, schema, buffer), set(buffer.numbers))


def _shared(storage: Storage, schema: Schema, batches: Iterable[list[StoredDocument]], workers: int) -> Iterator[NewSegment]:
    """The segments of all workers, whose ids ascend so that none occurs twice, then those of the documents that came out of order."""
    late = list[NewSegment]()
    with _processes(storage.folder, schema, workers) as pipes:
        for made in _distributed(pipes, _ascending(storage, schema, batches, late)):
            yield made._replace(replaced=set())
    yield from late


def _ascending(
    storage: Storage, schema: Schema, batches: Iterable[list[StoredDocument]], late: list[NewSegment]
) -> Iterator[list[StoredDocument]]:
    """The batches without documents whose id does not exceed all earlier ones; those become segments here, in their order."""
    highest, buffer = 0, SegmentBuffer()
    for batch in batches:
        rising = list[StoredDocument]()
        for document in batch:
            if document.row[0] > highest:
                highest = document.row[0]
                rising.append(document)
            else:
                buffer.add(document)
        if buffer.full():
            late.append(_written(storage, schema, buffer))
            buffer = SegmentBuffer()
        if rising:
            yield rising
    if buffer.displays:
        late.append(_written(storage, schema, buffer))


def _distributed(pipes: list[Connection], batches: Iterable[list[StoredDocument]]) -> Iterator[NewSegment]:
    """Give every batch to a worker that is ready for one; yield the segments that they wrote."""
    for batch in batches:
        with _talking():
            ready = cast(Connection, wait(pipes)[0])
            _receive(ready)
            ready.send(batch)
    with _talking():
        for pipe in pipes:
            _receive(pipe)
            pipe.send(None)
        made = [cast("list[NewSegment]", _receive(pipe)) for pipe in pipes]
    yield from chain.from_iterable(made)


@contextmanager
def _talking() -> Iterator[None]:
    """Raises ChildProcessError when the worker at the other end has ended."""
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise ChildProcessError("a process that counted documents has ended") from error


def _receive(pipe: Connection) -> object:
    """The next message of a worker. Raises the error that it reports."""
    message: object = pipe.recv()
    if isinstance(message, BaseException):
        raise message
    return message


@contextmanager
def _processes(folder: str, schema: Schema, workers: int) -> Iterator[list[Connection]]:
    """Pipes to that many workers; none of them is left at the end, whatever happens."""
    started = [_start() for _ in range(workers)]
    try:
        with _talking():
            for pipe, _ in started:
                pipe.send((folder, schema))
        yield [pipe for pipe, _ in started]
    except BaseException:
        for _, process in started:
            process.kill()
        raise
    finally:
        for pipe, process in started:
            pipe.close()
            process.wait()


def _start() -> tuple[Connection, subprocess.Popen[bytes]]:
    """A new worker: no environment (it may contain passwords), no files but its pipe, a session of its own (we handle Ctrl-C)."""
    ours, theirs = Pipe()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "index.whoosh.workers", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={"PYTHONPATH": _ROOT, "LC_ALL": "C.UTF-8"},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return ours, process


def serve(pipe: Connection) -> None:
    """Count the batches that come through the pipe; at the end send the segments, or the error."""
    with suppress(EOFError, ConnectionError):  # nobody waits for us any more
        try:
            folder, schema = pipe.recv()
            made = list(_alone(cast("Storage", IndexStorage(folder)), schema, _received(pipe)))
        except (EOFError, ConnectionError):
            raise
        except Exception as error:  # whatever it is, the process that started this one reports it
            pipe.send(error)
        else:
            pipe.send(made)


def _received(pipe: Connection) -> Iterator[list[StoredDocument]]:
    pipe.send(True)
    while (batch := pipe.recv()) is not None:
        yield batch
        pipe.send(True)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
