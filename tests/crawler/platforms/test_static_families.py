"""Families of static lists and the ways their pages are numbered; WAS5 answers."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.list_page import next_candidates, read_list

HOST = "http://www.linshan.example"
ROWS = "".join(f'<li><a href="/info/1004/128{n}.htm">临杉市第{n}次检查的通报</a><span>2020-10-1{n}</span></li>' for n in range(6))


def page(pager: str, head: str = "") -> bytes:
    return f"<html><head>{head}</head><body><ul>{ROWS}</ul>{pager}</body></html>".encode()


VSB = (
    '<script>function a_gopage_fun(){_simple_list_gotopage_fun(60,"aGOPAGE",2)}</script><td id="fanye9">共1183条&nbsp;&nbsp;1/60&nbsp;</td>'
)


@pytest.mark.parametrize(
    ("url", "pager", "following"),
    [
        (
            "/index/tzgg.htm",
            VSB + '<div><span class="PrevDisabled">上页</span><a href="tzgg/59.htm" class="Next">下页</a></div>',
            "/index/tzgg/59.htm",
        ),
        ("/a/index.html", '<div class="page"><a href="index_2.html">下一页</a><a href="index_9.html">尾页</a></div>', "/a/index_2.html"),
        (
            "/a/index_2.html",
            '<div class="page"><a href="index.html">上一页</a><a href="index_3.html">下一页&gt;</a></div>',
            "/a/index_3.html",
        ),
        ("/a/list.aspx?page=2", '<a href="list.aspx?page=1">1</a><b>2</b><a href="list.aspx?page=3">Next</a>', "/a/list.aspx?page=3"),
        ("/a/column-index-1.shtml", '<a class="next" href="column-index-2.shtml">下页</a>', "/a/column-index-2.shtml"),
        ("/a/", '<div class="pagination"><span class="current">1</span><a href="?p=2">2</a><a href="?p=3">3</a></div>', "/a/?p=2"),
        ("/a/?p=2", '<div class="pagination"><a href="/a/">1</a><span class="current">2</span><a href="?p=3">3</a></div>', "/a/?p=3"),
        (
            "/a/list-1.html",
            '<div class="page"><a href="javascript:void(0)" onclick="location.href=(\'list-2.html\')">下一页</a></div>',
            "/a/list-2.html",
        ),
        (
            "/a/iList.jsp?cat_id=5&cur_page=1",
            '<div class="page"><a href="javascript:gotoPage(2)">下一页</a></div>',
            "/a/iList.jsp?cat_id=5&cur_page=2",
        ),
        ("/a/index.html", '<link rel="next" href="index_1.html">', "/a/index_1.html"),
        ("/a/index.html", "<script>function go(i){location.href='index_'+(i-1)+'.html'} var totalPage=5;</script>", "/a/index_1.html"),
        (
            "/a/more.html",
            '<script>window.location.href="/a/"+(data.pageIndex+1)+".html"; var o={total:519,pageSize:15}</script>',
            "/a/2.html",
        ),
        ("/a/2.html", '<script>window.location.href="/a/"+(data.pageIndex+1)+".html"; var o={total:519,pageSize:15}</script>', "/a/3.html"),
        ("/a/more.html", '<script>window.location.href="/a/"+(data.pageIndex+1)+".html"; var o={total:12,pageSize:15}</script>', None),
        ("/a/index_9.html", '<div class="page">第9/9页 <a href="index_8.html">上一页</a><a>下一页</a></div>', None),
        ("/a/index.html", '<div class="page"><span class="disabled">下一页</span>共1页</div>', None),
        ("/a/index.html", '<div class="calendar"><a href="?d=1">1</a><a href="?d=2">2</a><a href="?d=3">3</a></div>', None),
        ("/a/index.html", '<p>上一篇：<a href="x.html">甲</a> 下一篇：<a href="y.html">乙</a></p>', None),
    ],
)
def test_following_page(url: str, pager: str, following: str | None) -> None:
    read = read_list(page(pager), HOST + url)
    assert len(read.entries) == 6
    assert read.next_page == (HOST + following if following else None)


@pytest.mark.parametrize(
    ("url", "pager", "guess"),
    [
        ("/index/tzgg.htm", VSB + '<a href="javascript:;" class="Next">下页</a>', "/index/tzgg/59.htm"),
        ("/index/tzgg/59.htm", VSB.replace("1/60", "2/60"), "/index/tzgg/58.htm"),
        ("/sitesources/ls/page_pc/zwgk/tzgg/list1.html", "", "/sitesources/ls/page_pc/zwgk/tzgg/list2.html"),
        ("/htmls/102_tzgg/list-1.html", "", "/htmls/102_tzgg/list-2.html"),
        (
            "/public/column/6638681?type=4&catId=53&action=list",
            '<div id="page_public_info"></div>',
            "/public/column/6638681?type=4&catId=53&action=list&pageIndex=2",
        ),
        ("/a/index.html", '<div class="page"><a href="javascript:;">下一页</a>共12页</div>', "/a/index_1.html"),
        ("/a/index.html", '<div class="page"><a href="javascript:;">下一页</a>共12页</div>', "/a/index_2.html"),
        ("/a/list.jsp?pageNo=4", "", "/a/list.jsp?pageNo=5"),
    ],
)
def test_guess_to_probe(url: str, pager: str, guess: str) -> None:
    body = page(pager)
    assert read_list(body, HOST + url).next_page is None
    assert HOST + guess in next_candidates(body, HOST + url)


def test_was_answer() -> None:
    title = "<TITLE><![CDATA[关于<font color=red>检查</font>的通知]]></TITLE>"
    record = f"<REC>{title}<URL><![CDATA[/a/1.html]]></URL><DOCRELTIME>2020.10.16</DOCRELTIME></REC>"
    body = f"<RESULT><RECORDCOUNT>25</RECORDCOUNT>{record}</RESULT>".encode()
    url = HOST + "/was5/web/search?channelid=1&page=1"
    read = read_list(body, url)
    assert [(e.title, e.url, e.date) for e in read.entries] == [("关于检查的通知", HOST + "/a/1.html", date(2020, 10, 16))]
    assert read.next_page == HOST + "/was5/web/search?channelid=1&page=2"
