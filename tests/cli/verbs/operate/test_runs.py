"""`notices runs`: what a run brought, could not read and no longer found, with addresses and reasons."""

from __future__ import annotations

import json
from pathlib import Path

from notices.config import load_config
from pipeline.sql.database import open_database
from pipeline.sql.locks import hold
from pipeline.sql.runs import start_run
from tests.support.quick_home import QuickHome
from tests.support.site_server import list_page, notice_path, serving, small_site, title


def test_a_run_tells_what_came_what_failed_and_what_is_gone(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    with serving(small_site(3)) as site:
        home.source(site.base)
        site.pages[notice_path(2)] = (404, {}, b"not found")
        home.run("crawl", check=None)
        site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([4, 3, 2, 1], 0, 1)
        site.pages[notice_path(3)] = (410, {}, b"gone")
        home.run("crawl", "--revisit", check=None)
    lines = home.run("runs").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["run", "2", "1"]
    assert "crawl linshan" in lines[1]
    first, second = (json.loads(home.run("runs", str(n), "--json").stdout) for n in (1, 2))
    assert {(s["revision"], s["title"], s["url"]) for s in first["stored"]} == {(1, title(n), site.base + notice_path(n)) for n in (1, 3)}
    assert first["unread"] == []  # the second run has listed it again
    unread = [(u["state"], u["url"], u["reason"]) for u in second["unread"]]
    assert sorted(unread) == [("gone", site.base + notice_path(n), "HTTP 404") for n in (2, 4)]
    assert [(a["url"], a["evidence"], a["detail"]) for a in second["absent"]] == [(site.base + notice_path(3), "http_410", "HTTP 410")]
    shown = home.run("runs", "2").stdout
    assert f"gone  HTTP 404  {title(4)}  {site.base}{notice_path(4)}" in shown
    assert "archived notices that were not found: 1" in shown


def test_sections_are_bounded_and_unknown_runs_refused(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    assert "there is no archive in" in home.run("runs", check=2).stderr
    assert not home.path.exists()
    file = tmp_path / "lines.jsonl"
    lines = [{"url": f"http://a.example/{n}", "title": f"通知{n}", "text": "正文"} for n in range(5)]
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    home.run("import", str(file))
    assert "… 3 more: --limit 5" in home.run("runs", "1", "--limit", "2").stdout
    assert "no run 9" in home.run("runs", "9", check=2).stderr
    assert "no run of a source 'x'" in home.run("runs", "--source", "x", check=2).stderr


def test_a_killed_import_is_shown_as_crashed_and_not_as_running(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    home.run("import", "-", stdin='{"url": "http://a.example/1", "title": "通知", "text": "正文"}')
    database = open_database(load_config(home.environment))
    start_run(database, "import", None)  # its process was killed: nobody holds the lock
    database.dispose()
    assert json.loads(home.run("runs", "2", "--json").stdout)["outcome"] == "crashed"
    assert "crashed" in home.run("runs").stdout
    with hold(tmp_path / "home/locks", "import"):
        assert json.loads(home.run("runs", "2", "--json").stdout)["outcome"] == "running"
