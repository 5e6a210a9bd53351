"""TRS WCM: where page 2 is, in every form of the pager."""

from __future__ import annotations

import pytest

from crawler.list_page import next_candidates, read_list

FOLDER = "http://www.linshan.example/zwgk/tzgg/"
ENTRY = '<li><a href="./202010/t20201016_700{n}.html" title="临杉市第{n}号通告">临杉市第{n}号通告</a><span>2020-10-1{n}</span></li>'


def trs_page(pager: str) -> bytes:
    rows = "".join(ENTRY.format(n=n) for n in range(1, 7))
    return f"<html><body><ul>{rows}</ul><div class='page'><script>{pager}</script></div></body></html>".encode()


@pytest.mark.parametrize(
    ("pager", "page", "following"),
    [
        ('createPageHTML(25, 0, "index", "shtml");', "index.shtml", "index_1.shtml"),
        ('createPageHTML(25, 0, "index", "shtml");', "", "index_1.shtml"),
        ('createPageHTML(25, 1, "index", "shtml");', "index_1.shtml", "index_2.shtml"),
        ("createPageHTML(25,24,'index','shtml');", "index_24.shtml", None),
        ('createPageHTML(1, 0, "index", "html");', "index.html", None),
        ('createPageHTML(0, 0, "index", "html");', "index.html", None),
        ('createPageHTML(25, 1, "index", "html");', "index.html", "index_2.html"),
        ('createPageHTML(25, 2, "index", "html");', "index_2.html", "index_3.html"),
        ('createPageHTML(498, 25, 0, "index", "htm");', "index.htm", "index_1.htm"),
        ('createPageHTML("pager", 24, 1, "index", "html", 720);', "index.html", "index_2.html"),
        ('createPage(25, 0, "index", "html");', "index.html", "index_1.html"),
        ('createPageHTML2(25, 0, "index_pc", ".html");', "index_pc.html", "index_pc_1.html"),
        ('createPageHTML(25, 0, "index_4711", "shtml");', "index_4711.shtml", "index_4711_1.shtml"),
        ('createPageHTML(25, 3, "index_4711", "shtml");', "index_4711_3.shtml", "index_4711_4.shtml"),
        ('var currentPage = 0; var countPage = 25; document.write("index_" + i + ".html");', "index.html", "index_1.html"),
        ('var currentPage = 4; var countPage = 25; document.write("index_" + i + ".html");', "index_4.html", "index_5.html"),
        ("var countPage = 1//共多少页", "index.html", None),
        ("function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}", "index.html", None),
    ],
)
def test_following_page(pager: str, page: str, following: str | None) -> None:
    listed = read_list(trs_page(pager), FOLDER + page)
    assert len(listed.entries) == 6
    assert listed.next_page == (FOLDER + following if following else None)


def test_both_ways_of_counting_are_candidates() -> None:
    body = trs_page('createPageHTML(25, 0, "index", "html");')
    assert next_candidates(body, FOLDER + "index.html")[:2] == (FOLDER + "index_1.html", FOLDER + "index_2.html")


def test_last_page_is_probed_once_more_for_sites_that_count_from_one() -> None:
    assert next_candidates(trs_page('createPageHTML(25, 24, "index", "html");'), FOLDER + "index_24.html") == (FOLDER + "index_25.html",)


def test_single_page_has_no_candidates() -> None:
    assert next_candidates(trs_page('createPageHTML(1, 0, "index", "html");'), FOLDER + "index.html") == ()


def test_family_is_named() -> None:
    assert read_list(trs_page('createPageHTML(2, 0, "index", "html");'), FOLDER).platform == "trs"
