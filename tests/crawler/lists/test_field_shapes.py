"""Shapes of lists found in the field: short titles, dates inside titles and addresses, states, deadlines, entries as JSON, other pagers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.list_page import next_candidates, read_list
from crawler.recognise import recognise

URL = "http://www.linshan.example/zwgk/tzgg/index.html"
LONG = (
    "关于开展全市安全生产年度大检查工作的通知",
    "关于印发城市更新实施细则（试行）的通知",
    "关于公开征集道路命名意见的公告",
    "关于举办全省档案业务培训班的通知",
    "关于调整部分行政事业性收费标准的通知",
    "关于注销部分企业资质证书的公告",
    "关于公布有效期满失效文件目录的通知",
)
Row = Callable[[int, str, date], str]


def day(n: int) -> date:
    return date(2026, 9, 28) - timedelta(days=n)


def page(rows: str, *, head: str = "通知公告-临杉市水务局", after: str = "") -> bytes:
    return (
        f'<!doctype html><meta charset="utf-8"><title>{head}</title><div class="nav"><a href="/">首页</a><a href="/a/">机构职能</a></div>'
        f'<ul class="l">{rows}</ul>{after}<div class="foot"><a href="/about.html">关于我们</a></div>'
    ).encode()


def listed(titles: list[str] | tuple[str, ...], row: Row, between: str = "\n") -> bytes:
    return page(between.join(row(n, title, day(n)) for n, title in enumerate(titles)))


def read(body: bytes, url: str = URL) -> list[tuple[str, date | None]]:
    return [(entry.title, entry.date) for entry in read_list(body, url).entries]


ROWS: dict[str, Row] = {
    "span in the link": lambda n, t, d: f'<li><a href="/a/{100 + n}.html">{t}<span>{d}</span></a></li>',
    "text in the link": lambda n, t, d: f'<li><a href="/a/{100 + n}.html">{t} {d}</a></li>',
    "glued to the title": lambda n, t, d: f'<li><a href="/a/{100 + n}.html" title="{t}{d}">{t}{d}</a></li>',
    "title attribute": lambda n, t, d: f'<li><a href="/a/{100 + n}.html" title="{t}">{t}<em>{d}</em></a></li>',
    "span before": lambda n, t, d: f'<li><a href="/a/{100 + n}.html"><span>{d}</span>{t}</a></li>',
    "paragraph and span": lambda n, t, d: f'<li><a href="./{d:%Y%m}/t{d:%Y%m%d}_{100 + n}.html"><p>{t}</p><span>{d}</span></a></li>',
    "behind the link": lambda n, t, d: f'<li><a href="./{d:%Y%m}/t{d:%Y%m%d}_{100 + n}.html">{t}</a><span>{d}</span></li>',
    "labelled": lambda n, t, d: f'<li><a href="/a/{100 + n}.html">{t}</a><span>发布时间：{d}</span></li>',
    "slashes": lambda n, t, d: f'<li><a href="/a/{100 + n}.html">{t}</a><span>[{d:%Y/%m/%d}]</span></li>',
}
WORDS = st.text(alphabet="停水通知公告关于印发实施细则征集意见的发布结果截止日期申报调整收费标准废止", min_size=4, max_size=30)
# Words that are a label by themselves, and a title that a date cannot be glued to without being a part of it.
LABELS = ("发布", "公布", "印发", "截止", "日期", "至", "自", "于", "日", "期", "前", "后", "从", "到")


@pytest.mark.parametrize("shape", ROWS)
@given(short=WORDS.filter(lambda text: not text.endswith(LABELS) and not text.startswith("关于我们")), at=st.integers(0, len(LONG)))
def test_title_of_any_length_keeps_its_row_and_its_date(shape: str, short: str, at: int) -> None:
    titles = [*LONG[:at], short, *LONG[at:]]
    assert read(listed(titles, ROWS[shape])) == [(title, day(n)) for n, title in enumerate(titles)]


@pytest.mark.parametrize("between", ["", "\n    "])
@pytest.mark.parametrize("shape", ROWS)
def test_list_of_short_titles_only_is_read(shape: str, between: str) -> None:
    titles = ["关于开展检查的通知", "放假通知", "停水通知公告", "关于征集意见的公告", "关于印发细则的通知", "关于举办培训班的通知"]
    assert read(listed(titles, ROWS[shape], between)) == [(title, day(n)) for n, title in enumerate(titles)]


@pytest.mark.parametrize(
    "title", ["停水公告2018年06月28日", "水质公报（2018年6月1日）", "供水简报 2018年第6期", "收费标准执行至2018-06-30"]
)
def test_date_of_a_title_stays_in_it_when_the_row_has_its_own(title: str) -> None:
    titles = [*LONG[:3], title, *LONG[3:]]
    assert read(listed(titles, ROWS["behind the link"])) == [(each, day(n)) for n, each in enumerate(titles)]


@pytest.mark.parametrize(
    "address",
    ["/zwgk/system/{d:%Y/%m/%d}/03010{n}.shtml", "/{d:%Y/%m-%d}/3100{n}.html", "/kjt/tzgg/{d:%Y%m%d}09183942{n}/index.shtml"],
)
def test_day_is_read_from_the_address_where_the_row_shows_none(address: str) -> None:
    body = listed(LONG, lambda n, t, d: f'<li><a href="{address.format(d=d, n=200 + n)}">{t}</a></li>')
    assert read(body) == [(title, day(n)) for n, title in enumerate(LONG)]


@pytest.mark.parametrize("label", ["截止日期", "截止时间：", "报名截止：", "实施日期"])
def test_day_of_something_else_is_not_the_day_of_publication(label: str) -> None:
    body = listed(LONG, lambda n, t, d: f'<li><a href="/art/2026/art_{n:032x}.html">{t}</a><span>{label} {d}</span></li>')
    assert read(body) == [(title, None) for title in LONG]


def test_period_begins_with_the_publication() -> None:
    row: Row = lambda n, t, d: f'<li><a href="/art/art_{n:032x}.html">{t}</a><div>{d}至{d + timedelta(30)}</div><div>(进行中)</div></li>'  # noqa: E731
    assert read(listed(LONG, row)) == [(title, day(n)) for n, title in enumerate(LONG)]


@pytest.mark.parametrize("state", ["[进行中] - {}", "【已结束】{}", "[征集中]{}", "{} [已截止]", "（报名中）{}"])
def test_state_that_comes_and_goes_is_not_a_part_of_the_title(state: str) -> None:
    body = listed(LONG, lambda n, t, d: f'<li><a href="/a/{100 + n}.html">{state.format(t)}</a><span>{d}</span></li>')
    assert read(body) == [(title, day(n)) for n, title in enumerate(LONG)]


def articles(address: Callable[[int], object], when: Callable[[date], str] = lambda d: f"{d} 10:00:00") -> list[dict[str, object]]:
    return [{"title": title, "pubDate": when(day(n)), "urls": address(n)} for n, title in enumerate(LONG)]


@pytest.mark.parametrize(
    "address",
    [
        lambda n: json.dumps({"mobile": f"/m/{n}.html", "pc": f"/pc/content_{n}.html"}),
        lambda n: {"pc": f"/pc/content_{n}.html"},
        lambda n: f"/pc/content_{n}.html",
    ],
    ids=["JSON in a string", "object", "string"],
)
def test_entries_of_a_script_or_an_answer_give_their_address_in_any_form(address: Callable[[int], object]) -> None:
    found = articles(address)
    answer = json.dumps({"data": {"total": 621, "results": [{"source": each} for each in found]}}, ensure_ascii=False).encode()
    script = page("", after=f"<script>var listData = {{total:621, articleList: {json.dumps(found, ensure_ascii=False)}}};</script>")
    for body, url in ((answer, "http://www.linshan.example/queryList"), (script, URL)):
        assert read(body, url) == [(title, day(n)) for n, title in enumerate(LONG)]
        assert read_list(body, url).entries[0].url == "http://www.linshan.example/pc/content_0.html"


@pytest.mark.parametrize(
    "when",
    [
        lambda d: f"{d - timedelta(1)}T16:00:00.000+0000",
        lambda d: f"{d - timedelta(1)}T16:00:00Z",
        lambda d: f"{d}T00:00:00+08:00",
        lambda d: f"{d} 23:59:59",
    ],
)
def test_time_with_a_zone_is_a_day_in_shanghai(when: Callable[[date], str]) -> None:
    body = json.dumps(articles(lambda n: f"/a/{n}.html", when)).encode()
    assert [found for _title, found in read(body, "http://www.linshan.example/list.json")] == [day(n) for n in range(len(LONG))]


@pytest.mark.parametrize(
    ("url", "pager", "following"),
    [
        ("index.html", "<script>Pager({size:3, current:0, prefix:'index', suffix:'html', visible:5});</script>", "index_1.html"),
        ("index_1.html", "<script>Pager({size:3, current:1, prefix:'index', suffix:'html'});</script>", "index_2.html"),
        ("index_2.html", "<script>Pager({size:3, current:2, prefix:'index', suffix:'html'});</script>", None),
        ("index.jhtml", """1/3页 <a href="#" onclick="location.href=encodeURI('index_2.jhtml');">下一页</a>""", "index_2.jhtml"),
        ("index.jhtml", """<div class="page"><a onclick="location.href='index_2.jhtml'">下一页</a></div>""", "index_2.jhtml"),
    ],
)
def test_pagers_with_named_parts_and_other_endings_are_read(url: str, pager: str, following: str | None) -> None:
    base = "http://www.linshan.example/tzgg/"
    body = page("".join(ROWS["behind the link"](n, t, day(n)) for n, t in enumerate(LONG)), after=f"<div>{pager}</div>")
    assert read_list(body, base + url).next_page == (base + following if following else None)


def test_page_of_a_search_without_entries_names_its_first_answer() -> None:
    script = "<script>var wcmid = 5744; var wasid = 254874; var recordCount = 276; var countPage = 14;</script>"
    answer = "http://www.linshan.example/was5/web/search?channelid=254874&chnlid=5744&page=1"
    assert read_list(page("", after=script), URL).next_page == answer
    body = listed(LONG, ROWS["behind the link"])
    assert read_list(body, answer).entries
    assert next_candidates(body, answer) == (answer.replace("page=1", "page=2"),)


def test_labelled_day_is_preferred_to_one_inside_an_abstract() -> None:
    rows = "".join(
        f'<a href="/a/{100 + n}.html">{t}</a> 摘要：自2019年1月1日起，本市河道管理按照规定执行，具体要求如下。 时间：{day(n)} '
        for n, t in enumerate(LONG)
    )
    assert read(page(f"<li>{rows}</li>")) == [(title, day(n)) for n, title in enumerate(LONG)]


def test_query_is_escaped_in_the_encoding_of_its_page() -> None:
    rows = "".join(f'<li><a href="show.asp?title=防汛{n}">{t}</a><span>{day(n)}</span></li>' for n, t in enumerate(LONG))
    pager = '<div class="page"><a href="list.asp?lm=通知&page=2">下一页</a></div>'
    text = page(rows, after=pager).decode()
    base = "http://www.linshan.example/tzgg/"
    found = read_list(text.replace("utf-8", "gb2312").encode("gb18030"), base)
    assert found.entries[0].url == base + "show.asp?title=%B7%C0%D1%B40"
    assert found.next_page == base + "list.asp?lm=%CD%A8%D6%AA&page=2"
    assert read_list(text.encode(), base).entries[0].url == base + "show.asp?title=防汛0"


def test_line_break_of_an_editor_is_not_a_part_of_an_address() -> None:
    body = listed(LONG, lambda n, t, d: f'<li><a href="/tzgg/b{n}\n  .html">{t}</a><span>{d}</span></li>')
    assert read_list(body, URL).entries[2].url == "http://www.linshan.example/tzgg/b2.html"


@pytest.mark.parametrize(
    ("head", "site"),
    [
        ("通知公告-某市某局", "某市某局"),
        ("通知公告_某市某局", "某市某局"),
        ("某市某局-通知公告", "某市某局"),
        ("某市某局 通知公告", "某市某局"),
        ("通知公告_政务公开_某市人民政府门户网站", "某市人民政府门户网站"),
    ],
)
def test_title_of_a_list_names_site_and_column_in_any_order(head: str, site: str) -> None:
    found = recognise(page("".join(ROWS["labelled"](n, t, day(n)) for n, t in enumerate(LONG)), head=head), URL)
    assert (found.site, found.columns[0][0]) == (site, "通知公告")


def row(day_: str, last: str, form: str) -> Callable[[int, str, date], str]:
    return lambda n, t, d: form.format(n=n, t=t, first=d.strftime(day_), last=(d + timedelta(40)).strftime(last))


@pytest.mark.parametrize(
    ("form", "is_published"),
    [
        ('<li><a href="/a/{n}.html">{t}</a><span>{first} 至 {last}</span></li>', True),
        ('<li><a href="/a/{n}.html">{t}</a><p>征集时间：{first}~{last}</p></li>', True),
        ('<li><a href="/a/{n}.html">{t}</a><span>开始时间：{first}</span><span>结束时间：{last}</span></li>', True),
        ('<li><a href="/a/{n}.html">{t}</a><span>发布日期：{first}</span><span>截止日期：{last}</span></li>', True),
        ('<li><a href="/a/{n}.html">{t}</a><i>征集期限：2020-01-01至{last}</i><span>{first}</span></li>', True),
        ('<li><a href="/a/{n}.html">{t}</a><span>截止日期：{last}</span></li>', False),
        ('<li><a href="/a/{n}.html">{t}<span>报名时间：{first}至{last}</span></a></li>', False),
    ],
)
def test_last_day_of_an_entry_is_its_deadline_and_no_publication(form: str, is_published: bool) -> None:
    made = row("%Y-%m-%d", "%Y-%m-%d", form)
    found = read_list(page("".join(made(n, t, day(n)) for n, t in enumerate(LONG))), URL).entries
    assert [(entry.title, entry.deadline) for entry in found] == [(t, day(n) + timedelta(40)) for n, t in enumerate(LONG)]
    assert [entry.date for entry in found] == [day(n) if is_published else None for n in range(len(LONG))]
