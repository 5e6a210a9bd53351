"""Notices as one Parquet file (extra `parquet`): the rows of an export with their texts, in groups, read and written in constant memory.

The file's footer, which comes last, has the count of its notices: a file that broke off has no footer, and no program opens it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from queue import SimpleQueue
from threading import BoundedSemaphore, Event, Thread
from typing import IO, TYPE_CHECKING, cast

from notices.errors import BadInput
from notices.text.language import _
from notices.version import PROGRAM
from operations.read.export import COLUMNS, Row, json_line

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

MEDIA_TYPE = "application/vnd.apache.parquet"
_BATCH, _GROUP = 50, 500  # notices made into columns at once; notices of a row group, which is in memory in its packed form
_PIECE, _WAITING = 256 * 1024, 8  # bytes handed on at once, and pieces that may wait
_NUMBERS = frozenset({"id", "revision"})
_DAYS = frozenset({"published_date", "written_date", "effective_date", "expiry_date"})
_TIMES = frozenset({"first_seen_at", "last_seen_at"})

Write = Callable[[bytes], object]


def is_installed() -> bool:
    """Whether the extra is there."""
    return find_spec("arro3") is not None and find_spec("arro3.io") is not None


def require() -> None:
    """Raise BadInput without the extra."""
    if not is_installed():
        raise BadInput(_("the format parquet needs the extra parquet: pip install 'notices-archive[parquet]'"))


def write_parquet(found: Iterable[Row], write: Write) -> int:
    """Write the rows as a Parquet file; their number. Raises what reading a row or writing raises: the file then has no footer."""
    from arro3.core import RecordBatchReader  # an extra: see require
    from arro3.io import write_parquet as write_file  # an extra: see require

    out, schema = _Out(write), _schema()
    read = _Read(found, out)
    try:
        write_file(
            RecordBatchReader.from_batches(schema, read.batches(schema)),
            cast("IO[bytes]", out),
            compression="zstd(3)",
            max_row_group_size=_GROUP,
            created_by=PROGRAM,
        )
    except Exception:
        if read.error is not None:  # arro3 tells it as a text
            raise read.error from None
        raise
    out.raise_error()
    return read.count


class _Out(io.RawIOBase):
    """Where arro3 writes. An error of writing ends its thread by a panic, so it is kept, and ends the reading instead."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._error: Exception | None = None

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: object) -> int:
        """Write the bytes, unless an earlier write failed."""
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        if self._error is None:
            try:
                self._write(piece)
            except Exception as error:  # told by raise_error
                self._error = error
        return len(piece)

    def raise_error(self) -> None:
        """Raise the error of a write."""
        if self._error is not None:
            raise self._error


class _Read:
    """The rows as batches of columns; `count` of them were read, and `error` is what ended them early."""

    def __init__(self, found: Iterable[Row], out: _Out) -> None:
        self._found, self._out = iter(found), out
        self.count = 0
        self.error: Exception | None = None

    def batches(self, schema: Schema) -> Iterator[RecordBatch]:
        """Each batch."""
        from arro3.io import read_json  # an extra: see require

        try:
            while rows := list(islice(self._found, _BATCH)):
                self._out.raise_error()
                self.count += len(rows)
                yield from read_json(io.BytesIO("".join(map(json_line, rows)).encode()), schema)
        except Exception as error:
            self.error = error
            raise


def _schema() -> Schema:
    """The columns: those of the other formats, then addressees, text and attachments. Days and times have types of their own."""
    from arro3.core import DataType, Field, Schema  # an extra: see require

    text = DataType.string()
    texts = DataType.list(Field("item", text))
    file = DataType.struct([*(Field(name, text) for name in ("name", "url", "media_type", "outcome", "digest")), Field("pages", texts)])
    kinds = {"addressees": texts, "attachments": DataType.list(Field("item", file))}
    kinds |= dict.fromkeys(_NUMBERS, DataType.int64()) | dict.fromkeys(_DAYS, DataType.date32())
    kinds |= dict.fromkeys(_TIMES, DataType.timestamp("us", tz="UTC"))
    return Schema(
        [Field(name, kinds.get(name, text), nullable=name not in _NUMBERS) for name in (*COLUMNS, "addressees", "text", "attachments")]
    )


def parquet_pieces(found: Iterable[Row]) -> Iterator[bytes]:
    """The file in pieces, made in a thread of its own while it is read. Raises as write_parquet does."""
    pipe = _Pipe()
    Thread(target=pipe.fill, args=(found,), name="parquet", daemon=True).start()
    try:
        yield from pipe.pieces()
    finally:
        pipe.close()  # the thread ends with its batch; a server that closes this generator does not wait for it


class _Gone(Exception):
    """Nobody reads the pieces any more."""


class _Pipe:
    """Pieces between the thread that makes them and the one that sends them; a few wait at most."""

    def __init__(self) -> None:
        self._pieces = SimpleQueue[bytes | Exception | None]()
        self._room = BoundedSemaphore(_WAITING)
        self._closed = Event()
        self._waiting = bytearray()

    def fill(self, found: Iterable[Row]) -> None:
        """Make the file; its end is None, or the error."""
        end: Exception | None = None
        try:
            write_parquet(found, self._write)
            self._put()
        except Exception as error:  # told to the reader
            end = error
        self._pieces.put(end)

    def _write(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) >= _PIECE:
            self._put()

    def _put(self) -> None:
        self._room.acquire()
        if self._closed.is_set():
            raise _Gone
        self._pieces.put(bytes(self._waiting))
        self._waiting.clear()

    def pieces(self) -> Iterator[bytes]:
        """Each piece."""
        while not isinstance(piece := self._pieces.get(), Exception | None):
            self._room.release()
            yield piece
        if piece is not None:
            raise piece

    def close(self) -> None:
        """Let the thread end."""
        self._closed.set()
        try:
            self._room.release()
        except ValueError:  # it does not wait
            return
