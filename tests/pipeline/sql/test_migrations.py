"""An archive with the first tables is brought up to date: nothing that it states is lost, nothing that was rewritten becomes valid."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.errors import DamageFound
from pipeline.relations.citations import title_key
from pipeline.sql import tables
from pipeline.sql.column_types import unpacked, with_paths
from pipeline.sql.database import open_database
from pipeline.sql.migrate import SPACE_DUE, newest_version
from pipeline.sql.row_digest import row_digest
from pipeline.sql.tallies import OBSERVATIONS, is_digest_as_written, tally, values_of, written
from preservation.notice_rows import added_rows

RECORDED = Path(__file__).parents[2] / "end_to_end/recorded/home.tar.xz"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The recorded home's database, as the first tables had it."""
    with tarfile.open(RECORDED) as tar:
        tar.extractall(tmp_path, members=[m for m in tar.getmembers() if Path(m.name).name.startswith("notices.db")], filter="tar")
    return tmp_path / "home"


def opened(home: Path) -> Engine:
    return open_database(load_config({"NOTICES_HOME": str(home)}))


def rewritten(engine: Engine) -> list[int]:
    """Ids of the revisions that are not as their digest states."""
    with Session(engine) as session:
        return [row.id for row in session.scalars(select(tables.RevisionRow)) if row_digest(row) != row.row_digest]


def change(home: Path, statement: str) -> None:
    """Rewrite a row as somebody would who goes around the program."""
    with sqlite3.connect(home / "notices.db") as raw:
        raw.execute(statement)
        assert raw.total_changes
    raw.close()


def test_every_revision_keeps_its_digest_and_gets_the_region_of_its_source(home: Path) -> None:
    engine = opened(home)
    assert rewritten(engine) == []
    with Session(engine) as session:
        assert session.connection().exec_driver_sql("select version_num from alembic_version").scalar() == newest_version()
        found = {(row.notice.source.name, row.region, row.region_provenance) for row in session.scalars(select(tables.RevisionRow))}
        assert found == {("demo", "999900", "source"), ("old", None, None)}  # 澄河市 is invented
        assert session.scalars(select(tables.OutboxRow)).all() == []
    engine.dispose()


def test_without_a_source_region_the_issuer_gives_it_and_the_index_is_told_of_a_new_one(home: Path) -> None:
    change(home, "update source set region = ''")
    change(home, """update revision set issuer = '市水务局', anatomy = '{"issuer_full": "河南省新乡市水务局"}' where id = 1""")
    change(home, "update revision set issuer = '河南省水利厅' where id = 3")
    change(home, "update revision set issuer = null, anatomy = 'no JSON' where id = 4")
    engine = opened(home)
    revision = tables.RevisionRow
    with Session(engine) as session:
        query = select(revision.id, revision.region, revision.region_provenance).where(revision.id.in_((1, 3, 4))).order_by(revision.id)
        assert [tuple(row) for row in session.execute(query)] == [(1, "410700", "issuer"), (3, "410000", "issuer"), (4, None, None)]
        assert session.scalars(select(tables.OutboxRow.notice_id)).all() == [1]
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "update revision set title = title || '。' where id = 4",
        "update revision set text = text || '伪' where id = 4",
        "update revision set folded = 'x' where id = 4",
        """update revision set anatomy = '{"kind": "通知"}' where id = 4""",
        "update attachment set text = '' where revision_id = 4",
    ],
)
def test_row_rewritten_before_does_not_become_valid(home: Path, statement: str) -> None:
    change(home, statement)
    engine = opened(home)
    assert rewritten(engine) == [4]
    engine.dispose()


def test_row_that_could_not_be_read_before_is_damage_afterwards(home: Path) -> None:
    change(home, "update revision set anatomy = '{' where id = 4")
    engine = opened(home)
    with Session(engine) as session, pytest.raises(DamageFound, match="in place of JSON"):
        session.get(tables.RevisionRow, 4)
    with Session(engine) as session:
        others = session.scalars(select(tables.RevisionRow).where(tables.RevisionRow.id != 4)).all()
        assert [row.id for row in others if row_digest(row) != row.row_digest] == []
    engine.dispose()


def test_rewritten_region_is_noticed(home: Path) -> None:
    opened(home).dispose()
    change(home, "update revision set region = '110000' where id = 4")
    engine = opened(home)
    assert rewritten(engine) == [4]
    engine.dispose()


def test_long_values_are_packed_and_folded_texts_are_gone(home: Path) -> None:
    with sqlite3.connect(home / "notices.db") as raw:
        before = raw.execute("select id, text, anatomy, title from revision order by id").fetchall()
        raw.execute("insert into correction values (1, 1, '2026-11-20 00:00:00', '2', '3', ?)", (json.dumps({"text": ["伪" * 900, ""]}),))
    opened(home).dispose()
    with sqlite3.connect(home / "notices.db") as raw:
        stored = raw.execute("select id, text, anatomy, title from revision order by id").fetchall()
        assert "folded" not in {row[1] for row in raw.execute("pragma table_info(revision)")}
        assert isinstance(raw.execute("select changes from correction").fetchone()[0], bytes)
    assert [(i, unpacked(text), with_paths(json.loads(unpacked(anatomy))), title) for i, text, anatomy, title in stored] == [
        (i, text, json.loads(anatomy), title) for i, text, anatomy, title in before
    ]
    assert sum(len(row[1]) + len(row[2]) for row in stored) * 2 < sum(len(row[1].encode()) + len(row[2]) for row in before)


def test_file_becomes_as_small_as_its_rows(home: Path) -> None:
    with sqlite3.connect(home / "notices.db") as raw:
        raw.execute("update revision set folded = ?", ("区" * 100_000,))
    raw.close()
    assert (home / "notices.db").stat().st_size > 2_000_000
    opened(home).dispose()
    assert (home / "notices.db").stat().st_size < 500_000
    with sqlite3.connect(home / "notices.db") as raw:
        assert raw.execute("pragma user_version").fetchone() == (0,)
    raw.close()


def test_space_that_was_not_given_back_is_at_the_next_opening(home: Path) -> None:
    opened(home).dispose()
    with sqlite3.connect(home / "notices.db") as raw:
        raw.execute("create table large (value text)")
        raw.executemany("insert into large values (?)", [("区" * 50_000,)] * 10)
        raw.execute("drop table large")
        raw.execute(f"pragma user_version = {SPACE_DUE}")
    raw.close()
    size = (home / "notices.db").stat().st_size
    opened(home).dispose()
    assert (home / "notices.db").stat().st_size < size - 1_000_000


KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from notices.config import load_config
from notices.errors import DamageFound
from pipeline.sql.database import open_database
left = [int(sys.argv[2])]
@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, parameters, context, many):
    left[0] -= statement.startswith(("UPDATE revision", "ALTER TABLE", "PRAGMA user_version", "UPDATE alembic"))
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
open_database(load_config({"NOTICES_HOME": sys.argv[1]}))
"""


@pytest.mark.parametrize("at", [3, 19])
def test_migration_that_is_killed_is_taken_up_again(home: Path, at: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(home), str(at)], cwd=RECORDED.parents[3], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    with sqlite3.connect(home / "notices.db") as raw:
        assert raw.execute("select version_num from alembic_version").fetchone() == ("0001",)
        assert raw.execute("select count(*) from revision where folded != ''").fetchone() == (7,)
    raw.close()
    engine = opened(home)
    assert rewritten(engine) == []
    engine.dispose()


def test_what_was_written_of_each_notice_is_counted_and_a_row_that_cannot_be_read_stops_nothing(home: Path) -> None:
    seen = "select notice_id, null, '2026-10-0' || id || ' 03:04:05.000006', 'seen', '', 1 from revision where n = 1"
    change(home, f"insert into observation (notice_id, run_id, observed_at, evidence, detail, site_healthy) {seen}")
    change(home, "update observation set observed_at = 'never' where id = (select min(id) from observation)")
    engine = opened(home)
    with Session(engine) as session:
        for notice in session.scalars(select(tables.NoticeRow).order_by(tables.NoticeRow.id)):
            query = select(tables.RevisionRow).where(tables.RevisionRow.notice_id == notice.id)
            assert all(is_digest_as_written(notice, revision) for revision in session.scalars(query))
            try:
                rows = added_rows(session, notice.id, OBSERVATIONS)
            except DamageFound:
                count = select(func.count()).where(tables.ObservationRow.notice_id == notice.id)
                assert written(notice, OBSERVATIONS).rows == (session.scalar(count) or 0) - 1
            else:
                assert written(notice, OBSERVATIONS) == tally(map(values_of, rows))
    engine.dispose()


def test_citations_get_the_key_of_the_title_that_they_name(home: Path) -> None:
    with sqlite3.connect(home / "notices.db") as raw:
        for n in range(2_100):  # more than are read at once
            titled = f"临杉市人民政府关于第{n}号河段巡查的通知" if n % 7 else None
            raw.execute("insert into citation (revision_id, relation, target_title, sentence) values (4, 'cites', ?, '')", (titled,))
    raw.close()
    engine = opened(home)
    with Session(engine) as session:
        rows = session.scalars(select(tables.CitationRow)).all()
        assert [row.title_key for row in rows] == [title_key(row.target_title) for row in rows]
        assert sum(row.title_key is not None for row in rows) >= 1_800
    engine.dispose()
