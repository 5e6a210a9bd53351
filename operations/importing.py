"""Import of a collection: every line's bytes into WARC, its notice into SQL and the index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.archive_id import refuse_if_following
from notices.config import Config
from notices.errors import BadInput
from notices.text.language import _
from notices.urls import url_key
from operations.indexing import drain
from pipeline.imports import ImportedLine, capture_of, decoded, key_meant, line_of, unread_keys
from pipeline.line_readers import ALONE, LineReaders, ReadLine, Unread, free_cores
from pipeline.recovery import recover
from pipeline.snapshots import earlier_payload
from pipeline.sql import tables
from pipeline.sql.changes import Occasion
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.locks import hold
from pipeline.sql.runs import close_crashed_runs, closed_on_error, finish_run, run_lock, source_id, start_run
from pipeline.store import Reading, store_reading
from pipeline.store_new import gives_ids, known_keys, store_new, store_snapshots
from pipeline.warc.series import SnapshotWriter
from preservation.proofs.checkpoints import daily_checkpoint

_BATCH = 200


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line that was not imported, by its number in the file (the first is 1), and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class UnreadKey:
    """A key of imported lines that nothing reads: in how many lines, the first of them, and the key that was probably meant."""

    name: str
    lines: int
    first: int
    meant: str | None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many lines were new, revised, unchanged and skipped, and which of their keys nothing reads."""

    counts: Mapping[str, int]
    unread: tuple[UnreadKey, ...] = ()

    @property
    def skipped(self) -> int:
        """How many lines were not imported."""
        return self.counts["skipped"]


class _Line(NamedTuple):
    """A line to import: its number in the file, its bytes, what they say, and id and region of its source."""

    number: int
    raw: bytes
    line: ImportedLine
    source: int
    region: str


@dataclass(slots=True)
class _Import:
    """One import under way."""

    database: Engine
    writer: SnapshotWriter
    run_id: int
    tell: Callable[[SkippedLine], None]
    strict: bool = False
    sources: dict[str, tuple[int, str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "revised": 0, "unchanged": 0, "skipped": 0})
    unread: dict[str, UnreadKey] = field(default_factory=dict)
    addresses: dict[bytes, int] = field(default_factory=dict)

    def good_lines(self, lines: Iterable[bytes], source: str | None) -> Iterator[_Line]:
        """The lines that can be imported; the others are told and counted, empty ones passed over."""
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            try:
                value = decoded(raw)
                line = line_of(value, source)
                self._note_keys(number, unread_keys(value))
                self._note_address(number, line)
            except BadInput as error:
                self._skip(number, str(error))
            else:
                yield _Line(number, raw, line, *self._source(line.source))

    def _skip(self, number: int, reason: str) -> None:
        self.counts["skipped"] += 1
        self.tell(SkippedLine(number, reason))

    def _source(self, name: str) -> tuple[int, str]:
        """Id and region of a source, which is made where it is missing."""
        if name not in self.sources:
            ident = source_id(self.database, name)
            with Session(self.database) as session, session.begin():
                self.sources[name] = ident, session.get_one(tables.SourceRow, ident).region
        return self.sources[name]

    def read_lines(self, readers: LineReaders[_Line], good: Iterable[_Line]) -> Iterator[tuple[_Line, ReadLine]]:
        """The lines with what they describe; one that ends the process which reads it is told and counted as skipped."""
        for line, read in readers.read(good):
            if isinstance(read, Unread):
                self._skip(line.number, read.reason)
            else:
                yield line, read

    def _note_keys(self, number: int, names: tuple[str, ...]) -> None:
        """Count the keys that nothing reads. Raises BadInput where an import is strict."""
        for name in names:
            known = self.unread.get(name) or UnreadKey(name, 0, number, key_meant(name))
            self.unread[name] = replace(known, lines=known.lines + 1)
        if names and self.strict:
            meant = " or ".join(dict.fromkeys(each for name in names if (each := self.unread[name].meant)))
            raise BadInput(
                _("unknown key {names}").format(names=", ".join(names)) + (_("; is {meant} meant?").format(meant=meant) if meant else "")
            )

    def _note_address(self, number: int, line: ImportedLine) -> None:
        """Raise BadInput for the second line of an address: two texts of one day would revise each other at each import."""
        key = blake2b(line.url.encode("utf-8", "replace"), digest_size=16).digest()
        first = self.addresses.setdefault(key, number)
        if first != number:
            raise BadInput(_("the same address as line {first}, which was taken: {url}").format(first=first, url=line.url))

    def store(self, batch: Sequence[tuple[_Line, ReadLine]]) -> None:
        """Keep each line's bytes, then store the batch in one transaction."""
        captures = [capture_of(each.raw, each.line, datetime.now(UTC)) for each, _read in batch]
        stored = self.writer.write_all(captures)
        with Session(self.database) as session, session.begin():
            rows = store_snapshots(session, captures, stored, self.run_id)
            readings = [
                (each.source, Reading(read.notice, read.files, row, capture.fetched_at, read.sketched))
                for (each, read), capture, row in zip(batch, captures, rows, strict=True)
            ]
            self._store_readings(session, readings)

    def _store_readings(self, session: Session, readings: Sequence[tuple[int, Reading]]) -> None:
        """Neighbours of new addresses at once, the others one by one, as those are compared with their newest revisions; all in their order."""
        keys = [url_key(reading.notice.url) for _, reading in readings]
        known = known_keys(session, keys) if gives_ids(session) else set(keys)
        waiting: list[tuple[int, Reading]] = []
        for key, (source, reading) in zip(keys, readings, strict=True):
            if key not in known:
                waiting.append((source, reading))
                known.add(key)
                continue
            self._store_waiting(session, waiting)
            self.counts[store_reading(session, source, reading, Occasion(self.run_id))] += 1
        self._store_waiting(session, waiting)

    def _store_waiting(self, session: Session, waiting: list[tuple[int, Reading]]) -> None:
        if waiting:
            store_new(session, waiting, Occasion(self.run_id))
            self.counts["new"] += len(waiting)
            waiting.clear()


@dataclass(frozen=True, slots=True)
class LinesOrder:
    """How lines are imported: `source` is that of lines that name none; `strict` skips lines with keys that nothing reads.

    `jobs` processes read the lines (1: this one alone; None: as many as cores are free to it, once there is enough to read).
    """

    source: str | None = None
    strict: bool = False
    jobs: int | None = None


_PLAIN = LinesOrder()


def import_collection(
    config: Config, lines: Iterable[bytes], order: LinesOrder = _PLAIN, tell: Callable[[SkippedLine], None] = lambda _: None
) -> ImportResult:
    """Import lines of JSON (without their ends) and index them; `tell` is called for each line that is skipped.

    Raises ArchiveLocked while another import runs.
    """
    refuse_if_following(config.state_paths().following)
    with hold(config.locks_dir, run_lock("import", None)):
        database = open_database(config)
        recover(database, config)
        close_crashed_runs(database, "import", None)
        run = start_run(database, "import", None)
        readers = LineReaders[_Line](order.jobs) if order.jobs else LineReaders[_Line](free_cores(), ALONE)
        with SnapshotWriter(config.warc_dir, config.warc_max_bytes, previous=earlier_payload(database)) as writer:
            job = _Import(database, writer, run.id, tell, order.strict)
            with closed_on_error(database, run.id, job.counts), database_errors(config.database), readers:
                read = job.read_lines(readers, job.good_lines(lines, order.source))
                while batch := list(islice(read, _BATCH)):
                    job.store(batch)
        finish_run(database, run.id, "done", "", job.counts)
        drain(config, database)
        daily_checkpoint(database, config, datetime.now(UTC))
    return ImportResult(job.counts, tuple(job.unread.values()))
