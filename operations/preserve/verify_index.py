"""SQL against the index: the set of (id, revision), every document's text and displayed fields, and the index's own files.

A writer may be at work meanwhile: a difference is reported only if it persists in two further comparisons, each of which reads SQL before the index;
a notice that reached SQL and then the index between two reads is not damage.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from sqlalchemy import Engine as Database

from index.engine import Document, Engine, Hit
from index.engines import damaged_files, is_built, open_engine, outdated
from index.query.tree import Everything, Query
from notices.config import Config
from notices.config_values import without_password
from notices.errors import DamageFound, IndexUnusable, NoticesError, ServerAway
from notices.text.language import _
from operations.indexing import owner_of
from operations.preserve.alias_file import is_alias_file_whole
from operations.read.document import document, past_document
from pipeline.sql import outbox
from pipeline.sql.database import for_reading
from preservation.disk_map import DiskMap
from preservation.findings import Finding, IndexFile, NoticeSubject, WholeIndex
from preservation.verify import verify_archive

_BATCH = 200
_AT_ONCE = 50  # texts that are compared at once
_PAGE = 10_000
_SUSPECTS = 500  # compared again at a time
_REPEATS, _PAUSE = 2, 0.1
_REVISION, _HIT = "revision", "hit"
_DISPLAYED = (
    "url",
    "title",
    "source",
    "issuer",
    "document_number",
    "kind",
    "region",
    "state",
    "published_date",
    "written_date",
    "group",
    "notice",
    "went",
    "gone",
)


def verify_all(
    config: Config, database: Database, progress: Callable[[int], None] = lambda _: None, *, stored: bool = False
) -> Iterator[Finding]:
    """Every finding of verify_archive, then every one of check_index; `progress` and `stored` are for the first."""
    yield from verify_archive(database, config, progress, stored=stored)
    yield from check_index(config, for_reading(database))


def check_index(config: Config, database: Database) -> Iterator[Finding]:
    """Everything in which the index differs from SQL; notices that wait in the outbox are left out."""
    damaged = list(_damaged(config, database))
    for _attempt in range(_REPEATS if damaged else 0):
        time.sleep(_PAUSE)
        still = set(_damaged(config, database))
        damaged = [each for each in damaged if each in still]
    yield from damaged
    yield from _aliases(config, database)
    if not damaged:  # an engine may do anything with damaged bytes
        try:
            yield from _documents(config, database)
        except DamageFound as error:
            yield Finding(
                "index", "uncompared", WholeIndex(_place(config)), _("SQL cannot be read to the end: {error}").format(error=error)
            )


def _aliases(config: Config, database: Database) -> Iterator[Finding]:
    """The file of short forms beside an index of today, when it is not what the texts in SQL define."""
    for _attempt in range(1 + _REPEATS):
        if outdated(config.index) or not is_built(config.index) or outbox.pending_count(database):
            return  # it is written with the next notice that reaches the index
        if is_alias_file_whole(config, database):
            return
        time.sleep(_PAUSE)
    yield Finding("index", "file", IndexFile(config.state_paths().aliases.name), _("its bytes are not those that were written"))


def _damaged(config: Config, database: Database) -> Iterator[Finding]:
    """Files whose bytes are not those that were written; or why no index can be opened."""
    try:
        names = damaged_files(config.index)
        open_engine(config.index, owner=owner_of(config)).close() if not names else None
    except IndexUnusable as error:
        if outbox.notice_count(database) and not _awaits_first(config, database):
            yield Finding("index", "unusable", WholeIndex(_place(config)), str(error))
        return
    for name in names:
        yield Finding("index", "file", IndexFile(name), _("its bytes are not those that were written"))


def _documents(config: Config, database: Database) -> Iterator[Finding]:
    if _is_missing(config) and (not outbox.notice_count(database) or _awaits_first(config, database)):
        return
    suspects = list(_differences(config, database, None))
    for at in range(0, len(suspects), _SUSPECTS):
        found = suspects[at : at + _SUSPECTS]
        for _attempt in range(_REPEATS):
            time.sleep(_PAUSE)
            still = set(_differences(config, database, notices_of(found)))
            found = [each for each in found if each in still]
            if not found:
                break
        yield from found


def _place(config: Config) -> str:
    return without_password(config.index)


def notices_of(found: Sequence[Finding]) -> list[int]:
    """The ids of the notices that findings in the index name."""
    return [each.subject.id for each in found if isinstance(each.subject, NoticeSubject)]


def _awaits_first(config: Config, database: Database) -> bool:
    """Whether there is no index yet, and every notice is still in the outbox: a first crawl is under way, or was killed."""
    return not is_built(config.index) and outbox.pending_count(database) >= outbox.notice_count(database)


def _is_missing(config: Config) -> bool:
    try:
        open_engine(config.index, owner=owner_of(config)).close()
    except IndexUnusable:
        return True
    return False


def _differences(config: Config, database: Database, only: Sequence[int] | None) -> Iterator[Finding]:
    """Differences at this moment, in all notices or in these."""
    waiting, wanted = set(outbox.pending(database, limit=10_000_000).notice_ids), None if only is None else set(only)
    past = outbox.every_past_revision(database) if only is None else iter(outbox.past_revisions(database, only))
    try:
        engine = open_engine(config.index, owner=owner_of(config))
    except ServerAway:
        raise
    except NoticesError as error:
        yield Finding("index", "unusable", WholeIndex(_place(config)), str(error))
        return
    try:
        gone = engine.past()
        if gone is not None:
            yield from _compared(gone, config, wanted, map(past_document, past), waiting)
            gone.close()
        elif not outdated(config.index):  # an index of before there was one is rebuilt before it is written to
            lacking = dict.fromkeys(each.revision.notice_id for each in past)
            yield from (_lacks(ident, _("no past revisions")) for ident in lacking if ident not in waiting)
        revisions = outbox.every_revision(database) if only is None else outbox.newest_revisions(database, only)
        yield from _compared(engine, config, wanted, (document(r) for r in revisions), waiting)
    except IndexUnusable as error:
        yield Finding("index", "unusable", WholeIndex(_place(config)), str(error))
    finally:
        engine.close()


def _lacks(notice: int, ours: str) -> Finding:
    return Finding("index", "differs", NoticeSubject(notice), _("the index contains {ours}").format(ours=ours))


def _compared(
    engine: Engine, config: Config, wanted: set[int] | None, documents: Iterator[Document], waiting: set[int]
) -> Iterator[Finding]:
    """Differences between an index, of today or of the past, and the documents that it should contain."""
    try:
        with closing(DiskMap()) as indexed:
            _read_index(engine, indexed, wanted)
            yield from _compare(engine, indexed, documents, waiting)
    except (DamageFound, ServerAway):
        raise
    except Exception as error:  # whatever an engine's library makes of bytes that it did not write
        yield Finding("index", "unusable", WholeIndex(_place(config)), f"{type(error).__name__}: {error}"[:200])


def _read_index(engine: Engine, indexed: DiskMap, wanted: set[int] | None) -> None:
    """Put the revision of each document, with its notice, and its displayed fields into the map."""
    notices = dict[int, int]()  # of the past, or of those that are wanted: of a whole index there would be millions
    for hit in _hits(engine):
        if wanted is None or (hit.notice or hit.id) in wanted:
            indexed.put(_HIT, hit.id, _displayed(hit))
            if hit.notice or wanted is not None:
                notices[hit.id] = hit.notice or hit.id
    for ident, revision in engine.versions():
        if wanted is None or ident in notices:
            indexed.put(_REVISION, ident, b"%d %d" % (revision, notices.get(ident, ident)))


def _displayed(source: Hit | Document) -> bytes:
    return json.dumps([getattr(source, name) for name in _DISPLAYED], default=str).encode()


def _compare(engine: Engine, indexed: DiskMap, wanted: Iterator[Document], waiting: set[int]) -> Iterator[Finding]:
    batch: list[Document] = []
    for each in wanted:
        found = indexed.get(_REVISION, each.id)
        indexed.drop(_REVISION, each.id)
        notice = each.notice or each.id
        if notice in waiting:
            continue
        if found is None or int(found.split()[0]) != each.revision:
            ours = _("no document") if found is None else f"revision {int(found.split()[0])}"
            yield Finding(
                "index",
                "differs",
                NoticeSubject(notice),
                _("the index contains {ours}, SQL revision {revision}").format(ours=ours, revision=each.revision),
            )
            continue
        yield from _fields(indexed.get(_HIT, each.id), each)
        batch.append(each)
        if len(batch) >= _BATCH:
            yield from _texts(engine, batch)
            batch = []
    yield from _texts(engine, batch)
    for _ident, known in indexed.each(_REVISION):
        revision, notice = map(int, known.split())
        if notice not in waiting:
            yield Finding(
                "index",
                "extra",
                NoticeSubject(notice),
                _("the index contains revision {number}, SQL no such notice").format(number=revision),
            )


def _hits(engine: Engine) -> Iterator[Hit]:
    """Every document as a hit displays it."""
    for at in range(0, engine.count(), _PAGE):
        yield from engine.search(Query("", Everything()), limit=_PAGE, offset=at, sort="date").hits


def _fields(hit: bytes | None, wanted: Document) -> Iterator[Finding]:
    """A document whose hit displays other values than SQL contains."""
    if hit == _displayed(wanted):
        return
    pairs = zip(_DISPLAYED, json.loads(hit), json.loads(_displayed(wanted)), strict=True) if hit else ((n, None, n) for n in _DISPLAYED)
    names = ", ".join(name for name, ours, theirs in pairs if ours != theirs)
    yield Finding(
        "index",
        "rewritten",
        NoticeSubject(wanted.notice or wanted.id),
        _("the document has other values than SQL: {names}").format(names=names),
    )


def _texts(engine: Engine, wanted: list[Document]) -> Iterator[Finding]:
    """Documents whose text or attachments differ from SQL's; those that seem to are asked for once more, each alone."""
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        try:
            found = engine.texts([each.id for each in some])
        except ServerAway:
            raise
        except Exception:  # whatever an engine's library makes of damaged bytes: which ones, is asked below
            found = {}
        for each in some:
            if found.get(each.id) != (each.text, each.attachments):
                yield from _text(engine, each)


def _text(engine: Engine, wanted: Document) -> Iterator[Finding]:
    subject = NoticeSubject(wanted.notice or wanted.id)
    try:
        found = engine.texts([wanted.id]).get(wanted.id)
    except ServerAway:
        raise
    except Exception as error:  # see above
        yield Finding("index", "unreadable", subject, f"{type(error).__name__}: {error}"[:200])
        return
    if found != (wanted.text, wanted.attachments):
        yield Finding("index", "rewritten", subject, _("the document's text is not that of its revision"))
