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
        "<li><a href='{href}'><div>{title}</div><div><span>来源：市水利局</span><span>{day} 09:30</span></div></a></li>",
        "<li><a href='{href}'><p>公告</p><p>{title}</p><p>{day}</p></a></li>",
        "<li><a href='{href}'><p>{title}</p><p>为贯彻落实上级决策部署，经市政府同意，现将有关事项通知如下，请各单位遵照执行，确保取得实效。</p></a><b>{day}</b></li>",
        "<li><a href='{href}'>标题：{title}</a><span>发布日期：{day}</span></li>",
        "<li><a href='{href}'>{title}</a><span>{day:%b %d, %Y}</span></li>",
        "<li><a href='{href}'>{title}</a><span>{day:%d %B %Y}</span></li>",
        "<li><a href='{href}'>{title}</a><span title='{day}'>昨天</span></li>",
        "<li data-time='{day}'><a href='{href}'>{title}</a></li>",
    ],
)
def test_entries_of_a_row_are_read(form: str) -> None:
    assert read(f"<ul>{rows(form)}</ul>")[0] == ENTRIES


LIST = "<ul>" + rows("<li><a href='{href}'>{title}</a><span>{day}</span></li>") + "</ul>"


@pytest.mark.parametrize(
    ("pager", "url", "following"),
    [
        ("<div><a href='?page=2'><img src=next.gif alt='下一页'></a></div>", "", "?page=2"),
        (
            "<div><a href='?page=1'><img src=/images/prev.gif></a><a href='?page=3'><img src=/images/next.gif></a></div>",
            "?page=2",
            "?page=3",
        ),
        ("<a title='下一页' href='?page=2'>→</a>", "", "?page=2"),
        ("<div><a href='index_2.html'>加载更多</a></div>", "", "index_2.html"),
        ("<div class=nav-links><a class='next page-numbers' href='page/2/'>较早的文章</a></div>", "", "page/2/"),
        ("<div class=nav-links><a class='next page-numbers' href='page/2/'><i></i></a></div>", "", "page/2/"),
        ("<div class=nav-links><a class='next disabled' href='page/2/'><i></i></a></div>", "", None),
        ("<div><span onclick=\"location.href='index_2.html'\">下一页</span></div>", "", "index_2.html"),
        ("<button data-href='index_2.html'>下一页</button>", "", "index_2.html"),
        ("<a data-page='2' href='javascript:void(0)'>下一页</a>", "list.html?page=1", "list.html?page=2"),
        ("<div>[1] <a href='index_1.shtml'>[2]</a> <a href='index_2.shtml'>[3]</a></div>", "", "index_1.shtml"),
        ("<p><a href='p1.html'>第1页</a> 第2页 <a href='p3.html'>第3页</a></p>", "p2.html", "p3.html"),
        ("<form action='list.jsp'>第1/8页 <input name=page value=1><input type=submit value=GO></form>", "", "list.jsp?page=2"),
        ("<form action='list.jsp'>第8/8页 <input name=page value=8><input type=submit value=GO></form>", "list.jsp?page=8", None),
        ("<script>for(var i=1;i<=9;i++){document.write('<a href=\"index_'+i+'.html\">'+i+'</a>')}</script>", "", "index_2.html"),
        (
            "<script>$('#p').pagination({pageCount:12,current:3,callback:function(api){location.href='list.aspx?page='+api.getCurrent()}})</script>",
            "list.aspx?page=3",
            "list.aspx?page=4",
        ),
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


@pytest.mark.parametrize(
    "content",
    [
        "<template><ul>" + rows("<li><a href='{href}'>{title}</a><span>{day}</span></li>") + "</ul></template>",
        "<div id=app></div><noscript><ul>" + rows("<li><a href='{href}'>{title}</a><span>{day}</span></li>") + "</ul></noscript>",
        "<script>var a=[];" + "".join(f"a.push({{title:'{t}',link:'{h}',time:'{d}'}});" for t, h, d in ENTRIES) + "</script>",
        "<script>var a=[" + ",".join(f'["{t}","{h}","{d}"]' for t, h, d in ENTRIES) + "];</script>",
    ],
)
def test_list_that_only_a_script_shows_is_read(content: str) -> None:
    assert read(content)[0] == ENTRIES


def test_month_and_day_are_of_the_year_in_the_heading_above() -> None:
    def part(year: int, entries: list[tuple[str, str, date]]) -> str:
        shown = "".join(f"<li><a href='view{h[7:]}'>{t}</a><span>{d:%m-%d}</span></li>" for t, h, d in entries)
        return f"<h3>{year}年</h3><ul>{shown}</ul>"

    found, _ = read(part(2026, ENTRIES[:4]) + part(2025, ENTRIES[4:]))
    assert [day for _, _, day in found] == [d for _, _, d in ENTRIES[:4]] + [d.replace(year=2025) for _, _, d in ENTRIES[4:]]


def test_years_to_choose_from_are_no_heading() -> None:
    choice = "<div><span>2026</span><span>2025</span><span>2024</span></div>"
    shown = "".join(f"<li><a href='view{h[7:]}'>{t}</a><span>{d:%m-%d}</span></li>" for t, h, d in ENTRIES)
    assert [day for _, _, day in read(f"{choice}<ul>{shown}</ul>")[0]] == [None] * len(ENTRIES)
