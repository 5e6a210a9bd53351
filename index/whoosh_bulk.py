"""Documents become segments: in this process, or for many of them in further ones, each with a segment of its own in hand.

A further process gets batches through a pipe, one at a time, and says when it is ready for the next. It ends when the
pipe does, so none outlives this process by more than the segment it is writing.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from multiprocessing.connection import Connection, wait
from typing import Any

from whoosh.filedb.filestore import FileStorage

from index.whoosh_segment import Kept, Pending, write_segment

ALONE = 2_000_000  # characters that are counted before a further process would have begun
Segment = tuple[Any, set[int]]


def segments_of(storage: Any, schema: Any, batches: Iterable[list[Kept]], workers: int) -> Generator[Segment, None, None]:
    """Segments on disk, in no table of contents yet, each with the ids that those before must lose: of two with one id the last counts."""
    first, stream = list[list[Kept]](), iter(batches)
    if workers and not multiprocessing.current_process().daemon:
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
            yield write_segment(storage, schema, pending), set(pending.numbers)
            pending = Pending()
    if pending.displays:
        yield write_segment(storage, schema, pending), set(pending.numbers)


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
            late.append((write_segment(storage, schema, pending), set(pending.numbers)))
            pending = Pending()
        if rising:
            yield rising
    if pending.displays:
        late.append((write_segment(storage, schema, pending), set(pending.numbers)))


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
    context = multiprocessing.get_context("spawn")  # a copy of this process would hold its database and its threads
    pairs = [context.Pipe() for _ in range(workers)]
    processes = [context.Process(target=_serve, args=(theirs, folder, schema), daemon=True) for _, theirs in pairs]
    try:
        for process, (_, theirs) in zip(processes, pairs, strict=True):
            process.start()
            theirs.close()
        yield [ours for ours, _ in pairs]
    except BaseException:
        for process in processes:
            if process.pid is not None:
                process.kill()
        raise
    finally:
        for (ours, _), process in zip(pairs, processes, strict=True):
            ours.close()
            if process.pid is not None:
                process.join()


def _serve(pipe: Connection, folder: str, schema: Any) -> None:
    """Count the batches that come through the pipe; at the end send the segments, or what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a key pressed in the terminal reaches every process: the first one decides
    with suppress(EOFError, ConnectionError):  # nobody waits for us any more
        try:
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
