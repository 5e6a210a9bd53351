"""Families that answer JSON: gkmlpt, UCAP, and searches of other makes."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crawler.list_page import next_candidates, read_list

HOST = "http://www.linshan.example"


def body(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def articles(count: int, first: int = 0) -> list[dict[str, object]]:
    return [
        {
            "id": n,
            "title": f"临杉市关于第{n}次检查的通报",
            "url": f"{HOST}/gkmlpt/content/3/{n}/post_{n}.html",
            "publisher": "临杉市应急管理局",
            "first_publish_time": 1602806400,
            "created_at": "2020-11-30 10:00:00",
        }
        for n in range(first, first + count)
    ]


def test_gkmlpt_page_names_its_answer() -> None:
    page = b"<script>window._CONFIG = { SID: '755001', TREE: [{\"id\": 2811}] }</script><div id='app'></div>"
    read = read_list(page, HOST + "/gkmlpt/index#2811")
    assert (read.platform, read.entries) == ("gkmlpt", ())
    assert read.next_page == HOST + "/gkmlpt/api/all/2811?page=1&sid=755001"
    assert next_candidates(page, HOST + "/gkmlpt/index") == (HOST + "/gkmlpt/api/all/0?page=1&sid=755001",)


def test_gkmlpt_answer() -> None:
    url = HOST + "/gkmlpt/api/all/2811?page=1&sid=755001"
    page = read_list(body({"classify": {"post_count": 150}, "articles": articles(100)}), url)
    assert len(page.entries) == 100
    assert page.entries[0].date == date(2020, 10, 16)
    assert page.entries[0].url == HOST + "/gkmlpt/content/3/0/post_0.html"
    assert page.next_page == HOST + "/gkmlpt/api/all/2811?page=2&sid=755001"
    last = read_list(body({"classify": {"post_count": 150}, "articles": articles(50, 100)}), page.next_page)
    assert last.next_page is None


def test_ucap_page_and_answer() -> None:
    channel = "0123456789abcdef0123456789abcdef"
    asked = f"/common/search/{channel}?_isAgg=true&_isJson=true&_pageSize=15&page=1"
    page = f"<html><body><!-- CMSPRO_LIST --><script>var u='{asked}'</script></body></html>"
    candidates = next_candidates(page.encode(), HOST + "/zwgk/list.shtml")
    assert HOST + asked in candidates
    results = [
        {"title": "关于<em>检查</em>的通知&nbsp;", "url": "//www.linshan.example/c/1.shtml", "publishedTimeStr": "2020-10-16 09:00:00"}
    ]
    url = f"{HOST}/common/search/{channel}?_isJson=true&_pageSize=1&page=2"
    read = read_list(body({"data": {"total": 3, "rows": 1, "results": results}}), url)
    assert [(e.title, e.url, e.date) for e in read.entries] == [
        ("关于检查的通知", "http://www.linshan.example/c/1.shtml", date(2020, 10, 16))
    ]
    assert read.next_page == f"{HOST}/common/search/{channel}?_isJson=true&_pageSize=1&page=3"
    assert read_list(body({"data": {"total": 3, "rows": 1, "results": results}}), read.next_page).next_page is None


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ({"resultDocs": [{"data": {"titleO": "关于检查的通知", "url": "/a/1.html", "docDate": "2020-10-16"}}]}, date(2020, 10, 16)),
        (
            {"searchVO": {"catMap": {"gongwen": {"listVO": [{"title": "关于检查的通知", "url": "/a/1.html", "pubtime": 1602806400000}]}}}},
            date(2020, 10, 16),
        ),
        (
            {"searchVO": {"listVO": [{"title": "关于检查的通知", "url": "/a/1.html", "pubtime": 0, "ptime": "2020.10.16"}]}},
            date(2020, 10, 16),
        ),
        (
            {"data": {"news": {"list": [{"title": "关于检查的通知", "post_url": "/a/1.html", "pub_time": "2020-10-16"}]}}},
            date(2020, 10, 16),
        ),
        ([{"TITLE": "关于检查的通知", "URL": "/a/1.html", "DOCRELPUBTIME": "2020-10-16"}], date(2020, 10, 16)),
        ({"list": [{"title": "关于检查的通知", "url": "/a/1.html"}]}, None),
        ({"rows": "<ul><li><a href='/a/1.html'>关于检查的通知</a><span>2020-10-16</span></li></ul>"}, date(2020, 10, 16)),
    ],
)
def test_answers_of_other_makes(value: object, day: date | None) -> None:
    read = read_list(body(value), HOST + "/so/ss/query/s?page=1")
    assert [(e.title, e.url, e.date) for e in read.entries] == [("关于检查的通知", HOST + "/a/1.html", day)]
    assert read.next_page == HOST + "/so/ss/query/s?page=2"


def test_callback_is_dropped() -> None:
    answer = 'cb_12({"list":[{"title":"关于检查的通知","url":"/a/1.html","date":"2020-10-16"}]});'
    assert len(read_list(answer.encode(), HOST + "/cms/JsonList").entries) == 1


@pytest.mark.parametrize("value", [{"code": 1001, "searchVO": None}, {"articles": []}, [], {"a": {"b": [1, 2, "x"]}}, [[[]]]])
def test_answers_without_results_are_empty(value: object) -> None:
    read = read_list(body(value), HOST + "/api?page=9")
    assert (read.entries, read.next_page) == ((), None)


def test_deep_and_broken_json_is_no_list() -> None:
    assert read_list(b"[" * 200_000, HOST).entries == ()
    assert read_list(b'{"a":' * 100_000, HOST).entries == ()
