"""Archived bytes read again: what an earlier parser made of them is corrected, and the source is not said to have changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.archive_home import Home
from tests.support.passing_days import change_sql
from tests.support.quick_home import QuickHome
from tests.support.site_server import serving, small_site

CHANGED = "select title, kind, parser_version from revision order by id"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = QuickHome(tmp_path / "home")
    with serving(small_site(3)) as site:
        made.source(site.base)
        made.run("crawl", "linshan")
    return made


def test_fresh_archive_reads_the_same(home: Home) -> None:
    before = home.rows("select * from revision")
    assert home.run("reparse").stdout == "3 revisions read, 0 changed\n"
    assert home.rows("select * from revision") == before


def test_earlier_reading_is_corrected_with_its_history_and_no_revision(home: Home) -> None:
    change_sql(home, "update revision set title = '旧读法的标题', kind = null, parser_version = '0' where id = 2")
    dry = home.run("reparse", "--dry-run").stdout
    assert "旧读法的标题 →" in dry
    assert "1 would change (title 1, kind 1)" in dry
    assert home.rows("select count(*) from correction") == [(0,)]
    assert "read by an earlier parser" in home.run("status", check=None).stdout
    home.run("reparse")
    [(changes, old, new)] = home.rows("select changes, from_parser, to_parser from correction")
    assert json.loads(changes)["title"][0] == "旧读法的标题"
    assert old == "0" != new
    assert home.rows("select count(*) from revision") == [(3,)]
    assert home.search("标题:河段防汛")["total"] == 3
    assert home.run("reparse").stdout == "3 revisions read, 0 changed\n"
    home.run("verify")


def test_bytes_that_cannot_be_read_leave_their_row_as_it_is(home: Home) -> None:
    [(offset, length)] = home.rows('select "offset", length from snapshot join revision on snapshot.id = snapshot_id where revision.id = 2')
    [series] = (home.path / "warc").glob("*.open")
    data = bytearray(series.read_bytes())
    data[offset + length // 2] ^= 1
    series.write_bytes(data)
    before = home.rows(CHANGED)
    assert "1 unreadable" in home.run("reparse", check=4).stdout
    assert home.rows(CHANGED) == before
