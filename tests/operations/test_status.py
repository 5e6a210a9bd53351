"""What `status` costs: it reads indexes, never texts, and loads nothing that reads them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from benchmarks.costs.grown import copied
from notices.config import load_config
from operations.status import archive_status
from pipeline.observe.health_facts import facts
from pipeline.sql.database import open_database
from pipeline.sql.tables import SourceRow
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome

_WHOLE = re.compile(r"^(SCAN|SEARCH) (notice|revision|listing|observation|snapshot)(?!.*COVERING INDEX)")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo archive, and forty copies of it in one."""
    first = QuickHome(tmp_path_factory.mktemp("status") / "home")
    first.run("demo")
    return QuickHome(copied(first.path, first.path.with_name("grown"), 40 * first.rows("select count(*) from notice")[0][0]))


def plans(home: Home) -> list[tuple[str, list[str]]]:
    """Every query of `status`, with the steps by which SQLite answers it."""
    config, asked = load_config({"NOTICES_HOME": str(home.path)}), list[tuple[str, object]]()
    database = open_database(config)
    event.listen(database, "before_cursor_execute", lambda _c, _cursor, statement, values, _x, _many: asked.append((statement, values)))
    archive_status(database, config, datetime.now(UTC))
    with database.connect() as connection:
        found = [(statement, _steps(connection, statement, values)) for statement, values in asked[:] if statement.startswith("SELECT")]
    database.dispose()
    return found


def _steps(connection: Connection, statement: str, values: object) -> list[str]:
    return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]  # type: ignore[arg-type]


def test_no_query_reads_the_rows_of_all_notices(home: Home) -> None:
    asked = plans(home)
    assert len(asked) > 10
    few = ("LIMIT", "takedown")  # so many rows as are asked for; those that were taken down
    whole = [(query, step) for query, steps in asked if not any(word in query for word in few) for step in steps if _WHOLE.match(step)]
    assert whole == []


def test_days_of_publication_are_counted_in_indexes(home: Home) -> None:
    [steps] = [steps for query, steps in plans(home) if query.startswith("SELECT revision.published_date, count")]
    assert any("ix_notice_source_id_first_seen_at" in step for step in steps)
    assert any("COVERING INDEX ix_revision_published" in step for step in steps)


def test_newest_notices_are_read_to_their_number(home: Home) -> None:
    newest = [steps for query, steps in plans(home) if "ORDER BY notice.first_seen_at DESC" in query or "first_listed_at DESC" in query]
    assert len(newest) == 3
    assert not any("FOR ORDER BY" in step for steps in newest for step in steps)  # only ties are sorted


def test_undated_notices_are_counted_by_the_day_in_china_on_which_they_were_seen(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    lines = "".join(f'{{"url": "http://a.example/{n}", "title": "通知{n}", "text": "正文"}}\n' for n in range(3))
    (tmp_path / "lines.jsonl").write_text(lines, encoding="utf-8")
    home.run("import", str(tmp_path / "lines.jsonl"))
    database = open_database(load_config({"NOTICES_HOME": str(home.path)}))
    with database.begin() as connection:
        for n, moment in enumerate(("2026-03-01 15:59:59.000000", "2026-03-01 16:00:00.000000", "2026-03-02 15:00:00.000000"), 1):
            connection.exec_driver_sql("update notice set first_seen_at = ? where id = ?", (moment, n))
    with Session(database) as session:
        found = facts(session, session.query(SourceRow).one())
    assert {day.isoformat(): count for day, count in found.seen.items()} == {"2026-03-01": 1, "2026-03-02": 2}
    assert found.undated == 3
    database.dispose()


def test_nothing_that_reads_pages_is_loaded(home: Home) -> None:
    code = "import sys; from cli.main import main; main(['status']); sys.stderr.write(' '.join(sys.modules))"
    with patch.dict(os.environ, home.environment, clear=True):
        done = subprocess.run([sys.executable, "-c", code], env=home.environment, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    heavy = {"scrapy", "twisted", "lxml", "cryptography", "alembic", "pipeline.anatomy", "pipeline.warc.series", "wcwidth"}
    assert loaded & heavy == set()


def test_database_is_closed_in_order(home: Home) -> None:
    Home(home.path).run("status", check=None)
    assert not home.path.joinpath("notices.db-wal").exists()
