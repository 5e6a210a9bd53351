"""SQL against the index: the set of (id, revision), every document's text, and the index's own files."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine as Database

from cli.indexing import document
from index.engine import Document, Engine
from index.open import damaged_files, open_engine
from notices.config import Config
from notices.errors import IndexUnusable, NoticesError
from pipeline import newest
from pipeline.verify import Finding

_BATCH = 200


def check_index(config: Config, database: Database) -> Iterator[Finding]:
    """Everything in which the index is not what SQL says; notices that wait for the index are left out."""
    try:
        engine = open_engine(config.index)
    except IndexUnusable as error:
        if newest.notice_count(database):
            yield Finding("index", "unusable", config.index, str(error))
        return
    try:
        for name in damaged_files(config.index):
            yield Finding("index", "file", name, "its bytes are not those that were written")
        yield from _against(engine, database)
    except NoticesError as error:
        yield Finding("index", "unusable", config.index, str(error))
    finally:
        engine.close()


def _against(engine: Engine, database: Database) -> Iterator[Finding]:
    held = dict(engine.versions())
    waiting = set(newest.due(database, limit=10_000_000).notice_ids)
    batch: list[Document] = []
    for revision in newest.every_revision(database):
        wanted = document(revision)
        found = held.pop(wanted.id, None)
        if wanted.id in waiting:
            continue
        if found != wanted.revision:
            said = "no document" if found is None else f"revision {found}"
            yield Finding("index", "differs", f"notice {wanted.id}", f"the index holds {said}, SQL revision {wanted.revision}", wanted.id)
        else:
            batch.append(wanted)
        if len(batch) >= _BATCH:
            yield from _texts(engine, batch)
            batch = []
    yield from _texts(engine, batch)
    for ident, revision_number in sorted(held.items()):
        if ident not in waiting:
            yield Finding("index", "extra", f"notice {ident}", f"the index holds revision {revision_number}, SQL no such notice", ident)


def _texts(engine: Engine, wanted: list[Document]) -> Iterator[Finding]:
    """Documents whose text or attachments are not SQL's."""
    for each in wanted:
        try:
            found = engine.texts([each.id]).get(each.id)
        except Exception as error:  # whatever an engine's library makes of damaged bytes
            yield Finding("index", "unreadable", f"notice {each.id}", f"{type(error).__name__}: {error}"[:200], each.id)
            continue
        if found != (each.text, each.attachments):
            yield Finding("index", "rewritten", f"notice {each.id}", "the document's text is not that of its revision", each.id)
