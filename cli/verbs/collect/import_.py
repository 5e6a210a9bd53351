"""`notices import`: an existing collection, one JSON object a line."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.attachment import AttachmentText, StoredAttachment
from notices.capture import Capture
from notices.config import Config
from notices.errors import BadInput
from notices.model import AttachmentLink, Notice
from notices.reference.numbers import parse_number
from notices.urls import canonical_url
from operations.indexing import drain
from pipeline.anatomy import read_anatomy
from pipeline.ledger import earlier_payload, snapshot_row
from pipeline.recovery import recover
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.locks import hold
from pipeline.sql.runs import close_crashed_runs, finish_run, source_id, start_run
from pipeline.store import Reading, store_reading
from pipeline.warc.series import SnapshotWriter
from preservation.proofs.checkpoints import daily_checkpoint

BATCH = 50


class ImportedFile(msgspec.Struct, frozen=True):
    """A file named in an imported line; `text` is its text if the collection has it."""

    name: str
    url: str | None = None
    text: str = ""


class Line(msgspec.Struct, frozen=True):
    """One imported notice."""

    url: str
    title: str
    text: str
    published_date: date | None = None
    issuer: str | None = None
    document_number: str | None = None
    source: str = "import"
    attachments: list[ImportedFile] = []


@dataclass(slots=True)
class Tally:
    """What an import did so far."""

    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "revised": 0, "unchanged": 0, "skipped": 0})


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices import`."""
    verb = verbs.add_parser("import", help="take in a collection, one JSON object a line (exit 3 when lines were skipped)")
    verb.add_argument("file", metavar="FILE.jsonl", help="- for standard input")
    verb.add_argument("--source", help="the source's name for lines that give none")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Import, index, print the counts; bad lines are reported with their number and skipped."""
    with hold(config.locks_dir, "import"):
        database = open_database(config)
        recover(database, config)
        close_crashed_runs(database, "import", None)
        job = start_run(database, "import", None)
        tally = Tally()
        previous = earlier_payload(database)
        with SnapshotWriter(config.warc_dir, config.warc_max_bytes, previous=previous) as writer, database_errors(config.database):
            for batch in _batches(_lines(args.file, args.source, tally)):
                _store_batch(database, writer, job.id, batch, tally)
        finish_run(database, job.id, "done", "", tally.counts)
        drain(config, database)
        daily_checkpoint(database, config, datetime.now(UTC))
    done = ", ".join(f"{name} {count}" for name, count in tally.counts.items())
    print(f"{args.file}: {done}")
    return 3 if tally.counts["skipped"] else 0


def _lines(name: str, source: str | None, tally: Tally) -> Iterator[tuple[bytes, Line]]:
    """The good lines with their bytes; bad ones are reported and counted."""
    for n, raw in enumerate(_raw_lines(name), 1):
        if not raw.strip():
            continue
        try:
            yield raw, read_line(raw, source)
        except BadInput as error:
            tally.counts["skipped"] += 1
            print(f"{name}:{n}: skipped: {error}", file=sys.stderr)


def _raw_lines(name: str) -> Iterator[bytes]:
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as handle:
            yield from (line.rstrip(b"\r\n") for line in handle)
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror}") from error


def read_line(raw: bytes, source: str | None = None) -> Line:
    """One line of an import file. Raises BadInput naming what is wrong with it."""
    try:
        line = msgspec.convert(_with_default_source(msgspec.json.decode(raw), source), Line)
        url = canonical_url(line.url)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadInput(str(error)) from error
    if not line.title.strip() and not line.text.strip():
        raise BadInput("title and text are both empty")
    return msgspec.structs.replace(line, url=url)


def _with_default_source(value: Any, source: str | None) -> Any:
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if v is not None}
        value.setdefault("source", source or "import")
    return value


def _batches(lines: Iterator[tuple[bytes, Line]]) -> Iterator[list[tuple[bytes, Line]]]:
    batch: list[tuple[bytes, Line]] = []
    for item in lines:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _store_batch(database: Engine, writer: SnapshotWriter, run_id: int, batch: list[tuple[bytes, Line]], tally: Tally) -> None:
    """Keep each line's bytes, then store the batch in one transaction."""
    kept = [(_fetched(raw, line), line) for raw, line in batch]
    stored = [writer.write(fetched) for fetched, _ in kept]
    sources = {line.source: source_id(database, line.source) for _, line in kept}
    with Session(database) as session, session.begin():
        for (fetched, line), where in zip(kept, stored, strict=True):
            row = snapshot_row(fetched, where, run_id)
            session.add(row)
            session.flush()
            outcome = store_reading(session, sources[line.source], reading_of(line, row.id, fetched.fetched_at))
            tally.counts[outcome] += 1


def _fetched(raw: bytes, line: Line) -> Capture:
    return Capture(line.url, 200, (("Content-Type", "application/json; charset=utf-8"),), raw, datetime.now(UTC), "import")


def reading_of(line: Line, snapshot_id: int | None, now: datetime) -> Reading:
    """The notice that an imported line describes; its own word for a field goes before what its text says."""
    anatomy = read_anatomy(
        line.text,
        title=line.title,
        published_date=line.published_date,
        labelled_number=line.document_number,
        labelled_issuer=line.issuer,
    )
    number = anatomy.document_number or (parse_number(line.document_number, labelled=True) if line.document_number else None)
    links = tuple(AttachmentLink(a.name, a.url) for a in line.attachments)
    given = {name: "import" for name in ("title", "published_date", "issuer", "document_number") if getattr(line, name)}
    notice = Notice(
        url=line.url,
        title=line.title,
        text=line.text,
        published_date=line.published_date,
        issuer=line.issuer or anatomy.issuer,
        document_number=line.document_number or (number.display if number else None),
        written_date=anatomy.written_date,
        effective_date=anatomy.effective_date,
        expiry_date=anatomy.expiry_date,
        kind=anatomy.kind,
        addressees=anatomy.addressees,
        attachments=links,
        anatomy=replace(anatomy, document_number=number),
        provenance=given,
    )
    return Reading(notice, [_attachment(a) for a in line.attachments], snapshot_id, now)


def _attachment(file: ImportedFile) -> StoredAttachment:
    if not file.text:
        return StoredAttachment(file.url, AttachmentText(file.name, outcome="missing", detail="the import gave no text"))
    digest = "sha256:" + hashlib.sha256(file.text.encode("utf-8", "replace")).hexdigest()
    text = AttachmentText(file.name, tuple(file.text.split("\f")), media_type="text/plain")
    return StoredAttachment(file.url, text, digest, len(file.text))
