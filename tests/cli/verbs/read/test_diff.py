"""What `notices diff` shows of a silent edit."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.quick_home import QuickHome
from tests.support.site_server import notice_page, notice_path, serving, small_site


def test_files_that_changed_are_compared_by_their_text(tmp_path: Path) -> None:
    home, site = QuickHome(tmp_path / "home"), small_site(1)
    link = '<p>附件：<a href="/files/a.txt">巡查表.txt</a></p>'
    site.pages[notice_path(1)] = notice_page(1, link)
    site.pages["/files/a.txt"] = (200, {"Content-Type": "text/plain; charset=utf-8"}, "巡查表\n甲段：每日一次\n".encode())
    with serving(site):
        home.source(site.base)
        home.run("crawl")
        assert "has one revision" in home.run("diff", "1", check=2).stderr
        site.pages["/files/a.txt"] = (200, {"Content-Type": "text/plain; charset=utf-8"}, "巡查表\n甲段：每日二次\n".encode())
        home.run("crawl", "--revisit")
    value = json.loads(home.run("diff", "1", "--json").stdout)
    assert (value["text"], value["fields"], value["attachments"]["removed"]) == ([], {}, [])
    [changed] = value["attachments"]["changed"]
    assert (changed["name"], [p["text"] for p in changed["text"]]) == ("巡查表.txt", ["甲段：每日一次", "甲段：每日二次"])
    shown = home.run("diff", "1").stdout
    assert "~ attachment 巡查表.txt" in shown
    assert "每日«二»次" in shown
