"""`notices status` after real crawls of a real site that breaks; tests/pipeline/observe/test_health.py judges the facts themselves."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome
from tests.support.site_server import Site, list_page, notice_path, serving, small_site

_CHALLENGE = b'<html><head><script>document.cookie="__jsl_clearance=1";location.reload()</script></head><body></body></html>'
_LOGIN = '<html><head><title>登录</title></head><body>请先登录<form>用户名<input>密码<input type="password"></form></body></html>'.encode()
_EMPTIED = '<html><head><title>通知</title></head><body><div class="nav"><a href="/">首页</a></div></body></html>'.encode()
_SHOWN = (7, 6, 5, 4)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """A site that was crawled once while it was well, and the archive of that."""
    home = QuickHome(tmp_path_factory.mktemp("healthy") / "home")
    with serving(small_site(7, per_page=7)) as site:
        home.source(site.base, more="[expect]\nevery_days = 300\n")
        home.run("crawl")
        assert _status(home, 0)["state"] in ("ok", "new")
        yield site, home.path


def _fresh_list(site: Site, page: bytes) -> None:
    site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = page


def _new_notices(site: Site, page: bytes) -> None:
    """Three new notices on the list, each of which is answered by this page."""
    _fresh_list(site, list_page([10, 9, 8, *_SHOWN], 0, 1))
    for n in (8, 9, 10):
        site.pages[notice_path(n)] = page


def _break(site: Site, name: str) -> None:
    match name:
        case "empty list":
            _fresh_list(site, list_page([], 0, 1))
        case "404":
            _fresh_list(site, list_page([10, 9, 8, *_SHOWN], 0, 1))  # the site has no page for the new ones
        case "challenge":
            _new_notices(site, _CHALLENGE)
        case "moved selector":
            _new_notices(site, _EMPTIED)
        case "login page":
            _fresh_list(site, _LOGIN)
        case "old dates":
            _fresh_list(site, list_page([3, 2, 1], 0, 1))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return QuickHome(tmp_path / "home")


def _status(home: Home, check: int) -> dict[str, Any]:
    (source,) = json.loads(home.run("status", "--json", check=check).stdout)["sources"]
    return dict(source)


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("empty list", "failing", "0 list entries"),
        ("404", "failing", "the newest 3 entries could not be read (gone: HTTP 404"),
        ("challenge", "failing", "the newest 3 entries could not be read (blocked: challenge"),
        ("moved selector", "degraded", "text in 0 of the newest 3 notices, 7 of 7 before"),
        ("login page", "failing", "0 list entries"),
        ("old dates", "failing", "4 newer ones up to 2026-10-08 are gone from it"),
    ],
)
def test_site_that_breaks_is_noticed_after_the_next_run(
    healthy: tuple[Site, Path], tmp_path: Path, name: str, state: str, words: str
) -> None:
    site, archive = healthy
    well = dict(site.pages)
    home = QuickHome(tmp_path / "home")
    shutil.copytree(archive, home.path)
    try:
        _break(site, name)
        home.run("crawl", check=None)
    finally:
        site.pages.clear()
        site.pages.update(well)
    source = _status(home, 3 if state == "failing" else 0)
    assert source["state"] == state
    assert any(words in reason for reason in source["reasons"]), source["reasons"]


def test_table_shows_state_and_reasons_and_json_keeps_its_keys(home: Home) -> None:
    with serving(small_site(3)) as site:
        home.source(site.base, more="[expect]\nmin_entries = 9\n")
        home.run("crawl")
    shown = home.run("status", check=3).stdout
    assert "state    source   notices  newest      last new" in shown
    assert "failing  linshan  3        2026-10-04" in shown
    assert "    3 list entries on " in shown
    assert "at least 9 expected" in shown
    source = _status(home, 3)
    assert list(source) == [
        "name",
        "site",
        "enabled",
        "notices",
        "newest_date",
        "last_run",
        "outcome",
        "reason",
        "state",
        "reasons",
        "last_new",
        "usual_days",
        "allowed_days",
        "last_success",
        "filled",
        "columns",
        "completeness",
    ]
    assert source["filled"] == {"title": 1.0, "date": 1.0, "issuer": 1.0, "text": 1.0}
    assert source["last_success"] is not None
    assert source["completeness"] == {
        "listed": 3, "archived": 3, "not_archived": {}, "unread_columns": 0, "date_gaps": 0, "number_gaps": 0, "leads": 0,
    }  # fmt: skip
    found = json.loads(home.run("status", "--json", check=3).stdout)
    assert found["disk"]["warc"] > 1000 < found["disk"]["free"]
    assert found["index"]["waiting_since"] is None
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute("insert into outbox (notice_id, created_at) values (1, '2026-10-05 00:00:00.000000')")
    raw.close()
    assert json.loads(home.run("status", "--json", check=3).stdout)["index"]["waiting_since"] == "2026-10-05 00:00:00Z"


def test_source_never_crawled_is_new_and_disabled_one_paused(home: Home) -> None:
    path = home.source("http://127.0.0.1:9")
    assert _status(home, 0)["state"] == "new"
    with serving(small_site(3)) as site:
        path = home.source(site.base)
        home.run("crawl")
    path.write_text(path.read_text(encoding="utf-8").replace("enabled = true", "enabled = false"), encoding="utf-8")
    assert _status(home, 0)["state"] == "paused"


def test_text_of_a_site_in_a_reason_does_not_drive_the_terminal(home: Home) -> None:
    with serving(small_site(3)) as site:
        home.source(site.base)
        home.run("crawl")
    with sqlite3.connect(home.path / "notices.db") as database:
        database.execute("update run set outcome = 'failed', reason = '\x1b[2Jgone'")
    shown = home.run("status", check=3).stdout
    assert "\x1b" not in shown
    assert "␛[2Jgone" in shown


def test_expectation_that_cannot_be_is_refused_with_its_key(home: Home) -> None:
    home.source("http://127.0.0.1:9", more="[expect]\nevery_days = 0\n")
    assert "expect.every_days: 0.0 is not above 0 and at most 366" in home.run("status", check=3).stderr


def test_empty_folder_is_told_of_and_stays_empty(home: Home) -> None:
    home.path.mkdir()
    assert "there is no archive in" in home.run("status", check=2).stderr
    assert list(home.path.iterdir()) == []
    home.source("http://127.0.0.1:9")
    shown = home.run("status", check=None).stdout  # before the first crawl of a source
    assert "0 notices" in shown
    assert "not built yet" in shown
    assert os.listdir(home.path) == ["sources"]


def test_index_that_lacks_notices_or_is_of_an_earlier_version_is_told_with_its_remedy(home: Home) -> None:
    line = {"title": "关于防汛的通知", "text": "请做好防汛工作。"}
    home.run("import", "-", stdin=json.dumps({**line, "url": "http://a.example/1"}))
    shutil.copytree(home.path / "index", home.path / "earlier")
    home.run("import", "-", stdin=json.dumps({**line, "url": "http://a.example/2"}))
    assert json.loads(home.run("status", "--json").stdout)["index"]["problem"] is None
    shutil.rmtree(home.path / "index")
    (home.path / "earlier").rename(home.path / "index")
    problem = "it contains 1 documents for 2 notices (0 waiting): notices index --rebuild"
    assert json.loads(home.run("status", "--json").stdout)["index"]["problem"] == problem
    assert problem in home.run("status").stdout
    home.run("index", "--rebuild")
    (made_as,) = (home.path / "index").glob("g-*/version.json")
    made_as.write_text(json.dumps({**json.loads(made_as.read_text()), "content": 1}))
    assert "an earlier version of this program made it" in home.run("status").stdout
    home.run("index")
    assert json.loads(home.run("status", "--json").stdout)["index"]["problem"] is None
