"""What the lists of a column gave in a run: entries named, dated, without an address, read, failed; list pages named and read."""

from __future__ import annotations

import json
from pathlib import Path

from notices.capture import ColumnYield, ListYield
from pipeline.observe.yields import columns_of, counts_alone
from tests.support.quick_home import QuickHome
from tests.support.site_server import notice_path, serving, small_site, title


def test_a_run_keeps_what_each_column_gave(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    with serving(small_site(3)) as site:
        home.source(site.base)
        rows = "".join(f'<li><a href="{notice_path(n)}">{title(n)}</a><span>2026-03-0{n}</span></li>' for n in (1, 2))
        rows += '<li><a href="javascript:;">青禾市林业局关于清明节值班的通知</a><span>2026-03-04</span></li>'
        site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = f"<ul>{rows}</ul><p>共3页 第1页</p>".encode()
        site.pages[notice_path(2)] = (404, {}, b"not found")
        home.run("crawl", check=None)
        checked = home.run("source", "check", "linshan", check=None).stdout
    (column,) = json.loads(home.run("runs", "1", "--json").stdout)["columns"]
    (page,) = column.pop("lists")
    assert column.pop("column") == page.pop("url")
    assert page == {"entries": 3, "dated": 3, "without_address": 1, "problem": ""}
    assert column == {"pages_named": 3, "pages_read": 1, "entries": 3, "dated": 3, "without_address": 1, "read": 1, "failed": 1}
    shown = home.run("runs", "1").stdout
    wanted = "list pages: 3 named, 1 read; entries: 3 named, 3 dated, 1 without an address"
    assert f"{wanted}; 1 archived, 1 not read" in shown
    assert wanted in checked
    (source,) = json.loads(home.run("status", "--json", check=None).stdout)["sources"]
    assert [(each["pages_named"], each["pages_read"], each["failed"]) for each in source["columns"]] == [(3, 1, 1)]


def test_lists_that_could_not_be_read_are_named_and_not_counted_as_read() -> None:
    column = ColumnYield(
        "http://a.example/", 2, (ListYield("http://a.example/", 20, 18, 1), ListYield("http://a.example/2", problem="HTTP 500"))
    )
    assert (column.pages_read, column.total("entries"), column.total("dated"), column.total("without_address")) == (1, 20, 18, 1)


def test_runs_of_earlier_releases_have_counts_alone() -> None:
    assert columns_of({"lists": 2}) == ()
    assert counts_alone({"lists": 2, "columns": []}) == {"lists": 2}
