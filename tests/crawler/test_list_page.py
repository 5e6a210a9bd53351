"""Lists of no known family: repeated structure, links and dates among the furniture of a site."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crawler.list_page import next_candidates, read_list

URL = "http://www.linshan.example/zwgk/tzgg/index.html"
DAYS = [date(2020, 10, 16) - timedelta(days=9 * n) for n in range(12)]
TITLES = [f"临杉市人民政府办公室关于做好第{n}批公共场所安全检查工作的通知" for n in range(1, 13)]
FURNITURE = """<html><head><title>通知公告-临杉市人民政府</title></head><body>
<div class="top">今天是2026年1月5日 星期一 <a href="/en/">English</a> <a href="javascript:void(0)" onclick="setHome()">设为首页</a></div>
<div class="nav"><ul>{menu}</ul></div>
<div class="crumbs">当前位置：<a href="/">首页</a> &gt; <a href="/zwgk/">政务公开</a> &gt; <a href="./">通知公告</a></div>
<div class="wrap"><div class="left"><ul class="leftnav">{side}</ul>
<div class="hotnews"><h3>热点新闻</h3><ul>{hot}</ul></div></div>
<div class="right">{main}</div></div>
<div class="friends"><h4>友情链接</h4>{friends}</div>
<div class="footer"><a href="/lxwm/">联系我们</a> 版权所有 临杉市人民政府 更新时间：2026-01-04</div></body></html>"""


def dressed(main: str) -> bytes:
    """A page with menus, a dated hot list, friendly links and a footer around `main`."""
    menu = "".join(f'<li><a href="/{n}/">{n}频道与专题专栏汇总</a></li>' for n in ("zwgk", "bsfw", "hdjl", "sjfb", "zjls", "xwzx"))
    side = "".join(f'<li><a href="/zwgk/{n}/">政府信息公开{n}</a></li>' for n in ("zn", "zd", "nb", "ml"))
    hot = "".join(
        f'<li><a href="/xw/202501/t20250{n}11_88{n}.html">临杉要闻第{n}条标题</a><span>2025-0{n}-11</span></li>' for n in range(1, 9)
    )
    friends = "".join(f'<a href="http://www.{n}.example/">{n}省人民政府门户网站</a>' for n in "abcdefgh")
    return FURNITURE.format(menu=menu, side=side, hot=hot, main=main, friends=friends).encode()


def href(n: int) -> str:
    return f"./{DAYS[n]:%Y%m}/t{DAYS[n]:%Y%m%d}_{7000 + n}.html"


def rows(template: str, count: int = 12) -> str:
    """`count` entries by a template with {h}, {t}, {d} and the parts {y}, {m}, {dd}."""
    made = []
    for n in range(count):
        d = DAYS[n]
        made.append(template.format(h=href(n), t=TITLES[n], d=d.isoformat(), y=d.year, m=f"{d.month:02}", dd=f"{d.day:02}", n=n + 1))
    return "".join(made)


def found(body: bytes, url: str = URL) -> list[tuple[str, str, date | None]]:
    return [(e.title, e.url.rpartition("/")[2], e.date) for e in read_list(body, url).entries]


def wanted(count: int = 12, *, dated: bool = True) -> list[tuple[str, str, date | None]]:
    return [(TITLES[n], href(n).rpartition("/")[2], DAYS[n] if dated else None) for n in range(count)]


LAYOUTS = {
    "list items": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><span>{d}</span></li>'),
    "date first": ("<ul>{}</ul>", '<li><span>{d}</span><a href="{h}">{t}</a></li>'),
    "date in brackets": ("<ul>{}</ul>", '<li>·<a href="{h}">{t}</a> [{d}]</li>'),
    "dotted date": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><i>{y}.{m}.{dd}</i></li>'),
    "slashed date with time": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><i>{y}/{m}/{dd} 08:30</i></li>'),
    "written date": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><em>{y}年{m}月{dd}日</em></li>'),
    "table rows": ("<table>{}</table>", '<tr><td>{n}</td><td><a href="{h}">{t}</a></td><td>{d}</td></tr>'),
    "row a table": ("<div>{}</div>", '<table><tr><td><a href="{h}">{t}</a></td><td>{d}</td></tr></table>'),
    "two entries a row": ("<table>{}</table>", '<td><a href="{h}">{t}</a><span>{d}</span></td>'),
    "definition list": ("<dl>{}</dl>", '<dt><a href="{h}">{t}</a></dt><dd>{d}</dd>'),
    "flat with breaks": ("<div>{}</div>", '<a href="{h}">{t}</a><span>{d}</span><br>'),
    "flat, date first": ("<div>{}</div>", '<span>{d}</span><a href="{h}">{t}</a><br>'),
    "flat text": ("<div>{}</div>", '<p></p>· <a href="{h}">{t}</a> {d}<br>'),
    "day above month": ("<ul>{}</ul>", '<li><div class="date"><span>{dd}</span><p>{y}-{m}</p></div><h4><a href="{h}">{t}</a></h4></li>'),
    "month and day above year": ("<ul>{}</ul>", '<li><p>{m}/{dd}</p><p>{y}</p><a href="{h}">{t}</a></li>'),
    "three parts": ("<ul>{}</ul>", '<li><b>{dd}</b>/<i>{m}</i>/<i>{y}</i><a href="{h}">{t}</a></li>'),
    "year, month, day": ("<ul>{}</ul>", '<li><b>{y}</b>年<i>{m}</i>月<i>{dd}</i>日<a href="{h}">{t}</a></li>'),
    "year of the address": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a>[{m}-{dd}]</li>'),
    "year of the address, written": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><span>{m}月{dd}日</span></li>'),
    "card inside the link": (
        "<div>{}</div>",
        '<a href="{h}"><div class="time"><b>{dd}</b><span>{y}-{m}</span></div><div class="tit">{t}</div>'
        "<p>各县人民政府：现将有关事项通知如下，请遵照执行。</p></a>",
    ),
    "date inside the link": ("<ul>{}</ul>", '<li><a href="{h}">{t}<span>{d}</span></a></li>'),
    "date in the link's text": ("<ul>{}</ul>", '<li><a href="{h}">{t} [{d}]</a></li>'),
    "date before the title in the link's text": ("<ul>{}</ul>", '<li><a href="{h}">[{m}-{dd}] {t}</a></li>'),
    "link around the item": ("<ul>{}</ul>", '<a href="{h}"><li><p>{t}</p><span>{d}</span></li></a>'),
    "category link": ("<ul>{}</ul>", '<li><a href="/zwgk/tz/">[通知]</a><a href="{h}">{t}</a><span>{d}</span></li>'),
    "category beside the date": (
        "<ul>{}</ul>",
        '<li><h5><a href="{h}">{t}</a></h5><p><a href="/zwgk/tz/">通知</a><span>{d}</span></p></li>',
    ),
    "picture and summary": (
        "<div>{}</div>",
        '<div class="item"><a href="{h}"><img src="a.jpg"></a><div><h3><a href="{h}">{t}</a></h3>'
        "<p>2019年5月16日，市政府召开会议，部署全年工作，要求各单位按照职责分工抓好落实，确保取得实效。</p><span>发布时间：{d}</span></div></div>",
    ),
    "source and clicks": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><p>来源：市应急局 发布时间：{d} 点击：2043</p></li>'),
    "download link": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><a href="f{n}.doc">下载</a><span>{d}</span></li>'),
    "new mark": ("<ul>{}</ul>", '<li><a href="{h}">{t}<font color="red">new</font></a><span>{d}</span></li>'),
    "odd and even rows": ("<div>{}</div>", '<div class="row{n} odd"><p class="a{n}"><a href="{h}">{t}</a></p><p>{d}</p></div>'),
    "full-width digits": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><span>２０２０年{m}月{dd}日</span></li>'),
    "cut text, whole tooltip": ("<ul>{}</ul>", '<li><a href="{h}" title="{t}">临杉市人民政府办公室关于做好第…</a><span>{d}</span></li>'),
    "many-lined tooltip": (
        "<ul>{}</ul>",
        '<li><a href="{h}" title="标题：{t}&#10;发布日期：{d}">临杉市人民政府办公室关...</a><span>{d}</span></li>',
    ),
    "useless tooltip": ("<ul>{}</ul>", '<li><a href="{h}" title="点击查看">{t}</a><span>{d}</span></li>'),
    "commented date": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><!--<span>2001-01-01</span>--><span>{d}</span></li>'),
    "date after a comment": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><!-- x -->{d}</li>'),
    "click on the row": ("<ul>{}</ul>", "<li onclick=\"location.href='{h}'\">{t}<span>{d}</span></li>"),
    "window.open": ("<ul>{}</ul>", '<li><a href="javascript:void(0)" onclick="window.open(\'{h}\')">{t}</a><span>{d}</span></li>'),
    "two dates": ("<ul>{}</ul>", '<li><a href="{h}">{t}</a><span>成文日期：2020-01-02</span><span>发布日期：{d}</span></li>'),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_entries(layout: str) -> None:
    whole, row = LAYOUTS[layout]
    count = 9 if row.count("２０２０") else 12
    assert found(dressed(whole.replace("{}", rows(row, count)))) == wanted(count)


def test_nested_parts_beat_a_sidebar_even_on_a_short_last_page() -> None:
    items = rows("<li><a href={h}>{t}</a><span>{d}</span></li>", 3)
    main = f'<ul class="list">{items}</ul><div class="page">共5页 <a href="index_3.html">上一页</a></div>'
    assert found(dressed(main), URL.replace("index", "index_4")) == wanted(3)


def test_groups_of_five_are_one_list() -> None:
    row = '<li><a href="{h}">{t}</a><span>{d}</span></li>'
    whole = rows(row)
    pieces = whole.split("</li>")[:-1]
    split = "".join(f"<ul class='list'>{''.join(p + '</li>' for p in pieces[n : n + 5])}</ul><div class='line'></div>" for n in (0, 5, 10))
    assert found(dressed(split)) == wanted()


def test_entries_without_dates_are_found_and_undated() -> None:
    main = f"<ul>{rows('<li><a href={h}>{t}</a></li>')}</ul>"
    plain = dressed(main).decode()
    for n in range(1, 9):
        plain = plain.replace(f"<span>2025-0{n}-11</span>", "")
    assert found(plain.encode()) == wanted(dated=False)


def test_one_entry_without_its_date_still_belongs_to_the_list() -> None:
    main = "<ul>" + rows('<li><a href="{h}">{t}</a><span>{d}</span></li>').replace("<span>2020-10-07</span>", "<span></span>") + "</ul>"
    assert found(dressed(main)) == [(t, h, None if d == DAYS[1] else d) for t, h, d in wanted()]


def test_year_is_unknown_without_evidence() -> None:
    main = "<ul>" + "".join(f'<li><a href="/n/a{n}88.html">{TITLES[n]}</a><span>10-{n + 10}</span></li>' for n in range(6)) + "</ul>"
    assert [e.date for e in read_list(dressed(main), URL).entries] == [None] * 6


def test_upload_in_january_of_a_december_notice() -> None:
    main = "".join(f'<li><a href="202101/t2021010{n + 1}_77{n}.html">{TITLES[n]}</a><span>12-2{n}</span></li>' for n in range(5))
    assert [e.date for e in read_list(dressed(f"<ul>{main}</ul>"), URL).entries] == [date(2020, 12, 20 + n) for n in range(5)]


def test_published_beats_written_and_closing_dates_in_a_table() -> None:
    head = "<tr><th>名称</th><th>文号</th><th>成文日期</th><th>发布日期</th><th>截止日期</th></tr>"
    row = "<tr><td><a href='{h}'>{t}</a></td><td>临政办〔2020〕{n}号</td><td>2019-03-04</td><td>{d}</td><td>2021-12-31</td></tr>"
    assert found(dressed(f"<table>{head}{rows(row)}</table>")) == wanted()


def test_title_stands_in_another_cell_than_the_link() -> None:
    row = "<tr><td>{n}</td><td>{t}</td><td>{d}</td><td><a href='{h}'>查看</a></td></tr>"
    assert found(dressed(f"<table>{rows(row)}</table>")) == wanted()


def test_cut_targets_stay_in_the_list() -> None:
    main = rows('<li><a href="{h}">{t}</a><span>{d}</span></li>').replace(href(3), "javascript:;")
    entries = read_list(dressed(f"<ul>{main}</ul>"), URL).entries
    assert [e.title for e in entries] == TITLES
    assert entries[3].url == "javascript:;"


def test_linked_articles_elsewhere_are_kept_when_dated() -> None:
    main = rows('<li><a href="{h}">{t}</a><span>{d}</span></li>').replace(href(2), "https://mp.weixin.qq.com/s?__biz=Mz&mid=22&idx=1")
    entries = read_list(dressed(f"<ul>{main}</ul>"), URL).entries
    assert [e.title for e in entries] == TITLES
    assert entries[2].url == "https://mp.weixin.qq.com/s?__biz=Mz&mid=22&idx=1"


def test_a_single_entry_is_a_list() -> None:
    assert found(dressed(f"<ul>{rows('<li><a href={h}>{t}</a><span>{d}</span></li>', 1)}</ul><div class='page'>共1条 1/1</div>")) == wanted(
        1
    )


def test_gbk_page_and_base_element() -> None:
    text = dressed(f"<ul>{rows('<li><a href={h}>{t}</a><span>{d}</span></li>')}</ul>").decode()
    text = text.replace("<head>", '<head><meta charset="gb2312"><base href="http://www.linshan.example/other/">')
    page = read_list(text.encode("gb18030"), URL)
    assert [e.title for e in page.entries] == TITLES
    assert page.entries[0].url == "http://www.linshan.example/other/202010/t20201016_7000.html"


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"<ul><li>2020-10-16</li></ul>", b"\xff\xfe\x00", b"{", b"[]", b"{}", b"<REC>"])
def test_nothing_to_read_is_no_entries(body: bytes) -> None:
    assert read_list(body, URL).entries == ()
    assert next_candidates(body, URL) == ()


def test_furniture_alone_is_no_list() -> None:
    bare = dressed("<p>暂无信息</p>").decode()
    bare = bare[: bare.index('<div class="hotnews">')] + bare[bare.index('<div class="right">') :]
    assert read_list(bare.encode(), URL).entries == ()


def test_challenge_page_is_blocked() -> None:
    body = "<html><body>请开启JavaScript并刷新该页.<script>var wzwsquestion='x'</script></body></html>".encode()
    assert read_list(body, URL).blocked


def test_pager_marks_the_list_against_a_longer_one_beside_it() -> None:
    items = rows("<li><a href={h}>{t}</a><span>{d}</span></li>", 3)
    newest = "".join(
        f'<li><a href="/xw/a{n}77.html">临杉市某部门最近发布的第{n}条工作信息</a><span>2025-01-0{n}</span></li>' for n in range(1, 10)
    )
    pager = "<div><a href='index_3.html'>上一页</a> <a>下一页</a></div>"
    for order in ("<div>{side}</div><div>{main}</div>", "<div>{main}</div><div>{side}</div>"):
        body = order.format(side=f"<h3>最新</h3><ul>{newest}</ul>", main=f"<ul>{items}</ul>{pager}")
        assert found(f"<html><body><div>{body}</div></body></html>".encode(), URL.replace("index", "index_4")) == wanted(3)


def test_rows_that_a_script_pages_are_read_though_hidden() -> None:
    row = '<li style="display:none"><a href="{h}">{t}</a><span>{d}</span></li>'
    assert found(dressed(f"<ul>{rows(row)}</ul>")) == wanted()


def test_a_call_with_an_id_names_no_address() -> None:
    row = '<li><a href="#" onclick="openDetail(\'77{n}\')">{t}</a><span>{d}</span></li>'
    assert {e.url for e in read_list(dressed(f"<ul>{rows(row)}</ul>"), URL).entries} == {"javascript:;"}


@pytest.mark.parametrize(
    "shown",
    [
        "16 2020-10",
        "10-16 2020",
        "2020-10-16 星期五",
        "20201016",
        "16日 2020年10月",
        "2020-10-16T08:30:00",
        "[ 2020-10-16 ]",
        "发布日期：2020-10-16　实施日期：2021-01-01",
    ],
)
def test_one_piece_of_text_in_many_forms(shown: str) -> None:
    items = "".join(f'<li><a href="/n/a{n}9.html">{TITLES[n]}</a><span>{shown}</span></li>' for n in range(4))
    assert [e.date for e in read_list(dressed(f"<ul>{items}</ul>"), URL).entries] == [date(2020, 10, 16)] * 4
