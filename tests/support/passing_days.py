"""Crawls of the invented site with days between them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.config import load_config
from pipeline.sql import tables
from pipeline.sql.database import open_database
from pipeline.sql.tallies import OBSERVATIONS, tally, values_of
from tests.support.archive_home import ROOT, Home
from tests.support.site_server import Page

HTML = {"Content-Type": "text/html; charset=utf-8"}
DEAD: Page = (404, HTML, b"<html><body>404 Not Found</body></html>")
_TIMES = {
    "listing": ("first_listed_at", "last_listed_at", "read_at", "read_again_at"),
    "notice": ("first_seen_at", "last_seen_at"),
    "observation": ("observed_at",),
    "run": ("started_at", "finished_at"),
    "column_walk": ("walked_at", "began_at", "completed_at"),
    "change": ("at",),
}


def crawl(home: Home, check: int | None = 0, **options: object) -> None:
    """One run of the site in its worker process, as `notices crawl` starts it; the index is left as it was."""
    command = [sys.executable, "-P", "-m", "operations.crawl_run", json.dumps({"source": "linshan", **options})]
    done = subprocess.run(command, env=home.environment, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert check is None or done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"


def later(home: Home, days: float) -> None:
    """Let that many days pass: every time in the archive moves back."""
    with sqlite3.connect(home.path / "notices.db") as raw:
        for table, columns in _TIMES.items():
            for column in columns:
                raw.execute(f"update {table} set {column} = strftime('%Y-%m-%d %H:%M:%f000', {column}, ?)", (f"-{days} days",))
    _count_again(home)


def _count_again(home: Home) -> None:
    """Have every notice's row tell of its observations as they are now, as if they had been written so."""
    database = open_database(load_config({"NOTICES_HOME": str(home.path)}))
    with Session(database) as session, session.begin():
        for notice in session.scalars(select(tables.NoticeRow)):
            observed = session.scalars(select(tables.ObservationRow).where(tables.ObservationRow.notice_id == notice.id))
            notice.tallies = {**notice.tallies, OBSERVATIONS: tally(map(values_of, observed)).stored()}
    database.dispose()


def states(home: Home) -> dict[str, str]:
    """The notices' states by the last four digits of their addresses."""
    return dict(home.rows("select substr(url, -9, 4), state from notice"))


def revisions(home: Home) -> int:
    """How many revisions the archive holds."""
    return int(home.rows("select count(*) from revision")[0][0])


def evidence(home: Home, number: int) -> list[str]:
    """What was observed of a notice, in order."""
    query = f"select evidence from observation join notice on notice.id = notice_id where url like '%/%1{number:03}.html' order by observation.id"
    return [found for (found,) in home.rows(query)]


def change_sql(home: Home, statement: str) -> None:
    """Change a row behind the program's back."""
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute(statement)
