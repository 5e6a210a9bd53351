"""A page is small over the wire, however long the notice and however many relations, facets and hits it has."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room
from web.views.notice import MOST_SHOWN, parts_of

_COMMON = [chr(code) for code in range(0x4E00, 0x4E00 + 1_500)]
_NUMERALS = "一二三四五六七八九"
_KINDS = ("通知", "公告", "意见", "通报", "批复", "公示", "决定", "办法", "规定", "函")


def said(chance: random.Random, characters: int) -> str:
    """Text that compresses worse than any that people write."""
    return "".join(chance.choices(_COMMON, k=characters))


def archived(path: Path) -> QuickHome:
    """An archive with one long notice in two revisions, and many that cite it, of other issuers, kinds and years each."""
    chance, home = random.Random(16), QuickHome(path)
    title, number = "临杉市人民政府关于加强河道巡查工作的通知", "临政〔2009〕1号"
    lines = [
        f"{_NUMERALS[n // 9 % 9]}、{said(chance, 12)}\n" + "".join(f"{said(chance, 90)}，{said(chance, 40)}。\n" for _ in range(3))
        for n in range(150)
    ]
    long: dict[str, Any] = {"url": "http://a.example/long.html", "title": title, "text": "".join(lines), "published_date": "2009-03-01"}
    long |= {"document_number": number, "issuer": "临杉市人民政府"}
    long["attachments"] = [{"name": "表.txt", "url": "http://a.example/f.txt", "text": "\f".join(said(chance, 9_000) for _ in range(6))}]
    many = [
        {
            "url": f"http://a.example/{n}.html",
            "title": f"临杉市第{n}街道办事处关于{said(chance, 30)}的{_KINDS[n % 10]}",
            "text": f"按照《关于加强河道巡查工作的通知》（{number}）的要求，{said(chance, 60)}，现就河道巡查工作通知如下。\n{said(chance, 400)}",
            "published_date": f"{2010 + n % 14}-0{n % 9 + 1}-11",
            "issuer": f"临杉市第{n}街道办事处",
            "document_number": f"临街〔2011〕{n}号",
        }
        for n in range(110)
    ]
    changed = long | {"text": "".join(line.replace("、", "、新") + said(chance, 60) + "\n" for line in lines)}
    for number_of, each in enumerate(([long, *many], [changed])):
        file = home.path / f"{number_of}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in each), encoding="utf-8")
        home.run("import", str(file))
    return home


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = archived(tmp_path_factory.mktemp("sizes"))
    with pytest.MonkeyPatch.context() as patch, reading_room(home) as client:
        patch.setattr("index.deadline.SECONDS", 100.0)  # sizes are asked for, on a busy machine too
        yield client


@pytest.mark.parametrize(
    "address",
    [
        "/", "/search?q=河道巡查", "/search?q=河道巡查&limit=100", "/search?q=河道巡查&sort=date", "/search?similar=1", "/search?q=没有这样的事情",
        "/n/1", "/n/1?part=2", "/n/1/r/1", "/n/1/r/1?part=4", "/n/5", "/n/1/diff", "/n/1/r/1/a/0", "/n/1/r/1/a/0?part=2", "/doc/临政/2009/1",
        "/sources", "/changes", "/status", "/n/999",
    ],
)  # fmt: skip
def test_a_page_is_at_most_60_kb_over_the_wire(room: TestClient, address: str) -> None:
    with room.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
        sent = sum(map(len, answer.iter_raw()))
        assert answer.status_code in (200, 302, 404)
        assert sent <= 60_000, sent


def test_the_parts_of_a_text_are_the_whole_text(room: TestClient) -> None:
    first = html.fromstring(room.get("/n/1/r/1").text)
    addresses = first.xpath('//nav[@class="parts"]//a/@href')
    assert len(addresses) >= 2
    pages = [first, *(html.fromstring(room.get(address).text) for address in addresses)]
    shown = "".join(text for page in pages for text in page.xpath('//div[@class="text"]/*[not(self::nav)]/text()'))
    assert shown == "".join(room.get("/api/v1/notices/1/revisions/1").json()["text"].split())
    assert room.get("/n/1?part=99").status_code == 400
    assert room.get("/n/1?part=x").status_code == 400


@pytest.mark.parametrize(
    "pages", [(), ("",), ("短",), ("行\n" * 30_000,), ("字" * 50_000,), ("甲" * 15_999, "乙" * 3, "丙\n" * 15_000, "", "丁")]
)
def test_parts_are_short_and_leave_nothing_out(pages: tuple[str, ...]) -> None:
    parts = parts_of(pages)
    assert all(sum(len(text) for _n, text in part) <= MOST_SHOWN for part in parts)
    for number, text in enumerate(pages, 1):
        assert "".join(piece for part in parts for n, piece in part if n == number) == text
