"""JPAAS units: the column page names its answers, an answer is JSON with HTML inside."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import parse_qs, urlsplit

from crawler.list_page import next_candidates, read_list

COLUMN = "https://www.linshan.example/col/col1229/index.html"
UNIT = "https://www.linshan.example/api-gateway/jpaas-publish-server/front/page/build/unit"
SCRIPT = (
    '<script url="/api-gateway/jpaas-publish-server/front/page/build/unit" '
    "queryData=\"{{'parseType':'bulidstatic','webId':'31','tplSetId':'zf1','pageType':'column','tagId':'{tag}','editType':'null','pageId':'1229'}}\"></script>"
)


def answer(count: int, **extra: object) -> bytes:
    rows = "".join(
        f'<li><a href="/art/2020/10/1{n}/art_1229_{n}.html" title="临杉市第{n}号通知">临杉市…</a><span>2020-10-1{n}</span></li>'
        for n in range(count)
    )
    return json.dumps({"code": 200, "data": {"html": f"<ul>{rows}</ul>", **extra}}).encode()


def asked(url: str) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}


def test_column_page_names_its_list_unit_first() -> None:
    body = f"<html><body>{SCRIPT.format(tag='头部')}{SCRIPT.format(tag='当前栏目list')}</body></html>".encode()
    page = read_list(body, COLUMN)
    assert page.entries == ()
    assert page.next_page is not None
    assert page.next_page.startswith(UNIT + "?")
    values = asked(page.next_page)
    assert (values["tagId"], values["pageId"], values["webId"]) == ("当前栏目list", "1229", "31")
    assert values["paramJson"] == '{"pageNo":1,"pageSize":15}'
    assert len(next_candidates(body, COLUMN)) == 2


def test_answer_holds_entries_and_names_the_next_number() -> None:
    url = UNIT + "?webId=31&pageId=1229&paramJson=%7B%22pageNo%22%3A1%2C%22pageSize%22%3A15%7D"
    page = read_list(answer(5), url, content_type="application/json")
    assert (page.platform, len(page.entries)) == ("jpaas", 5)
    assert (page.entries[2].title, page.entries[2].date) == ("临杉市第2号通知", date(2020, 10, 12))
    assert page.entries[2].url == "https://www.linshan.example/art/2020/10/12/art_1229_2.html"
    assert page.next_page is not None
    assert asked(page.next_page)["paramJson"] == '{"pageNo":2,"pageSize":15}'


def test_answer_without_entries_or_of_the_last_page_ends_the_list() -> None:
    url = UNIT + "?pageId=1229&paramJson=%7B%22pageNo%22%3A3%2C%22pageSize%22%3A15%7D"
    assert read_list(answer(0), url).next_page is None
    assert read_list(answer(4, totalPage=3), url).next_page is None
    assert read_list(b"<html>403</html>", url).entries == ()
