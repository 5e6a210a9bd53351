"""A second archive has what the first has, byte by byte and row by row, and proves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preservation.proofs.cosigning import cosigned_at
from tests.support.following.leading import Room, assert_equal, contents, followed, follower, leading
from tests.support.passing_days import DEAD, crawl, later
from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room
from tests.support.site_server import notice_page, notice_path, serving, small_site

TEXT = "各县区人民政府：\n根据《关于第{n}号堤防巡查的意见》（以下简称“巡查意见”）开展河段检查，并将进展报送办公室。\n临杉市人民政府\n2026年10月1日"


def line(n: int, **more: object) -> dict[str, Any]:
    """An invented notice; every third has a file."""
    made = {
        "url": f"http://a.example/n{n}.html",
        "title": f"关于第{n}号河段防汛工作的通知",
        "text": TEXT.format(n=n),
        "published_date": "2026-10-01",
    }
    if n % 3 == 0:
        made["attachments"] = [{"name": "巡查表.txt", "url": f"http://a.example/f{n}.txt", "text": f"巡查表第{n}张\f第二页"}]
    return made | more


def put(home: QuickHome, *lines: dict[str, Any], sign: bool = True) -> None:
    home.run("import", "-", stdin="\n".join(json.dumps(each, ensure_ascii=False) for each in lines))
    if sign:
        home.run("checkpoint")


@pytest.fixture
def first(tmp_path: Path) -> QuickHome:
    home = QuickHome(tmp_path / "first")
    put(home, *(line(n) for n in range(1, 8)))
    return home


@pytest.fixture
def room(first: QuickHome) -> Iterator[Room]:
    with leading(first) as found:
        yield found


@pytest.fixture
def second(tmp_path: Path) -> QuickHome:
    return follower(tmp_path / "second")


def answers(home: QuickHome, query: str) -> dict[str, Any]:
    found = home.search(query)
    return {name: value for name, value in found.items() if name not in ("took_ms", "next")}


def test_a_second_archive_is_equal_and_cosigns(first: QuickHome, second: QuickHome, room: Room) -> None:
    done = followed(second, room.base)
    assert (done["complete"], done["size"], done["entries"], done["changes"], done["waiting"]) == (True, 7, 7, 7, 0)
    assert_equal(first, second)
    for query in ("河段", "巡查表第3张", "巡查意见", "不存在的词"):
        assert answers(first, query) == answers(second, query)
    assert cosigned_at(done["note"], done["witness"])
    assert done["note"] == (second.path / "following/000000000007.txt").read_text(encoding="utf-8")
    with reading_room(second) as own:
        assert own.get("/checkpoint").text == done["note"]
    with reading_room(first) as others:
        assert done["note"].startswith(others.get("/checkpoint").text)
    second.run("verify")
    bytes_of = [home.run("show", "3", "--json").stdout for home in (first, second)]
    assert json.loads(bytes_of[0])["text"] == json.loads(bytes_of[1])["text"]


def test_each_run_takes_what_is_new_and_nothing_twice(first: QuickHome, second: QuickHome, room: Room) -> None:
    followed(second, room.base)
    assert followed(second) | {"note": "", "error": ""} == followed(second) | {"note": "", "error": ""}
    put(first, line(2, text=TEXT.format(n=2) + "\n另有新的要求。"), line(9))
    put(first, line(10))
    done = followed(second)
    assert (done["size"], done["entries"], done["changes"]) == (10, 3, 3)
    assert_equal(first, second)
    assert [revisions for ident, *_, revisions, _group, _a, _b in contents(second)["notice"] if ident == 2] == [2]
    assert answers(first, "新的要求") == answers(second, "新的要求")
    second.run("verify")


def test_what_is_not_signed_waits(first: QuickHome, second: QuickHome, room: Room) -> None:
    put(first, line(8), sign=False)
    done = followed(second, room.base)
    assert (done["size"], done["changes"], done["waiting"]) == (7, 7, 1)
    first.run("checkpoint")
    assert followed(second)["waiting"] == 0
    assert_equal(first, second)


def test_a_crawled_site_with_what_befell_its_notices(tmp_path: Path, second: QuickHome) -> None:
    first, site = QuickHome(tmp_path / "first"), small_site(4)
    with serving(site):
        first.source(site.base)
        crawl(first)
        first.run("checkpoint")
        with leading(first) as room:
            followed(second, room.base)
            assert_equal(first, second)
            page = site.pages[notice_path(2)]
            site.pages[notice_path(2)] = DEAD
            site.pages[notice_path(1)] = notice_page(1, "另有新的要求，请各县区照此执行。")
            for days in (1.1, 3.1, 7.1):
                later(first, days)
                crawl(first, check=None)
            first.run("checkpoint")
            assert followed(second)["complete"]
            kinds = [row[3] for row in contents(second)["change"]]
            assert {"edited", "missing", "withdrawn"} <= set(kinds)
            site.pages[notice_path(2)] = page
            later(first, 8)
            crawl(first)
            first.run("checkpoint")
            followed(second)
    assert contents(first)["revision"] == contents(second)["revision"]
    assert [row[1:4] for row in contents(first)["change"]] == [row[1:4] for row in contents(second)["change"]]
    assert [(row[0], row[4]) for row in contents(first)["notice"]] == [(row[0], row[4]) for row in contents(second)["notice"]]
    second.run("verify")


def test_only_the_other_archive_fills_this_one(first: QuickHome, second: QuickHome, room: Room) -> None:
    followed(second, room.base)
    before = contents(second)
    for words in (("import", "-"), ("reparse",), ("checkpoint",), ("crawl", "linshan")):
        done = second.run(*words, stdin=json.dumps(line(30), ensure_ascii=False), check=None)
        assert done.returncode == 2, words
    second.run("takedown", "3", "--reason", "本机构收到的要求")
    assert contents(second) == before
    assert "taken down" in second.run("show", "3", check=2).stderr
    put(first, line(11))
    assert followed(second)["complete"]
    own = followed(first, room.base, check=2)
    assert "notices of its own" in own["error"]


def test_a_second_archive_can_be_backed_up_and_goes_on(first: QuickHome, second: QuickHome, room: Room, tmp_path: Path) -> None:
    followed(second, room.base)
    second.run("backup", str(tmp_path / "copy"), "--no-progress")
    third = QuickHome(tmp_path / "third")
    third.run("restore", str(tmp_path / "copy"), "--no-progress")
    put(first, line(12))
    assert followed(third)["complete"]
    assert_equal(first, third)
