"""Pages about the archive as a whole, and what programs look for at a site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree, html
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import EVIL, PADDING, archive_in, line, links_of, reading_room

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    home = archive_in(tmp_path_factory.mktemp("room"))
    with_changes(home)
    return home


def with_changes(home: QuickHome) -> None:
    """What an import brings is the baseline of the log; here its last change is news."""
    import sqlite3

    raw = sqlite3.connect(home.path / "notices.db")
    raw.execute("update change set baseline = 0 where seq = (select max(seq) from change)")
    raw.execute("update change set baseline = 0 where notice_id = 3")
    raw.commit()
    raw.close()


@pytest.fixture(scope="module")
def room(home: QuickHome) -> Iterator[TestClient]:
    with reading_room(home, **{"accept-language": "en"}) as client:
        yield client


def test_sources_and_months_lead_to_every_notice_without_a_question(room: TestClient) -> None:
    page = room.get("/sources").text
    assert "/archive/import" in links_of(page)
    assert html.fromstring(page).xpath("//svg//rect")
    months = [link for link in links_of(room.get("/archive/import").text) if link.startswith("/archive/import/")]
    assert months == ["/archive/import/2024-03"]
    found = {link for month in months for link in links_of(room.get(month).text) if link.startswith("/n/")}
    assert found == {f"/n/{n}" for n in range(1, 6)}
    for address in (
        "/archive/import/1999-01",
        "/archive/none",
        "/archive/none/2024-03",
        "/sources?after=zzz",
        "/archive/import/x",
        "/archive/import/2024-03?after=x",
    ):
        assert room.get(address).status_code == 404


def test_changes_are_listed_the_newest_first(room: TestClient) -> None:
    page = room.get("/changes").text
    assert "edited" in page
    assert "/n/1/diff?from=1&amp;to=2" in page
    assert room.get("/changes?before=x").status_code == 400
    assert "Nothing has changed" in room.get("/changes?before=1").text


def test_status_names_no_place_on_this_machine(room: TestClient, home: QuickHome) -> None:
    for address in ("/status", "/sources", "/api/v1/sources"):
        text = room.get(address).text
        assert str(home.path) not in text
    assert "pages and files" in room.get("/status").text


def test_robots_leave_notices_and_lists_open_and_questions_not(room: TestClient) -> None:
    robots = RobotFileParser()
    robots.parse(room.get("/robots.txt").text.splitlines())
    assert robots.can_fetch("bot", "http://127.0.0.1/n/1")
    assert robots.can_fetch("bot", "http://127.0.0.1/archive/import/2024-03")
    assert not robots.can_fetch("bot", "http://127.0.0.1/api/v1/search?q=x")
    rules = room.get("/robots.txt").text
    assert "Disallow: /search?" in rules
    for path in ("/archive/*?after=", "/sources?after="):  # a longer rule than /*?*after= (RFC 9309, 2.2.2); urllib knows no such rule
        assert f"Allow: {path}\n" in rules


def test_the_sitemap_has_every_notice(room: TestClient) -> None:
    (part,) = etree.fromstring(room.get("/sitemap.xml").content).itertext("{*}loc")
    lines = list(etree.fromstring(room.get(part.removeprefix("http://127.0.0.1")).content).itertext("{*}loc"))
    assert lines == [f"http://127.0.0.1/n/{n}" for n in range(1, 6)]
    assert room.get("/sitemap-9.xml").status_code == 404
    assert room.get("/sitemap-99999999999999999999.xml").status_code == 404


def test_feeds_are_well_formed_whatever_a_title_contains(room: TestClient) -> None:
    for query in ("", "?q=恶意公文", "?q=河道"):
        tree = etree.fromstring(room.get(f"/feed.atom{query}").content)
        titles = [each.findtext(f"{ATOM}title") for each in tree.iter(f"{ATOM}entry")]
        assert titles
        assert len(tree.findall(f".//{ATOM}id")) == len(titles) + 1
        same = room.get(f"/feed.json{query}").json()
        assert [each["title"] for each in same["items"]] == titles
    assert f"恶意公文{EVIL}" in titles or any(EVIL in (title or "") for title in titles)
    assert json.dumps(same).count("127.0.0.1")


def test_the_feeds_of_all_sources_go_into_a_reader(room: TestClient) -> None:
    outlines = list(etree.fromstring(room.get("/feeds.opml").content).iter("outline"))
    assert [each.get("text") for each in outlines] == ["What changed", "import"]
    for each in outlines:
        assert each.get("type") == "rss"
        assert etree.fromstring(room.get(each.get("xmlUrl", "").removeprefix("http://127.0.0.1")).content).tag == f"{ATOM}feed"
        assert room.get(each.get("htmlUrl", "").removeprefix("http://127.0.0.1")).status_code == 200
    assert "/feeds.opml" in room.get("/changes").text


def test_deadlines_ahead_are_listed_the_next_first(tmp_path: Path, room: TestClient) -> None:
    assert "No notice states a deadline" in room.get("/deadlines").text
    home, now = archive_in(tmp_path / "home"), datetime.now(UTC)
    soon, late = (now + timedelta(days) for days in (10, 40))
    said = [("鱼塘承包", late), (f"水库{EVIL}", soon), ("过去", now - timedelta(9))]
    texts = [
        f"{name}。报名时间为{day.year}年{day.month}月{day.day}日至{day.year}年{day.month}月{day.day}日。{PADDING}" for name, day in said
    ]
    lines = [line(n, f"临杉市水利局关于{said[n - 11][0]}的公告", text) for n, text in enumerate(texts, 11)]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    home.run("import", str(tmp_path / "x.jsonl"))
    with reading_room(home) as other:
        answer = other.get("/deadlines")
        tree = html.fromstring(answer.text)
        assert tree.xpath("//li[@class='hit']//h3/a/@href") == ["/n/7/r/1", "/n/6/r/1"]
        assert soon.strftime("%Y-%m-%d") in tree.xpath("//li[@class='hit']")[0].text_content()
        assert tree.xpath("//svg//rect/following-sibling::text[1]/text()")[0]
        assert sum(int(each) for each in tree.xpath("//table//td/text()")) == 2
        assert tree.xpath("//img | //li//script") == []
        events = other.get("/deadlines.ics")
        assert events.headers["content-type"].startswith("text/calendar")
        assert events.text.count("BEGIN:VEVENT") == 2
        home.run("takedown", "6", "--reason", "x")
        assert "鱼塘承包" not in other.get("/deadlines").text


def test_search_boxes_find_the_search(room: TestClient) -> None:
    described = etree.fromstring(room.get("/opensearch.xml").content)
    templates = [each.get("template") for each in described.iter("{*}Url")]
    assert "http://127.0.0.1/search?q={searchTerms}" in templates
