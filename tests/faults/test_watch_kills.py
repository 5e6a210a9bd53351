"""Killed at any moment, `watch run` loses no event and tells none under a second id."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.model import Notice
from pipeline.sql.changes import Occasion
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from tests.support.archive_home import ROOT
from tests.support.passing_days import change_sql
from tests.support.quick_home import QuickHome

pytestmark = pytest.mark.faults
KILLS, NOTICES = 12, 5


def test_every_event_arrives_under_one_id(tmp_path: Path) -> None:
    home, out = QuickHome(tmp_path / "home"), tmp_path / "out"
    config = load_config({"NOTICES_HOME": str(home.path)})
    database = open_database(config)
    source, rng = source_id(database, "linshan"), random.Random(20)
    home.run("channel", "add", "file", "command", f"tee -a {out}")
    home.run("watch", "add", "河", "河道", "--to", "file")
    for round_ in range(KILLS):
        for n in range(NOTICES):
            with Session(database) as session, session.begin():
                notice = Notice(url=f"http://www.linshan.example/{round_}-{n}.html", title=f"通知{round_}-{n}", text="河道。")
                store_reading(session, source, Reading(notice, (), None, datetime.now(UTC)), Occasion(None, False))
        run = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "watch", "run"], env=home.environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0.1, 1.2))
        run.send_signal(signal.SIGKILL)
        run.wait(60)
    change_sql(home, "update delivery set due_at = '2020-01-01 00:00:00.000000' where state != 'sent'")
    home.run("watch", "run")
    bodies = {body["id"]: body for body in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    told = Counter(event["seq"] for body in bodies.values() for event in body["events"])
    assert (sum(body["count"] for body in bodies.values()), set(told.values())) == (KILLS * NOTICES, {1})
    assert home.rows("select count(*), count(distinct seq) from watch_hit") == [(KILLS * NOTICES, KILLS * NOTICES)]
