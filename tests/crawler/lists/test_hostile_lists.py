"""List pages are hostile input: no crash, bounded time, whatever the bytes."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.list_page import next_candidates, read_list
from crawler.recognise import recognise

URL = "http://www.linshan.example/zwgk/tzgg/index.html"
PIECES = (
    *(
        "<ul>",
        "</ul>",
        "<li>",
        "</li>",
        "<table>",
        "<tr>",
        "<td>",
        "<a href='./202010/t20201016_1.html'>",
        "</a>",
        "<span>",
        "</span>",
        "<!--",
        "-->",
    ),
    *(
        "<script>",
        "</script>",
        "关于检查的通知",
        "2020-10-16",
        "16",
        "2020-10",
        "[10-16]",
        "99999999999",
        "2020年13月45日",
        "下一页",
        "共5页",
        "1/5",
    ),
    *(
        'createPageHTML(25, 0, "index", "html")',
        "createPageHTML(",
        "<datastore>",
        "<record>",
        "<![CDATA[",
        "]]>",
        "dataproxy.jsp",
        "<nextgroup>",
    ),
    *(
        "<REC>",
        "<TITLE>",
        '{"title":"甲","url":"/a"}',
        "[",
        "{",
        "<div class='page'>",
        "<div class='nav'>",
        "\0",
        "&#0;",
        "&#xD800;",
        "<a href='http://['>",
    ),
    *(
        "<a href='javascript:;'>",
        "<a onclick=\"window.open('x.html')\">",
        "<base href='//'>",
        "<script url='/front/page/build/unit' queryData=\"{'pageId':'1'}\">",
    ),
)


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=300)
def test_any_mixture_of_pieces_is_read(pieces: list[str], encoding: str) -> None:
    body = "".join(pieces).encode(encoding)
    page = read_list(body, URL)
    assert all(entry.title and entry.url for entry in page.entries)
    assert page.next_page is None or page.next_page.startswith("http")
    assert all(candidate.startswith("http") for candidate in next_candidates(body, URL))


@given(
    st.binary(max_size=400),
    st.sampled_from([URL, URL + "?page=1", "http://[::1]/a", "http://a.example/gkmlpt/index#1", "http://a.example"]),
)
@settings(max_examples=200)
def test_any_bytes_are_read(body: bytes, url: str) -> None:
    assert read_list(body, url).entries is not None
    assert recognise(body, url).entries == len(read_list(body, url).entries)


def _hostile() -> dict[str, str]:
    many = 20_000
    return {
        "links": "".join(f'<li><a href="t{n}.html">临杉市第{n}号通知</a><span>2020-10-16</span></li>' for n in range(many)),
        "links without dates": "".join(f'<a href="/c/{n}.html">临杉市关于第{n}号事项的通知</a>' for n in range(many)),
        "flat": "".join(f'<a href="t{n}.html">临杉市第{n}号通知</a> 2020-10-16<br>' for n in range(many)),
        "dates in one row": "<table><tr>" + "<td>2020-10-16</td>" * many + "<td><a href=1234.html>临杉市第一号通知</a></td></tr></table>",
        "every row its own class": "".join(
            f'<div class="c{n}x y-{n}"><a href="{n}.html">临杉市第{n}号</a>2020-10-16</div>' for n in range(many)
        ),
        "depth": "<div>" * many + "<a href=x.html>临杉市通知</a>2020-10-16",
        "page numbers": "<div class=page>" + "".join(f'<a href="?page={n}">{n}</a>' for n in range(1, many)) + "</div>",
        "open records": "<datastore>dataproxy.jsp" + "<record>" * 10 * many,
        "open calls": "<script>" + "createPage(" * 10 * many + "</script>",
        "joined strings": "<script>" + '"a"+' * 20 * many + "</script>",
        "open arrays": "[" * 50 * many,
        "open tags": "<" * 50 * many,
        "blanks": "<a href=x>" + " " * 100 * many + "</a>",
    }


@pytest.mark.parametrize("name", _hostile())
def test_time_is_bounded(name: str) -> None:
    body = _hostile()[name].encode()
    began = time.process_time()
    read_list(body, URL)
    next_candidates(body, URL)
    assert time.process_time() - began < 4


@pytest.mark.shared
def test_mutated_real_lists_are_read(shared) -> None:  # type: ignore[no-untyped-def]
    chance = random.Random(7)
    pages = [
        p
        for p in sorted((shared / "data" / "pages").glob("*/page.html"))
        if '"kind": "list"' in (p.parent / "meta.json").read_text("utf-8")
    ]
    assert pages
    for page in pages:
        body = page.read_bytes()
        for _ in range(20):
            broken = bytearray(body[: chance.randrange(len(body))])
            for _ in range(40):
                if broken:
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
            assert read_list(bytes(broken), URL).entries is not None
            assert len(next_candidates(bytes(broken), URL)) <= 6
