"""A large archive for the reading room: rows as an import leaves them, made by a seed, and the index of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from benchmarks.search_corpus import documents, sentences
from index.engine import Document
from notices.config import Config, load_config
from notices.urls import url_key
from operations.indexing import rebuild_index
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.outbox import notice_count

_BATCH = 2_000
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def config_of(home: Path, engine: str) -> Config:
    """The settings of the archive in this folder."""
    return load_config({**os.environ, "NOTICES_HOME": str(home), "NOTICES_INDEX": f"{engine}:///{home}/{engine}"})


def make_archive(config: Config, notices: int) -> None:
    """Fill an empty home; one that contains as many already stays as it is."""
    database = open_database(config)
    if notice_count(database) < notices:
        _fill(database, notices)
    rebuild_index(config, database)
    database.dispose()


def _fill(database: Engine, notices: int) -> None:
    made = documents(notices, sentences(None))
    names: dict[str, int] = {}
    while batch := list(islice(made, _BATCH)):
        with Session(database) as session, session.begin():
            for name in sorted({each.source for each in batch} - set(names)):
                session.add(tables.SourceRow(name=name, site=name))
                session.flush()
                found = session.scalar(select(tables.SourceRow.id).where(tables.SourceRow.name == name))
                assert found is not None
                names[name] = found
            session.execute(insert(tables.NoticeRow), [_notice(each, names[each.source]) for each in batch])
            session.execute(insert(tables.RevisionRow), [_revision(each) for each in batch])
            session.execute(insert(tables.CitationRow), list(_citations(batch)))


def _notice(each: Document, source: int) -> dict[str, object]:
    seen = _FIRST + timedelta(seconds=each.id)
    return {
        "id": each.id, "source_id": source, "key": url_key(each.url), "url": each.url, "state": "listed", "revisions": 1, "first_seen_at": seen,
        "last_seen_at": seen,
    }  # fmt: skip


def _revision(each: Document) -> dict[str, object]:
    return {
        "id": each.id, "notice_id": each.id, "n": 1, "created_at": _FIRST + timedelta(seconds=each.id), "parser_version": "benchmark",
        "content_digest": f"{each.id:064x}", "title": each.title, "text": each.text, "published_date": each.published_date, "issuer": each.issuer,
        "document_number": each.document_number, "number_key": each.number_key, "number_loose": each.number_loose, "kind": each.kind,
        "region": each.region, "addressees": [], "validity": "unknown", "row_digest": "", "anatomy": {}, "provenance": {}, "needs_ocr": False,
    }  # fmt: skip


def _citations(batch: list[Document]) -> Iterator[dict[str, object]]:
    """Every notice cites the one before it by its number."""
    for earlier, each in pairwise(batch):
        yield {
            "revision_id": each.id, "relation": "cites", "target_title": None, "target_number": earlier.document_number,
            "target_key": earlier.number_key, "sentence": f"依据{earlier.document_number}。",
        }  # fmt: skip
