"""Lists read by what a source file says; lists that stand in scripts."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crawler.list_page import next_candidates, read_list
from crawler.list_rules import ListRules
from notices.errors import SourceFileError

URL = "http://www.linshan.example/zwgk/tzgg/index.html"
ROWS = "".join(
    f'<div class="row"><a class="cat" href="/c/{n}/">很长很长很长很长很长很长的栏目名称</a><a class="t" href="n{n}.html">第{n}号公告</a>'
    f"<b>2019-01-01</b><i>2020-10-1{n}</i></div>"
    for n in range(4)
)
BODY = f'<html><body><div id="list">{ROWS}</div><a id="more" href="p2.html">继续</a></body></html>'.encode()


@pytest.mark.parametrize(
    "rules",
    [
        ListRules(entries="#list .row", link="a.t", date="i"),
        ListRules(entries="//div[@class='row']", link="./a[2]", date=".//i"),
        ListRules(entries=".row", link="a.t", title="a.t", date="i"),
    ],
)
def test_selectors_choose_what_recognition_would_not(rules: ListRules) -> None:
    entries = read_list(BODY, URL, rules=rules).entries
    assert [(e.title, e.date) for e in entries] == [(f"第{n}号公告", date(2020, 10, 10 + n)) for n in range(4)]
    assert entries[0].url == "http://www.linshan.example/zwgk/tzgg/n0.html"


def test_next_by_selector_and_by_template() -> None:
    assert read_list(BODY, URL, rules=ListRules(next="#more")).next_page == "http://www.linshan.example/zwgk/tzgg/p2.html"
    assert read_list(BODY, URL, rules=ListRules(next="#nothing")).next_page is None
    rules = ListRules(next_template="index_{n}.html", first=2)
    second = read_list(BODY, URL, rules=rules).next_page
    assert second == "http://www.linshan.example/zwgk/tzgg/index_2.html"
    assert read_list(BODY, second, rules=rules).next_page == "http://www.linshan.example/zwgk/tzgg/index_3.html"


def test_template_with_a_query() -> None:
    rules = ListRules(next_template="?page={n}", first=2)
    second = read_list(BODY, URL, rules=rules).next_page
    assert second == URL + "?page=2"
    assert read_list(BODY, second, rules=rules).next_page == URL + "?page=3"


@pytest.mark.parametrize("selector", ["div[", "//div[", "::", "//a/@href["])
def test_broken_selector_is_named(selector: str) -> None:
    with pytest.raises(SourceFileError, match="list"):
        read_list(BODY, URL, rules=ListRules(entries=selector))


def test_named_platform_is_believed() -> None:
    assert read_list(BODY, URL, rules=ListRules(platform="trs")).platform == "trs"


def test_array_in_a_script() -> None:
    rows = [{"title": f"第{n}号公告", "url": f"/a/{n}.html", "pubDate": f"2020-10-1{n}"} for n in range(5)]
    body = f"<html><body><div id=app></div><script>var data = {json.dumps(rows)}; show(data)</script></body></html>"
    entries = read_list(body.encode(), URL).entries
    assert [(e.title, e.date) for e in entries] == [(f"第{n}号公告", date(2020, 10, 10 + n)) for n in range(5)]


def test_written_list_in_a_script() -> None:
    lines = "\n".join(
        f"document.write('<li><a href=\"./202010/t2020101{n}_9{n}.html\">临杉市第{n}号公告</a><span>2020-10-1{n}</span></li>');"
        for n in range(5)
    )
    entries = read_list(f"<html><body><ul><script>{lines}</script></ul></body></html>".encode(), URL).entries
    assert [(e.title, e.date) for e in entries] == [(f"临杉市第{n}号公告", date(2020, 10, 10 + n)) for n in range(5)]


def test_list_in_a_text_box() -> None:
    rows = "".join(f'<li><a href="/art/2020/10/1{n}/art_1_{n}.html">临杉市第{n}号公告</a><span>2020-10-1{n}</span></li>' for n in range(5))
    entries = read_list(f"<html><body><textarea>{rows}</textarea></body></html>".encode(), URL).entries
    assert len(entries) == 5


def test_no_pager_no_candidates() -> None:
    assert next_candidates(b"<ul><li><a href='a.html'>x</a></li></ul>", URL) == ()
