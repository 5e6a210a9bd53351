"""SQL against the index: the set of (id, revision), every document's text and what its hits show, and the index's own files.

A writer may be at work meanwhile: what differs is believed when it still does in two further looks, which read SQL before the index;
so what reached SQL and then the index between two reads is no damage.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from sqlalchemy import Engine as Database

from index.engine import Document, Engine, Hit
from index.engines import damaged_files, open_engine
from index.query.tree import Everything, Query
from notices.config import Config
from notices.errors import DamageFound, IndexUnusable, NoticesError
from operations.indexing import document
from pipeline.sql import outbox
from preservation.disk_map import Aside
from preservation.verify import Finding

_BATCH = 200
_PAGE = 10_000
_SUSPECTS = 500  # looked at again at a time
_LOOKS, _PAUSE = 2, 0.1
_REVISION, _HIT = "revision", "hit"
_SHOWN = ("url", "title", "source", "issuer", "document_number", "kind", "region", "state", "published_date", "written_date", "group")


def check_index(config: Config, database: Database) -> Iterator[Finding]:
    """Everything in which the index is not what SQL says; notices that wait for the index are left out."""
    damaged = list(_damaged(config, database))
    for _ in range(_LOOKS if damaged else 0):
        time.sleep(_PAUSE)
        still = set(_damaged(config, database))
        damaged = [each for each in damaged if each in still]
    yield from damaged
    if not damaged:  # an engine may do anything with damaged bytes
        try:
            yield from _documents(config, database)
        except DamageFound as error:
            yield Finding("index", "uncompared", config.index, f"SQL cannot be read to the end: {error}")


def _damaged(config: Config, database: Database) -> Iterator[Finding]:
    """Files whose bytes are not those that were written; or why there is no index to read."""
    try:
        names = damaged_files(config.index)
        open_engine(config.index).close() if not names else None
    except IndexUnusable as error:
        if outbox.notice_count(database):
            yield Finding("index", "unusable", config.index, str(error))
        return
    for name in names:
        yield Finding("index", "file", name, "its bytes are not those that were written")


def _documents(config: Config, database: Database) -> Iterator[Finding]:
    if not outbox.notice_count(database) and _is_missing(config):
        return
    suspects = list(_look(config, database, None))
    for at in range(0, len(suspects), _SUSPECTS):
        found = suspects[at : at + _SUSPECTS]
        for _ in range(_LOOKS):
            time.sleep(_PAUSE)
            still = set(_look(config, database, [each.ref or 0 for each in found]))
            found = [each for each in found if each in still]
            if not found:
                break
        yield from found


def _is_missing(config: Config) -> bool:
    try:
        open_engine(config.index).close()
    except IndexUnusable:
        return True
    return False


def _look(config: Config, database: Database, only: Sequence[int] | None) -> Iterator[Finding]:
    """What differs now, in all notices or in these."""
    revisions = outbox.every_revision(database) if only is None else outbox.newest_revisions(database, only)
    waiting, asked = set(outbox.due(database, limit=10_000_000).notice_ids), None if only is None else set(only)
    try:
        engine = open_engine(config.index)
    except NoticesError as error:
        yield Finding("index", "unusable", config.index, str(error))
        return
    try:
        with closing(Aside()) as held:
            _take_down(engine, held, asked)
            yield from _against(engine, held, (document(r) for r in revisions), waiting)
    except Exception as error:  # whatever an engine's library makes of bytes that it did not write
        yield Finding("index", "unusable", config.index, f"{type(error).__name__}: {error}"[:200])
    finally:
        engine.close()


def _take_down(engine: Engine, held: Aside, asked: set[int] | None) -> None:
    """What the index holds: the revision of each document, and what its hits show."""
    for ident, revision in engine.versions():
        if asked is None or ident in asked:
            held.put(_REVISION, ident, b"%d" % revision)
    for hit in _hits(engine):
        if asked is None or hit.id in asked:
            held.put(_HIT, hit.id, _shown(hit))


def _shown(what: Hit | Document) -> bytes:
    return json.dumps([getattr(what, name) for name in _SHOWN], default=str).encode()


def _against(engine: Engine, held: Aside, wanted: Iterator[Document], waiting: set[int]) -> Iterator[Finding]:
    batch: list[Document] = []
    for each in wanted:
        found = held.get(_REVISION, each.id)
        held.drop(_REVISION, each.id)
        if each.id in waiting:
            continue
        if found is None or int(found) != each.revision:
            said = "no document" if found is None else f"revision {int(found)}"
            yield Finding("index", "differs", f"notice {each.id}", f"the index holds {said}, SQL revision {each.revision}", each.id)
            continue
        yield from _fields(held.get(_HIT, each.id), each)
        batch.append(each)
        if len(batch) >= _BATCH:
            yield from _texts(engine, batch)
            batch = []
    yield from _texts(engine, batch)
    for ident, revision in held.each(_REVISION):
        if ident not in waiting:
            yield Finding("index", "extra", f"notice {ident}", f"the index holds revision {int(revision)}, SQL no such notice", ident)


def _hits(engine: Engine) -> Iterator[Hit]:
    """Every document as a hit shows it."""
    for at in range(0, engine.count(), _PAGE):
        yield from engine.search(Query("", Everything()), limit=_PAGE, offset=at, sort="date").hits


def _fields(hit: bytes | None, wanted: Document) -> Iterator[Finding]:
    """A document whose hit would show something else than SQL says."""
    if hit == _shown(wanted):
        return
    pairs = zip(_SHOWN, json.loads(hit), json.loads(_shown(wanted)), strict=True) if hit else ((name, None, name) for name in _SHOWN)
    names = ", ".join(name for name, held, said in pairs if held != said)
    yield Finding("index", "rewritten", f"notice {wanted.id}", f"the document says something else: {names}", wanted.id)


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
