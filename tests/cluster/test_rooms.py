"""One archive on either database: every page of the reading room, every address of its API and every view of a command is the same, byte for byte."""

from __future__ import annotations

import difflib
import io
import json
import re
import shutil
import zipfile
from collections import Counter

import pytest
from starlette.testclient import TestClient

from tests.cluster.journey import a_site, line, page, written
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, links_of, reading_room
from tests.support.site_server import serving
from web.api.routes import ENDPOINTS, PREFIX

_PAGES = (
    "/", "/search?q=河道&facets=1", "/search?q=河段", "/search?q=水库&sort=date", "/search?q=在:历史 水库", "/search?q=两感", "/sources", "/changes", "/deadlines",
    "/deadlines.ics", "/status", "/robots.txt", "/sitemap.xml", "/sitemap-1.xml", "/opensearch.xml", "/feed.atom", "/feed.json", "/feeds.opml", "/complete?q=临杉",
    "/doc/临政/2018/5", "/doc/临水/2022/1", "/timemap/link/http://www.linshan.example/1.html", "/timegate/http://www.linshan.example/1.html",
    "/n/1/diff", "/n/99", "/n/1/r/9", "/export?q=河道&format=csv", "/export?q=河道&format=jsonl", "/maintain", "/changes?since=2024-01-01",
)  # fmt: skip
_QUERIES = {
    "search": ("?q=河道", "?q=水库&sort=date&limit=2", "?q=水库&since=2026-10-01", "?q=河道&as_of=2026-01-01", "?q=("),
    "notice": ("", "?as_of=2026-11-01"),
    "diff": ("", "?from=1&to=2"),
    "export": ("?q=河道&format=jsonl", "?q=河道&format=csv"),
    "changes": ("", "?since=0", "?since=3&limit=2", "?since=2024-01-01", "?since=9999", "?since=x"),
    "citation_check": ("?text=根据临政〔2018〕5号和临水〔2022〕1号、《关于第1号河段防汛工作的通知》",),
}
_COMMANDS = (
    ("status", "--json"), ("runs", "--json"), ("runs", "1"), ("changes", "--json", "--since", "0"), ("history", "1", "--json"), ("history", "7", "--json"),
    ("diff", "1"), ("cites", "2", "--json"), ("show", "1", "--json"), ("deadlines", "--all", "--json"), ("metrics",), ("source", "list"), ("schedule", "--show"),
    ("watch", "list", "--json"), ("watch", "show", "floods"), ("verify", "--json"), ("export", "河道", "--format", "jsonl"), ("export", "--format", "csv"),
    ("reparse", "--dry-run"), ("doctor", "--json"), ("search", "水库", "--json", "--facets"), ("search", "在:历史 水库", "--json"),
)  # fmt: skip


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[QuickHome, QuickHome]:
    """An archive with crawled and imported notices, revisions, files, relations, a notice that was taken down and a saved search; and the same, moved over."""
    folder = tmp_path_factory.mktemp("rooms")
    home = archive_in(folder / "home")
    file = {"name": "巡查表.txt", "url": "http://a.example/f1.txt", "text": "巡查表\f第二页"}
    home.run(
        "import",
        written(folder, line(1, attachments=[file]), line(2), line(9, "《关于第1号河段防汛工作的通知》（临政〔2026〕1号）同时废止。")),
    )
    home.run("watch", "add", "floods", "河段 OR 水库")
    with serving(a_site()) as site:
        home.source(site.base)
        crawling = Home(home.path)
        crawling.run("crawl", "linshan")
        site.pages["/tzgg/2.html"] = page(
            "临杉市水务局关于第2号水库安全度汛的通知", "<p>第2号水库已经完成检查，各县区水务局应当按时报送。</p>"
        )
        crawling.run("crawl", "linshan", "--revisit")
    home.run("takedown", "http://a.example/n2.html", "--reason", "个人信息")
    home.run("watch", "run", check=None)
    home.run("checkpoint")
    home.run("index")
    moved = QuickHome(folder / "moved")
    shutil.copytree(home.path, moved.path)
    server = request.getfixturevalue("server")
    address = server.create("rooms")
    moved.run("migrate", "--to", address)
    (moved.path / "notices.db").unlink()
    moved.environment["NOTICES_DATABASE"] = address
    return home, moved


def is_one_of_few(address: str, alike: Counter[str]) -> bool:
    """Whether few pages of this kind were asked for: filters of a search lead to ever more searches."""
    path, _mark, query = address.partition("?")
    kind = f"{path} {sorted(re.findall(r'([a-z_]+)=', query))}" if path == "/search" else path
    alike[kind] += 1
    return alike[kind] <= 2


def answer(room: TestClient, address: str) -> tuple[int, str, str, bytes]:
    """What a reader gets: the status, the kind, where it leads, and the body."""
    found = room.get(address)
    return found.status_code, found.headers.get("content-type", ""), found.headers.get("location", ""), found.content


def test_every_room_has_the_same_pages(homes: tuple[QuickHome, QuickHome]) -> None:
    embedded, moved = homes
    with reading_room(embedded) as theirs, reading_room(moved) as ours:
        waiting, seen, alike = list(_PAGES), set(_PAGES), Counter[str]()
        while waiting:
            address = waiting.pop()
            expected, found = answer(theirs, address), answer(ours, address)
            assert found[:3] == expected[:3], address
            assert_same(plain(embedded, found[3]), plain(embedded, expected[3]), address)
            if "html" in expected[1]:
                fresh = [each for each in links_of(expected[3].decode()) if each not in seen and is_one_of_few(each, alike)]
                seen.update(fresh)
                waiting += fresh
    assert len(seen) > 100, len(seen)


def test_every_address_of_the_api_has_the_same_answers(homes: tuple[QuickHome, QuickHome]) -> None:
    embedded, moved = homes
    with reading_room(embedded) as theirs, reading_room(moved) as ours:
        good = set()
        for each in ENDPOINTS:
            for notice in range(1, 14):
                for n in (1, 2):
                    path = PREFIX + each.path.format(notice=notice, n=n, position=0)
                    for query in _QUERIES.get(each.name, ("",)):
                        expected, found = answer(theirs, path + query), answer(ours, path + query)
                        assert found[:3] == expected[:3], path + query
                        assert_same(plain(embedded, found[3]), plain(embedded, expected[3]), path + query)
                        good |= {each.name} if expected[0] == 200 else set()
        assert good == {each.name for each in ENDPOINTS}


def test_every_command_that_shows_says_the_same(homes: tuple[QuickHome, QuickHome]) -> None:
    embedded, moved = homes
    for words in _COMMANDS:
        expected, found = (each.run(*words, check=None) for each in (embedded, moved))
        assert found.returncode == expected.returncode, (words, found.stderr)
        assert_same(plain(embedded, found.stdout.encode()), plain(embedded, expected.stdout.encode()), words)


def test_the_clock_takes_the_same_ticks(homes: tuple[QuickHome, QuickHome]) -> None:
    """Whatever is due begins once: the same jobs, with the same ends."""
    told = []
    for home in homes:
        (home.path / "sources/linshan.toml").unlink(missing_ok=True)
        for _ in range(2):
            Home.run(home, "schedule", "--once")
        told.append(home.run("runs", "--json").stdout)
    kinds = [[(each["kind"], each["outcome"]) for each in map(json.loads, lines.splitlines())] for lines in told]
    assert kinds[0] == kinds[1]


def assert_same(found: str, expected: str, asked: object) -> None:
    """Both texts are one; else the lines that differ are shown."""
    if found != expected:
        pytest.fail(f"{asked}\n" + "\n".join(list(difflib.unified_diff(expected.splitlines(), found.splitlines(), n=0, lineterm=""))[:20]))


def plain(home: QuickHome, body: bytes) -> str:
    """A body without the home's folder, the address of the database, and figures of the moment; of a WACZ its members and pages."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return f"{packed.namelist()} {packed.read('pages/pages.jsonl').decode()}"
    text = body.decode("utf-8", "replace").replace(str(home.path.parent / "moved"), str(home.path))
    text = re.sub(r"postgresql\S+?(?=[\"<\s])|127\.0\.0\.1:\d+/rooms|sqlite:[^\"<\s]+", "DATABASE", text)
    text = re.sub(r"(?m)^(notices_\w*(?:time|age|disk|bytes|seconds)\w*(?:{[^}]*})?) \S+$", r"\1 N", text)
    text = re.sub(r"用时 \d+ 毫秒|in \d+ ms", "N", text)
    return re.sub(r'("(?:took_ms|seconds|bytes|at|free|generated_at)": ?)[\d."T:Z+-]+', r"\1N", text)
