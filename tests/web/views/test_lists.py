"""Lists of the archive as a whole are in pages: however many sources, months, changes or takedowns there are, a page is small and all of them are reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from lxml import html
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, links_of, reading_room

SOURCES, MONTHS, IN_ONE_MONTH = 85, 38, 310
PASSWORD = "a long password"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    """An archive of many sources with a notice in each of many months, the last source with many in one; as many changes."""
    home = archive_in(tmp_path_factory.mktemp("lists"))
    home.run("maintainer", "add", "li", stdin=f"{PASSWORD}\n")
    with sqlite3.connect(home.path / "notices.db") as raw:
        now = datetime.now(UTC)
        last = now.year * 12 + now.month - 1
        months = [f"{n // 12:04d}-{n % 12 + 1:02d}-15" for n in range(last - MONTHS + 1, last + 1)]
        site = "某省某市某县人民政府办公室"
        for n in range(SOURCES):
            columns = {"id": 100 + n, "name": f"s{n:03d}-a-name-of-some-length", "site": f"{site}{n}"}
            _copy(raw, "source", 1, columns)
        ident = 1000
        for n in range(SOURCES):
            for day in months if n < SOURCES - 1 else [months[0]] * IN_ONE_MONTH:
                ident += 1
                _copy(raw, "notice", 2, {"id": ident, "source_id": 100 + n, "key": f"k{ident}", "url": f"http://x.example/{ident}"})
                title = f"{site}关于第{ident * 7919 % 99991}号事项的{day}通知"
                _copy(
                    raw, "revision", 3, {"id": ident, "notice_id": ident, "title": title, "published_date": day, "row_digest": f"d{ident}"}
                )
                _copy(raw, "change", 3, {"seq": ident, "notice_id": ident, "baseline": 0})
        raw.executemany(
            "insert into takedown (notice_id, key, reason, legal, made_at, undone_reason) values (?, 'k', '理由', 0, '2026-01-01 00:00:00.000000', '')",
            [(900_000 + n,) for n in range(250)],
        )
        raw.executemany(
            "insert into watch (name, query, channels, every, paused, made_at, matched_seq) values (?, '河道', '[]', '', 0, '2026-01-01 00:00:00.000000', 0)",
            [(f"w{n:03d}",) for n in range(230)],
        )
    raw.close()
    return home


def _copy(raw: sqlite3.Connection, table: str, model: int, changed: dict[str, object]) -> None:
    """A further row like the one with the id `model`."""
    names = [name for (name,) in raw.execute("select name from pragma_table_info(?)", (table,))]
    key = "seq" if table == "change" else "id"
    values = ", ".join("?" if name in changed else f'"{name}"' for name in names)
    given = [changed[name] for name in names if name in changed]
    raw.execute(f"insert into {table} select {values} from {table} where {key} = ?", (*given, model))


@pytest.fixture(scope="module")
def room(home: QuickHome) -> Iterator[TestClient]:
    with reading_room(home, **{"accept-language": "en"}) as client:
        yield client


def pages(room: TestClient, address: str) -> Iterator[str]:
    """Every page of a list; each is at most 60 kB over the wire."""
    following: list[str] = [address]
    while following:
        with room.stream("GET", following[0], headers={"accept-encoding": "gzip"}, auth=("li", PASSWORD)) as answer:
            sent = b"".join(answer.iter_raw())
            assert answer.status_code == 200
        assert len(sent) <= 60_000, (following, len(sent))
        text = room.get(following[0], auth=("li", PASSWORD)).text
        yield text
        following = html.fromstring(text).xpath('//p[@class="more"]/a[starts-with(@rel, "next")]/@href')


def test_every_source_is_on_one_page_of_the_list_and_every_month_on_its_own(room: TestClient) -> None:
    listed = list(pages(room, "/sources"))
    assert len(listed) == 3
    names = [name for page in listed for name in html.fromstring(page).xpath("//table[1]//th[@scope='row']/a/text()")]
    assert sorted(set(names)) == names == ["import", *(f"s{n:03d}-a-name-of-some-length" for n in range(SOURCES))]
    months = [link for link in links_of(room.get(f"/archive/{names[1]}").text) if link.startswith(f"/archive/{names[1]}/")]
    assert len(months) == MONTHS
    (shown,) = {link for link in links_of(listed[0]) if link == months[-1]}
    assert room.get(shown).status_code == 200
    assert html.fromstring(listed[1]).xpath("//svg//rect")


def test_a_month_of_many_notices_is_in_pages(room: TestClient) -> None:
    (month,) = [each for each in links_of(room.get(f"/archive/s{SOURCES - 1:03d}-a-name-of-some-length").text) if each.count("/") == 3]
    found = [link for page in pages(room, month) for link in links_of(page) if link.startswith("/n/")]
    assert len(found) == len(set(found)) == IN_ONE_MONTH


def test_changes_and_status_are_small(room: TestClient) -> None:
    seen = 0
    for page in pages(room, "/changes"):
        seen += page.count("<tr>") - 1
    assert seen == (SOURCES - 1) * MONTHS + IN_ONE_MONTH
    assert "import" not in next(pages(room, "/status"))


@pytest.mark.parametrize(("anchor", "count"), [("sources", SOURCES + 1), ("watches", 230), ("takedowns", 250)])
def test_maintainers_reach_all_sources_watches_and_takedowns(room: TestClient, anchor: str, count: int) -> None:
    address, seen = "/maintain", set[str]()
    while address:
        (text,) = {room.get(address.partition("#")[0], auth=("li", PASSWORD)).text}
        tree = html.fromstring(text)
        place = {"sources": "Sources", "watches": "Saved searches", "takedowns": "Taken down"}[anchor]
        seen |= set(tree.xpath(f"//div[@aria-label='{place}']//th[@scope='row']/text()"))
        address = next(iter(tree.xpath(f"//p[@class='more']/a[contains(@href, '{anchor}=')]/@href")), "")
    assert len(seen) == count


def test_programs_get_sources_in_pages(room: TestClient) -> None:
    names, after = list[str](), ""
    while after is not None:
        answer = room.get("/api/v1/sources", params={"limit": 40, "after": after}).json()
        names += [each["name"] for each in answer["sources"]]
        after = answer["next"]
    assert names == sorted(set(names))
    assert len(names) == SOURCES + 1
    assert [each["name"] for each in room.get("/api/v1/sources").json()["sources"]] == names
    for wrong in ("limit=0", "limit=9999", f"after={'x' * 90}"):
        assert room.get(f"/api/v1/sources?{wrong}").status_code == 400
