"""Several writers and readers at once, each a process of its own: no reader skips a change, no notice is written twice or by two at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from sqlalchemy import create_engine, text

from notices.config import load_config
from pipeline.sql import outbox
from pipeline.sql.database import open_database
from tests.cluster.journey import line
from tests.support.archive_home import ROOT, Home

FOLLOW = """
import json, os, sys, time
from notices.config import load_config
from pipeline.sql.database import for_reading, open_database
from pipeline.sql.changes import changes_after
from sqlalchemy.orm import Session
database, cursor, end = open_database(load_config(os.environ)), 0, int(sys.argv[1])
deadline = time.monotonic() + 300
while cursor < end and time.monotonic() < deadline:
    with Session(for_reading(database)) as session:
        found = [row.seq for row in changes_after(session, cursor)]
    if found:
        print(json.dumps(found), flush=True)
        cursor = found[-1]
"""
WRITE = """
import os, sys
from datetime import UTC, datetime
from notices.config import load_config
from pipeline.sql import tables
from pipeline.sql.changes import Occasion, note_change
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from sqlalchemy.orm import Session
database, who, count = open_database(load_config(os.environ)), int(sys.argv[1]), int(sys.argv[2])
for n in range(count):
    now = datetime.now(UTC)
    source = source_id(database, f"source-{n % 3}")
    with Session(database) as session, session.begin():
        url = f"http://a.example/{who}-{n}"
        notice = tables.NoticeRow(source_id=source, key=url, url=url, revisions=1, first_seen_at=now, last_seen_at=now)
        session.add(notice)
        session.flush()
        session.add(tables.OutboxRow(notice_id=notice.id, created_at=now))
        note_change(session, "new", notice, now, Occasion(None, False))
        if n % 10 == 9:
            session.rollback()
"""
CLAIM = """
import os, sys, time
from notices.config import load_config
from pipeline.sql.database import open_database
from pipeline.sql.outbox import claimed
database = open_database(load_config(os.environ))
while True:
    with claimed(database, limit=7) as found:
        if not found.notice_ids:
            break
        print(*found.rows, flush=True)
        time.sleep(float(sys.argv[1]))
"""
WRITERS, COUNT = 4, 100
KEPT = WRITERS * COUNT * 9 // 10


def started(home: Home, code: str, *words: object) -> subprocess.Popen[str]:
    """The program with these words, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)], env=home.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def output(process: subprocess.Popen[str]) -> list[str]:
    """What it printed, once it has ended without an error."""
    said = process.communicate(timeout=400)[0]
    assert process.returncode == 0
    return said.splitlines()


def test_no_reader_skips_a_change_while_several_write(server_home: Home) -> None:
    database = open_database(load_config(server_home.environment))
    readers = [started(server_home, FOLLOW, KEPT) for _ in range(2)]
    writers = [started(server_home, WRITE, who, COUNT) for who in range(WRITERS)]
    for writer in writers:
        output(writer)
    for reader in readers:
        assert [seq for told in output(reader) for seq in json.loads(told)] == list(range(1, KEPT + 1))
    with database.connect() as connection:
        assert connection.execute(text("select count(*), count(distinct name) from source")).one() == (3, 3)
    database.dispose()


def test_each_waiting_notice_goes_to_one_index_writer_and_a_killed_one_gives_it_back(server_home: Home) -> None:
    database = open_database(load_config(server_home.environment))
    output(started(server_home, WRITE, 1, 300))
    with database.connect() as connection:
        waiting = sorted(connection.execute(text("select id from outbox")).scalars())
    lost = started(server_home, CLAIM, 600)
    assert lost.stdout is not None
    assert [int(word) for word in lost.stdout.readline().split()] == waiting[:7]
    writers = [started(server_home, CLAIM, 0.005) for _ in range(3)]
    given = [int(word) for writer in writers for told in output(writer) for word in told.split()]
    assert sorted(given) == waiting[7:]
    os.kill(lost.pid, signal.SIGKILL)
    lost.communicate()
    assert sorted(int(word) for told in output(started(server_home, CLAIM, 0)) for word in told.split()) == waiting[:7]
    assert outbox.pending_count(database) == 0
    database.dispose()


def test_writer_that_waits_in_vain_says_so(server_home: Home) -> None:
    config = load_config(server_home.environment)
    open_database(config).dispose()
    other = create_engine(config.database + "?options=-c%20lock_timeout%3D0")
    with other.begin() as connection:
        connection.exec_driver_sql("select pg_advisory_xact_lock(7304211)")
        short = {**server_home.environment, "NOTICES_DATABASE": config.database + "?options=-c%20lock_timeout%3D300ms"}
        home = Home(server_home.path)
        home.environment = short
        done = home.run("import", "-", check=6, stdin=json.dumps(line(1), ensure_ascii=False))
        assert "another program has been writing" in done.stderr
        home.run("runs")  # a reader waits for nobody
    other.dispose()
