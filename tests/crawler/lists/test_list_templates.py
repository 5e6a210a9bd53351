"""List pages of many makers: one list of notices in each, and the next page by each kind of pager."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.list_page import read_list

BASE = "http://www.xpw.gov.cn/zwgk/tzgg/"
WORKS = ("防汛备汛", "秋粮收购", "地名普查", "环卫保洁", "农机购置补贴", "人才公寓配租", "食品抽检", "文物巡查")
ENTRIES = [
    (f"关于做好2026年第{n}批{work}工作的通知", f"detail_{1000 + n}.html", date(2026, 9, n))
    for n, work in zip(range(20, 12, -1), WORKS, strict=True)
]


def rows(form: str) -> str:
    return "".join(form.format(title=title, href=href, day=day) for title, href, day in ENTRIES)


def read(content: str, url: str = BASE) -> tuple[list[tuple[str, str, date | None]], str | None]:
    page = read_list(f"<html><head><meta charset=utf-8><title>通知公告</title></head><body>{content}</body></html>".encode(), url)
    return [(entry.title, entry.url.removeprefix(BASE), entry.date) for entry in page.entries], page.next_page


@pytest.mark.parametrize(
    "form",
    [
        "<li><a href='{href}'><h3>{title}</h3><time datetime='{day}T08:00:00+08:00'>3天前</time></a></li>",
        "<li><a href='{href}'>{title}</a><sup>NEW</sup> <i>{day:%y-%m-%d}</i></li>",
        '<li><a href="javascript:void(0)" onclick="goDetail(\'{href}\')">{title}</a><span>{day}</span></li>',
        "<li onclick=\"window.open('{href}')\"><span>{title}</span><span>{day}</span></li>",
    ],
)
def test_entries_of_a_row_are_read(form: str) -> None:
    assert read(f"<ul>{rows(form)}</ul>")[0] == ENTRIES


LIST = "<ul>" + rows("<li><a href='{href}'>{title}</a><span>{day}</span></li>") + "</ul>"


@pytest.mark.parametrize(
    ("pager", "url", "following"),
    [
        (
            "<div>共 41 条 <select><option value='list-1.html' selected>1</option><option value='list-2.html'>2</option></select></div>",
            "list-1.html",
            "list-2.html",
        ),
        ("<div><a href=index.html>1</a><a href=index_1.html>2</a><span>3</span><a>下一页</a></div>", "index_2.html", None),
        (
            "<div>第1/7页 <a href='javascript:gotoPage(2)'>下一页</a></div><script>function gotoPage(n){location.href='index_'+n+'.html';}</script>",
            "",
            "index_2.html",
        ),
        (
            "<div>第1/7页 <a href='javascript:go(2)'>下一页</a></div><script>function go(p) { window.location = 'index_' + (p - 1) + '.shtml'; }</script>",
            "",
            "index_1.shtml",
        ),
    ],
)
def test_next_page_is_that_of_the_pager(pager: str, url: str, following: str | None) -> None:
    found, next_page = read(LIST + pager, BASE + url)
    assert found == ENTRIES
    assert next_page == (BASE + following if following else None)
