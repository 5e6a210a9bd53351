"""What `notices source new` is told of a list page, and the source file written from it."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from crawler.recognise import recognise, source_toml
from crawler.source import parse_source

URL = "http://www.linshan.example/zwgk/tzgg/index.html"
ROWS = "".join(f'<li><a href="202010/t2020101{n}_7{n}.html">临杉市第{n}号公告</a><span>2020-10-1{n}</span></li>' for n in range(8))
HEAD = '<head><title>通知公告-临杉市人民政府门户网站</title><meta name="SiteName" content="临杉市人民政府"></head>'
MENU = '<ul class="nav"><li><a href="../zcwj/">政策文件</a></li><li><a href="http://other.example/">公告公示</a></li><li><a href="/">首页</a></li></ul>'


def page(pager: str = '<script>createPageHTML(9, 0, "index", "html")</script>', head: str = HEAD, rows: str = ROWS) -> bytes:
    return f"<html>{head}<body>{MENU}<ul>{rows}</ul>{pager}</body></html>".encode()


def test_everything_is_recognised() -> None:
    found = recognise(page(), URL)
    assert (found.family, found.site, found.entries, found.dated) == ("trs", "临杉市人民政府", 8, 8)
    assert found.columns == (("通知公告", URL), ("政策文件", "http://www.linshan.example/zwgk/zcwj/"))
    assert found.next_page == "http://www.linshan.example/zwgk/tzgg/index_1.html"
    assert found.date_format == "YYYY-MM-DD"
    assert any("index_1.html" in line for line in found.sure)
    assert found.unsure == ()


def test_what_is_not_sure_is_said() -> None:
    found = recognise(page(pager='<div class="page"><a href="javascript:;">下一页</a>共9页</div>', head=""), URL)
    assert (found.family, found.site, found.next_page) == (None, None, None)
    said = "\n".join(found.unsure)
    assert "family" in said
    assert "to be probed" in said
    assert "publisher not found" in said


def test_page_whose_list_is_elsewhere() -> None:
    found = recognise(b"<script>window._CONFIG={SID:'755001'}</script>", "http://www.linshan.example/gkmlpt/index#28")
    assert any("/gkmlpt/api/all/28?page=1&sid=755001" in line for line in found.unsure)


def test_source_file_is_valid_and_strict() -> None:
    text = source_toml(recognise(page(), URL), name="linshan", written=date(2026, 1, 5), allow_private=True)
    source = parse_source(tomllib.loads(text), "linshan.toml")
    assert (source.name, source.enabled, source.allow_private, source.written) == ("linshan", False, True, date(2026, 1, 5))
    assert [(c.name, c.url) for c in source.columns] == [("通知公告", URL)]
    assert source.expect.min_entries == 5
    assert source.lists.platform == "trs"
    assert "# [[columns]]" in text


@pytest.mark.parametrize("name", ['甲"乙\\丙', "甲\n[list]\nplatform = 1", "甲\u2028enabled = true", "\x00'''"])
def test_names_from_the_page_cannot_break_the_file(name: str) -> None:
    head = f'<head><meta name="SiteName" content="{name.replace(chr(34), "&quot;")}"><meta name="ColumnName" content="{name.replace(chr(34), "&quot;")}"></head>'
    text = source_toml(recognise(page(head=head), URL), name="linshan", written=date(2026, 1, 5))
    source = parse_source(tomllib.loads(text), "linshan.toml")
    assert source.enabled is False
    assert source.lists.platform == "trs"
