"""`notices config`: every setting with its origin, and no password."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notices.config import Config
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome


def test_every_setting_is_listed_with_its_origin_and_without_passwords(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "notices.toml").write_text("crawl_jobs = 3\n", encoding="utf-8")
    home.environment["NOTICES_DATABASE"] = "postgresql+psycopg://me:secret@db.example/notices"
    rows = [json.loads(line) for line in home.run("config", "--json").stdout.splitlines()]
    assert [row["key"] for row in rows] == list(Config._fields)
    by_key = {row["key"]: row for row in rows}
    assert by_key["crawl_jobs"] == {"key": "crawl_jobs", "value": 3, "origin": str(tmp_path / "notices.toml"), "default": 2}
    assert by_key["revisit_days"]["value"] == [1, 7, 30, 180]
    assert by_key["database"]["value"] == "postgresql+psycopg://…@db.example/notices"
    shown = home.run("config").stdout
    assert "secret" not in shown
    assert "NOTICES_DATABASE" in shown
    assert str(tmp_path / "notices.toml") in shown


@pytest.mark.parametrize("words", [["schedule", "--once"], ["worker"]])
def test_queue_without_a_database_that_workers_can_share_is_refused(tmp_path: Path, words: list[str]) -> None:
    home = QuickHome(tmp_path / "home")
    home.environment["NOTICES_QUEUE"] = "postgresql://me:secret@db.example/jobs"
    said = home.run(*words, check=2).stderr
    assert "set database to one of PostgreSQL" in said
    assert "secret" not in said
