"""`notices schedule`: what lies ahead, pauses, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.quick_home import QuickHome


@pytest.fixture
def home(tmp_path: Path) -> QuickHome:
    home = QuickHome(tmp_path / "home")
    home.source("http://127.0.0.1:9")
    home.run("import", "-", stdin='{"url": "https://a.example/1", "title": "关于堤防巡查的通知", "text": "各县：请巡查。"}\n')
    return home


def ahead(home: QuickHome) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in home.run("schedule", "--show", "--json", "--hours", "2").stdout.splitlines()]


def test_what_lies_ahead_and_a_pause(home: QuickHome) -> None:
    assert ("crawl:linshan", "due now") in [(m["job"], m["reason"]) for m in ahead(home)]
    assert "linshan until 20" in home.run("schedule", "pause", "linshan", "--for", "1.5").stdout
    assert next(m["reason"] for m in ahead(home) if m["job"] == "crawl:linshan") == "paused"
    assert "resumed: linshan" in home.run("schedule", "resume", "linshan").stdout
    assert "everything until: notices schedule resume" in home.run("schedule", "pause").stdout
    assert all(m["at"] is None for m in ahead(home))
    assert "not before resume" in home.run("schedule", "--show").stdout
    assert "resumed: everything" in home.run("schedule", "resume").stdout
    assert "nothing was paused" in home.run("schedule", "resume").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pause", "linshna"), ["linshna", "linshan"]),
        (("resume", "linshan"), ["linshan", "nothing"]),
        (("run", "linshan"), ["linshan", "notices crawl"]),
        (("--show", "--hours", "0"), ["--hours", "0"]),
        (("resume", "--for", "3"), ["--for", "pause"]),
    ],
)
def test_refusal_names_the_value_and_what_is_allowed(home: QuickHome, words: tuple[str, ...], said: list[str]) -> None:
    stderr = home.run("schedule", *words, check=2).stderr
    assert all(part in stderr for part in said)


def test_what_comes_every_few_minutes_is_one_line_for_people_and_all_moments_for_programs(home: QuickHome, tmp_path: Path) -> None:
    home.environment["NOTICES_FEEDS_FOLDER"] = str(tmp_path / "feeds")
    home.environment["NOTICES_FEEDS_ADDRESS"] = "https://archiv.example.org/feeds/"
    home.run("schedule", "--once", check=None)
    assert (tmp_path / "feeds/changes.atom").exists()
    assert "https://archiv.example.org/feeds/changes.json" in (tmp_path / "feeds/changes.json").read_text(encoding="utf-8")
    lines = home.run("schedule", "--show").stdout.splitlines()
    assert [line.split("  ", 2)[2].split()[1:3] for line in lines if " feeds " in line] == [["and", "every"]]
    assert len(lines) < 15
    moments = [json.loads(line) for line in home.run("schedule", "--show", "--json").stdout.splitlines()]
    assert sum(m["job"] == "feeds" for m in moments) > 200
