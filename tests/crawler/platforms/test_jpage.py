"""大汉 jpage: embedded records and dataproxy answers."""

from __future__ import annotations

import html
from datetime import date
from urllib.parse import parse_qs, urlsplit

from crawler.list_page import next_candidates, read_list

COLUMN = "http://www.linshan.example/col/col7851/index.html"
PROXY = "http://www.linshan.example/module/web/jpage/dataproxy.jsp"
RECORD = (
    "<record><![CDATA[<li><a href='/art/2020/10/{d}/art_7851_{n}.html' title='临杉市第{n}号公告' target='_blank'>临杉市第…</a>"
    "<span>2020-10-{d}</span></li>]]></record>"
)
GROUP = (
    '<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=1&webid=3&path=http://www.linshan.example/&columnid=7851'
    '&unitid=9&webname=%25E4&permissiontype=0"></a>]]></nextgroup>'
)


def records(first: int, count: int) -> str:
    return "".join(RECORD.format(n=n, d=10 + n % 18) for n in range(first, first + count))


def store(inside: str, total: int = 60, group: str = "") -> str:
    return f"<datastore><totalrecord>{total}</totalrecord><totalpage>4</totalpage>{group}<recordset>{inside}</recordset></datastore>"


def column(inside: str) -> bytes:
    script = """<script>$('#9').jpage({perPage:15, proxyUrl:'/module/web/jpage/dataproxy.jsp',
      ajaxParam:{col:1,appid:1,webid:3,path:'/',columnid:7851,sourceContentType:1,unitid:'9',webname:'临杉市',permissiontype:0}})</script>"""
    menu = '<ul class="nav"><li><a href="/col/col1/index.html">政务公开</a></li></ul>'
    return f'<html><body>{menu}<div id="9"><script type="text/xml">{inside}</script></div>{script}</body></html>'.encode()


def test_first_group_stands_in_the_column_page() -> None:
    page = read_list(column(store(records(1, 45))), COLUMN)
    assert (page.platform, len(page.entries)) == ("jpage", 45)
    assert page.entries[0].title == "临杉市第1号公告"
    assert page.entries[0].url == "http://www.linshan.example/art/2020/10/11/art_7851_1.html"
    assert page.entries[0].date == date(2020, 10, 11)


def test_next_group_is_asked_by_the_numbers_of_its_records() -> None:
    url = read_list(column(store(records(1, 45))), COLUMN).next_page
    assert url is not None
    assert url.startswith(PROXY)
    asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    assert asked["startrecord"] == "46"
    assert (asked["columnid"], asked["unitid"], asked["webname"], asked["path"], asked["perpage"]) == ("7851", "9", "临杉市", "/", "15")


def test_named_group_is_taken_as_it_stands() -> None:
    url = read_list(column(store(records(1, 45), group=GROUP)), COLUMN).next_page
    assert url is not None
    assert "unitid=9&webname=%25E4" in url


def test_answer_is_xml_and_names_what_follows() -> None:
    answer = store(records(46, 15)).encode()
    page = read_list(answer, PROXY + "?startrecord=46&endrecord=60&perpage=15&columnid=7851", content_type="text/xml;charset=utf-8")
    assert [e.url.rpartition("_")[2] for e in page.entries] == [f"{n}.html" for n in range(46, 61)]
    assert page.next_page is None
    more = read_list(answer, PROXY + "?startrecord=31&endrecord=45&perpage=15&columnid=7851").next_page
    assert more == PROXY + "?startrecord=46&endrecord=60&perpage=15&columnid=7851"


def test_empty_answer_ends_the_list() -> None:
    body = b"<datastore><recordset></recordset></datastore>"
    page = read_list(body, PROXY + "?startrecord=99&endrecord=143&perpage=15")
    assert (page.entries, page.next_page) == ((), None)
    assert next_candidates(body, PROXY + "?startrecord=99&endrecord=143&perpage=15") == ()


def test_escaped_table_rows_and_other_attribute_order() -> None:
    link = "<a title='临杉市通告' target='_blank' href='/art/2020/10/16/art_1_2.html'>临杉市通告</a>"
    row = html.escape(f"<tr><td>{link}</td><td>[2020-10-16]</td></tr>", quote=False)
    page = read_list(column(store(f"<record>{row}</record>", total=1)), COLUMN)
    assert [(e.title, e.date) for e in page.entries] == [("临杉市通告", date(2020, 10, 16))]
    assert page.next_page is None
