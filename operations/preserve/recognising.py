"""Text of scans and pictures: the archived files that wait for it, one picture after another, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.capture import payload_digest
from notices.config import Config
from notices.errors import BadInput, NoticesError
from notices.text.language import _
from operations.indexing import drain
from pipeline.attachments import Extractor
from pipeline.attachments.rapidocr_text import missing, version_name
from pipeline.recognised import Tried, Waiting, keep, queue_notices, waiting_files
from pipeline.recovery import recover
from pipeline.sql import tables
from pipeline.sql.database import database_errors
from pipeline.sql.locks import hold
from preservation.reparse import Reader

_RAPIDOCR = "pipeline.attachments.rapidocr_text"
_SECONDS, _MEMORY = 600.0, 3 << 30  # a page takes ten seconds, on a busy machine minutes
_MOST_PICTURES = 2_000  # of one file: a thousand pages are an hour of a core


@dataclass(frozen=True, slots=True)
class OcrRequest:
    """How many files at most, None for all; whether files that another version has recognised are recognised again; by which recogniser (a module), None for RapidOCR."""

    limit: int | None = None
    again: bool = False
    recogniser: str | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What came of one file: pages that have text now, the lowest confidence of them, pictures without text and why the first has none."""

    name: str
    digest: str
    pages: int
    confidence: float | None
    failed: int
    failure: str | None


@dataclass(slots=True)
class OcrResult:
    """Files and pages that were recognised, files that could not be read, and how many notices were written to the index."""

    files: int = 0
    pages: int = 0
    unreadable: int = 0
    indexed: int = 0


@dataclass(frozen=True, slots=True)
class OcrWatch:
    """Who is told: `progress` one for each file, `file` what came of it."""

    progress: Callable[[int], None] = lambda _: None
    file: Callable[[Recognition], None] = lambda _: None


def files_to_recognise(database: Engine, request: OcrRequest) -> list[Waiting]:
    """The files that wait, in the order in which they would be recognised. Raises BadInput if their recogniser is not installed."""
    version = _installed_version(request) if request.again else None
    return list(waiting_files(database, version))[: request.limit]


def recognise_archive(config: Config, database: Engine, request: OcrRequest, watch: OcrWatch | None = None) -> OcrResult:
    """Recognise the pictures of every file that waits; stopped at any moment, the next call goes on with the next picture.

    Raises BadInput if the recogniser is not installed, ArchiveLocked while another process recognises.
    """
    watch, result = watch or OcrWatch(), OcrResult()
    version = _installed_version(request)
    with hold(config.locks_dir, "ocr"), database_errors(config.database):
        recover(database, config)
        extractor = Extractor(seconds=_SECONDS, memory=_MEMORY, recogniser=request.recogniser or _RAPIDOCR)
        with closing(Reader(database, config)) as reader, extractor:
            try:
                for waiting in files_to_recognise(database, request):
                    found = _recognise(database, reader, extractor, waiting, version)
                    result.files += 1
                    result.pages += found.pages
                    result.unreadable += found.pages == 0 and found.failure is not None
                    watch.file(found)
                    watch.progress(1)
            finally:
                result.indexed = drain(config, database)
    return result


def _installed_version(request: OcrRequest) -> str:
    if request.recogniser is not None:
        return request.recogniser
    if lacking := missing():
        needed = _("ocr needs the packages {names}: pip install 'notices-archive[ocr]'").format(names=", ".join(lacking))
        raise BadInput(needed)
    return version_name()


def _recognise(database: Engine, reader: Reader, extractor: Extractor, waiting: Waiting, version: str) -> Recognition:
    """Every picture of one file from the first that was not tried; each is kept as soon as it is done."""
    try:
        with Session(database) as session, session.begin():
            body = reader.capture(session.get_one(tables.SnapshotRow, waiting.snapshot_id)).body
        if payload_digest(body) != waiting.digest:
            return Recognition(waiting.name, waiting.digest, 0, None, 0, f"snapshot {waiting.snapshot_id} has other bytes")
    except NoticesError as error:
        return Recognition(waiting.name, waiting.digest, 0, None, 0, str(error))
    picture, pictures = waiting.tried, max(waiting.pictures, waiting.tried + 1)
    confidences: list[float] = []
    failures: list[str] = []
    while picture < pictures:
        found = extractor.recognise(body, picture)
        if found.recogniser:
            pictures = min(found.pictures or pictures, _MOST_PICTURES)
        elif picture == 0:  # it died over the first one: the second one tells how many there are
            pictures = max(pictures, 2)
        confidences += [each for each in found.text.confidences if each is not None]
        failures += [found.failure] if found.failure else []
        with Session(database) as session, session.begin():
            tried = Tried(picture, pictures, found.text, found.failure, found.recogniser or version)
            keep(session, waiting.digest, tried, datetime.now(UTC))
            if picture + 1 >= pictures:
                queue_notices(session, waiting.digest, datetime.now(UTC))
        picture += 1
    worst = min(confidences, default=None)
    return Recognition(waiting.name, waiting.digest, len(confidences), worst, len(failures), failures[0] if failures else None)
