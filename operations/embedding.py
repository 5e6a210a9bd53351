"""Vectors for the extra `semantic`: made in the background, one notice after another, and taken up where it was left."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine as Database
from sqlalchemy import select
from sqlalchemy.orm import Session

from index.answer.meaning_order import Encoder, model_of, packed
from notices.config import Config
from notices.errors import ArchiveUnwritable, ConfigError
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.locks import hold

PASSAGE, OVERLAP, MOST_PASSAGES = 360, 40, 3
_BATCH = 8
_TABLES = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists vector (notice integer primary key, revision integer not null, passages integer not null, data blob not null);
"""


class Embedded(NamedTuple):
    """How many notices got vectors now, and how many still lack them."""

    done: int
    left: int


def embed(
    database: Database, config: Config, model: Encoder, *, limit: int | None = None, tell: Callable[[], None] | None = None
) -> Embedded:
    """Make the vectors of notices that have none, or of an earlier revision; those of another model are thrown away first.

    A kill costs the last few. Raises ArchiveLocked while another process is at it, ArchiveUnwritable, ConfigError for a damaged file.
    """
    file = config.state_paths().vectors
    with hold(config.locks_dir, "embed"), closing(_prepared(file, model)) as store:
        lacking = _lacking(database, store)
        chosen = lacking if limit is None else lacking[:limit]
        done = 0
        for batch in (chosen[at : at + _BATCH] for at in range(0, len(chosen), _BATCH)):
            _embed_batch(database, store, file, model, batch)
            done += len(batch)
            if tell is not None:
                for _ in batch:
                    tell()
        return Embedded(done, len(lacking) - done)


def passages_of(title: str, text: str) -> list[str]:
    """What vectors are made of: the title with the beginning of the text, and with the parts after it, MOST_PASSAGES at most."""
    step = PASSAGE - OVERLAP
    starts = range(0, max(len(text) - OVERLAP, 1), step)[:MOST_PASSAGES]
    return [f"{title[:120]}\n{text[at : at + PASSAGE]}" for at in starts]


def _prepared(file: Path, model: Encoder) -> sqlite3.Connection:
    try:
        store = sqlite3.connect(file, isolation_level=None)
        store.executescript(_TABLES)
        if (model_of(file) or model.model) != model.model:
            store.execute("delete from vector")
        store.execute("insert or replace into meta values ('model', ?)", (model.model,))
    except sqlite3.OperationalError as error:
        raise ArchiveUnwritable(_("cannot use {file}: {error}").format(file=file, error=error)) from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            _("{file} is damaged ({error}); delete it, notices embed makes it again").format(file=file, error=error)
        ) from error
    return store


def _lacking(database: Database, store: sqlite3.Connection) -> list[tuple[int, int]]:
    """Notices whose newest revision has no vectors, with its number; the newest notices first. Vectors of notices that are gone are deleted."""
    have = dict(store.execute("select notice, revision from vector").fetchall())
    with Session(database) as session:
        rows = session.execute(select(tables.NoticeRow.id, tables.NoticeRow.revisions).order_by(tables.NoticeRow.id.desc()))
        newest = {ident: number for ident, number in rows}
    store.executemany("delete from vector where notice = ?", [(ident,) for ident in have if ident not in newest])
    return [(ident, number) for ident, number in newest.items() if number and have.get(ident) != number]


def _embed_batch(database: Database, store: sqlite3.Connection, file: Path, model: Encoder, batch: list[tuple[int, int]]) -> None:
    parts = list(_passages(database, batch))
    vectors = model.passages([passage for _, _, passages in parts for passage in passages])
    at, rows = 0, []
    for ident, number, passages in parts:
        rows.append((ident, number, len(passages), packed(vectors[at : at + len(passages)])))
        at += len(passages)
    try:
        with store:
            store.execute("begin")
            store.executemany("insert or replace into vector values (?, ?, ?, ?)", rows)
    except sqlite3.OperationalError as error:
        raise ArchiveUnwritable(_("cannot use {file}: {error}").format(file=file, error=error)) from error


def _passages(database: Database, batch: list[tuple[int, int]]) -> Iterator[tuple[int, int, list[str]]]:
    revision = tables.RevisionRow
    with Session(database) as session:
        for ident, number in batch:
            row = session.scalar(select(revision).where(revision.notice_id == ident, revision.n == number))
            if row is not None:
                yield ident, number, passages_of(row.title, row.text)
