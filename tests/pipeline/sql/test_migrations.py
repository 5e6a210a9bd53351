"""An archive with the first tables is brought up to date: nothing that it states is lost, nothing that was rewritten becomes valid."""

from __future__ import annotations

import sqlite3
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import load_config
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.migrate import newest_version
from pipeline.sql.row_digest import row_digest

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
    "statement", ["update revision set title = title || '。' where id = 4", "update attachment set text = '' where revision_id = 4"]
)
def test_row_rewritten_before_does_not_become_valid(home: Path, statement: str) -> None:
    change(home, statement)
    engine = opened(home)
    assert rewritten(engine) == [4]
    engine.dispose()


def test_rewritten_region_is_noticed(home: Path) -> None:
    opened(home).dispose()
    change(home, "update revision set region = '110000' where id = 4")
    engine = opened(home)
    assert rewritten(engine) == [4]
    engine.dispose()
