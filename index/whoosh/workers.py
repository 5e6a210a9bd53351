"""Documents become segments: in this process, or for many of them in further ones, each with a segment of its own in hand.

A further process gets batches through a pipe, one at a time, and says when it is ready for the next. It ends when the
pipe does, so none outlives this process by more than the segment it is writing.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage

from index.whoosh.segment import Kept, Pending, write_segment

ALONE = 2_000_000  # characters that are counted before a further process would have begun
Segment = tuple[Any, set[int]]
_ROOT = str(Path(__file__).parents[2])


def segments_of(storage: Any, schema: Any, batches: Iterable[list[Kept]], workers: int) -> Generator[Segment, None, None]:
    """Segments on disk, in no table of contents yet, each with the ids that those before must lose: of two with one id the last counts."""
    first, stream = list[list[Kept]](), iter(batches)
    if workers:
        letters = 0
        for batch in stream:
            first.append(batch)
            letters += sum(len(part) for document in batch for part in document.parts)
            if letters > ALONE:
                yield from _shared(storage, schema, chain(first, stream), workers)
                return
    yield from _alone(storage, schema, chain(first, stream))


def _alone(storage: Any, schema: Any, batches: Iterable[Iterable[Kept]]) -> Iterator[Segment]:
    pending = Pending()
    for batch in batches:
        for document in batch:
            pending.add(document)
        if pending.full():
            yield _written(storage, schema, pending)
            pending = Pending()
    if pending.displays:
        yield _written(storage, schema, pending)


def _written(storage: Any, schema: Any, pending: Pending) -> Segment:
    return write_segment(storage, schema, pending), set(pending.numbers)


def _shared(storage: Any, schema: Any, batches: Iterable[list[Kept]], workers: int) -> Iterator[Segment]:
    """The segments of all processes, which hold ascending ids and so no id twice, then those of what came out of order."""
    late = list[Segment]()
    with _processes(storage.folder, schema, workers) as pipes:
        for segment, _idents in _handed_out(pipes, _ascending(storage, schema, batches, late)):
            yield segment, set()
    yield from late


def _ascending(storage: Any, schema: Any, batches: Iterable[list[Kept]], late: list[Segment]) -> Iterator[list[Kept]]:
    """The batches without documents whose id is no higher than one before; those become segments here, in their order."""
    highest, pending = 0, Pending()
    for batch in batches:
        rising = list[Kept]()
        for document in batch:
            if document.row[0] > highest:
                highest = document.row[0]
                rising.append(document)
            else:
                pending.add(document)
        if pending.full():
            late.append(_written(storage, schema, pending))
            pending = Pending()
        if rising:
            yield rising
    if pending.displays:
        late.append(_written(storage, schema, pending))


def _handed_out(pipes: list[Connection], batches: Iterable[list[Kept]]) -> Iterator[Segment]:
    """Give every batch to a process that is ready for one; what they made of all of them."""
    for batch in batches:
        with _talking():
            ready: Any = wait(pipes)[0]
            _answer(ready)
            ready.send(batch)
    with _talking():
        for pipe in pipes:
            _answer(pipe)
            pipe.send(None)
        made = [segment for pipe in pipes for segment in _answer(pipe)]
    yield from made


@contextmanager
def _talking() -> Iterator[None]:
    """Raises ChildProcessError when the process that one talks to is gone."""
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise ChildProcessError("a process that counted documents is gone") from error


def _answer(pipe: Connection) -> Any:
    """What a process says. Raises what went wrong there."""
    said = pipe.recv()
    if isinstance(said, BaseException):
        raise said
    return said


@contextmanager
def _processes(folder: str, schema: Any, workers: int) -> Iterator[list[Connection]]:
    """Pipes to that many processes; whatever happens, none of them is left when it ends."""
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
    """A new process: no environment (it may hold passwords), no files but its pipe, a session of its own (Ctrl-C is ours to handle)."""
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
    """Count the batches that come through the pipe; at the end send the segments, or what went wrong."""
    with suppress(EOFError, ConnectionError):  # nobody waits for us any more
        try:
            folder, schema = pipe.recv()
            made = list(_alone(FileStorage(folder, supports_mmap=True), schema, _received(pipe)))
        except (EOFError, ConnectionError):
            raise
        except Exception as error:  # whatever it is, the process that asked for this has to tell it
            pipe.send(error)
        else:
            pipe.send(made)


def _received(pipe: Connection) -> Iterator[list[Kept]]:
    pipe.send(True)
    while (batch := pipe.recv()) is not None:
        yield batch
        pipe.send(True)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
