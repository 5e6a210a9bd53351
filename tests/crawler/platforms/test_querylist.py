"""A newer 大汉 list: rows in the script of the column page, further pages by POST."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.list_page import next_candidates, read_list
from crawler.lists.page_addresses import posted, posted_form
from tests.support.quick_home import QuickHome
from tests.support.site_server import Site, notice_page, serving, title

HOST = "http://www.linshan.example"
COLUMN = f"{HOST}/lsskxjst/col/col27045/index.html"
FORM = "current={n}&unitid=366600&webSiteCode%5B%5D=lsskxjst&channelCode%5B%5D=col27045&perPage=15&pageSize=15"


def rows(first: int, count: int) -> list[dict[str, object]]:
    return [
        {"title": title(n), "pubDate": f"2026-10-{n % 28 + 1:02d} 09:00:00", "urls": json.dumps({"pc": f"/lsskxjst/pc/content_{n}.html"})}
        for n in range(first, first + count)
    ]


def column_page(first: int = 1, count: int = 15, total: int = 40, script: str = 'unitid: "366600"') -> bytes:
    data = json.dumps(rows(first, count), ensure_ascii=False)
    return f'<html><body><div id="list"></div><script>var q = {{{script}}}; var listData = {{total:{total}, articleList: {data}}};</script></body></html>'.encode()


def answer(first: int, count: int, total: int = 40) -> bytes:
    return json.dumps({"data": {"total": total, "results": [{"source": row} for row in rows(first, count)]}}, ensure_ascii=False).encode()


def test_pages_are_asked_for_by_post_until_the_total_is_reached() -> None:
    first = read_list(column_page(), COLUMN)
    assert len(first.entries) == 15
    assert first.next_page == posted(f"{HOST}/queryList", FORM.format(n=2))
    second = read_list(answer(16, 15), first.next_page or "")
    assert [entry.url for entry in second.entries][:1] == [f"{HOST}/lsskxjst/pc/content_16.html"]
    assert second.next_page == posted(f"{HOST}/queryList", FORM.format(n=3))
    assert next_candidates(answer(16, 15), first.next_page or "") == (second.next_page,)
    assert read_list(answer(31, 10), second.next_page or "").next_page is None
    assert read_list(column_page(total=12, count=12), COLUMN).next_page is None


@pytest.mark.parametrize(
    "script",
    [
        "'unitid':'366600','webSiteCode[]':'lsskxjst','channelCode[]':'col27045'",
        "unitid=366600&webSiteCode%5B%5D=lsskxjst&channelCode%5B%5D=col27045",
    ],
)
def test_keys_are_found_however_a_script_writes_them(script: str) -> None:
    found = read_list(column_page(script=script), f"{HOST}/other/index.html")
    assert found.next_page == posted(f"{HOST}/queryList", FORM.format(n=2))


def test_a_form_is_a_part_of_no_address_that_is_sent() -> None:
    assert posted_form(COLUMN) is None
    assert posted_form(posted(COLUMN, "a=1")) == "a=1"


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"data": null}', b"<html></html>"])
def test_answer_without_rows_ends_the_list(broken: bytes) -> None:
    found = read_list(broken, posted(f"{HOST}/queryList", FORM.format(n=2)))
    assert (found.entries, found.next_page) == ((), None)


def test_crawl_walks_the_answers_to_their_end(tmp_path: Path) -> None:
    site = Site()
    site.pages["/tzgg/"] = column_page(1, 15, 20, "unitid: '366600', webSiteCode: 'lsskxjst', channelCode: 'col27045'")
    site.pages[f"POST /queryList {FORM.format(n=2)}"] = (200, {"Content-Type": "application/json"}, answer(16, 5, 20))
    for n in range(1, 21):
        site.pages[f"/lsskxjst/pc/content_{n}.html"] = notice_page(n)
    home = QuickHome(tmp_path / "home")
    with serving(site):
        home.source(site.base)
        home.run("crawl", check=None)
        home.run("crawl", check=None)
    first, again = (json.loads(home.run("runs", str(n), "--json").stdout) for n in (1, 2))
    assert (first["outcome"], first["counts"]["new"], first["columns"][0]["pages_read"]) == ("done", 20, 2)
    assert again["counts"].get("new", 0) == 0
    assert site.requests[f"POST /queryList {FORM.format(n=2)}"] == 2
