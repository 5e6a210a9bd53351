"""What was taken down is in nothing that readers see, its bytes and proofs stay valid, and undoing shows it again everywhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, reading_room

GONE, MARK = 1, "临杉市人民政府关于加强河道巡查工作的通知"
PASSAGE = "明确分工"
ADDRESSES = (
    "/", "/search?q=河道", "/search?q=source:import", "/feed.atom", "/feed.json", "/feed.atom?q=河道", "/sitemap-0.xml", "/changes", "/sources",
    "/archive/import/2024-03", "/n/2", "/export?all=1&format=jsonl", "/export?all=1&format=csv", "/export?q=河道&format=jsonl", "/api/v1/search?q=河道",
    "/api/v1/changes", "/api/v1/notices/2", "/complete?q=河道",
)  # fmt: skip
OWN = (
    "/n/1", "/n/1/r/1", "/n/1/r/2", "/n/1/diff", "/n/1/r/1/original", "/n/1/r/1/cite/bibtex", "/n/1/deadlines.ics", "/n/1?as_of=2030-01-01",
    "/api/v1/notices/1", "/api/v1/notices/1/revisions", "/api/v1/notices/1/diff", "/api/v1/notices/1/citations",
    "/timegate/http://www.linshan.example/1.html", "/timemap/link/http://www.linshan.example/1.html",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> QuickHome:
    return archive_in(tmp_path)


@pytest.fixture
def room(home: QuickHome) -> Iterator[TestClient]:
    with reading_room(home) as client:
        yield client


def test_a_notice_that_was_taken_down_is_in_nothing_that_readers_see(home: QuickHome, room: TestClient) -> None:
    assert MARK in room.get("/search?q=河道").text.replace("<mark>", "").replace("</mark>", "")
    home.run("takedown", "1", "--reason", "court order 5")
    for address in ADDRESSES:
        answer = room.get(address)
        assert answer.status_code == 200, address
        plain = answer.text.replace("<mark>", "").replace("</mark>", "")
        assert MARK not in plain, address
        assert "/n/1<" not in plain, address
    for address in OWN:
        answer = room.get(address)
        assert answer.status_code == 410, (address, answer.status_code, answer.text[:300])
        assert "court order 5" in answer.text, address
        assert MARK not in answer.text, address
        assert "noindex" in answer.headers["X-Robots-Tag"]
    assert MARK not in home.run("search", "河道", "--json").stdout
    assert home.run("search", "巡查通知", "--exact", check=None).returncode == 1
    assert "court order 5" in home.run("show", "1", check=2).stderr
    checked = room.post("/api/v1/citations", json={"text": f"按照《{MARK}》办理"}).json()
    assert MARK not in json.dumps([c for c in checked["citations"] if c.get("notice")], ensure_ascii=False)


def test_bytes_and_proofs_stay_valid_and_verify_finds_nothing(home: QuickHome, room: TestClient) -> None:
    home.run("takedown", "1", "--reason", "court order 5", "--legal")
    assert room.get("/n/1").status_code == 451
    assert home.run("verify").returncode == 0
    proof = home.path.parent / "one.proof.json"
    home.run("prove", "1", "-o", str(proof), check=None)
    home.run("status")
    assert home.run("doctor", check=None).returncode == 0


def test_undoing_shows_it_again_everywhere(home: QuickHome, room: TestClient) -> None:
    before = {address: room.get(address).text for address in ("/search?q=河道", "/sitemap-0.xml", "/n/1")}
    home.run("takedown", "1", "--reason", "by mistake")
    home.run("takedown", "undo", "1", "--reason", "it was one")
    assert {address: room.get(address).text for address in before} != {}
    assert MARK in room.get("/search?q=河道").text.replace("<mark>", "").replace("</mark>", "")
    assert room.get("/sitemap-0.xml").text == before["/sitemap-0.xml"]
    assert room.get("/n/1").status_code == 200
    assert home.run("verify").returncode == 0
    kinds = [json.loads(line)["kind"] for line in home.run("changes", "--json").stdout.splitlines()]
    assert kinds[-2:] == ["taken_down", "restored"]
    listed = [json.loads(line) for line in home.run("takedown", "list", "--past", "--json").stdout.splitlines()]
    assert [(each["id"], each["undone_reason"]) for each in listed] == [(1, "it was one")]
    assert "nothing" in home.run("takedown", "list").stdout
    home.run("takedown", "undo", "1", check=2)


def test_a_passage_is_starred_out_in_every_revision_and_in_search(home: QuickHome, room: TestClient) -> None:
    home.run("takedown", "1", "--text", PASSAGE, "--reason", "a name")
    for address in (
        "/n/1",
        "/n/1/r/1",
        "/n/1/diff",
        "/api/v1/notices/1/revisions/1",
        "/export?all=1&format=jsonl",
        "/search?q=河道巡查通知",
    ):
        answer = room.get(address)
        assert answer.status_code == 200, address
        assert PASSAGE not in answer.text, address
    assert "████" in room.get("/n/1/r/1").text
    assert room.get("/n/1/r/1/original").status_code == 403
    assert home.run("verify").returncode == 0
    home.run("takedown", "undo", "1")
    assert PASSAGE in room.get("/n/1/r/1").text


def test_a_span_is_the_passage_at_these_characters(home: QuickHome) -> None:
    text = json.loads(home.run("show", "4", "--json").stdout)["text"]
    start = text.index("2024年4月1日")
    home.run("takedown", "4", "--span", f"{start}:{start + 9}", "--reason", "a date")
    assert "2024年4月1日" not in home.run("show", "4").stdout
    assert "2024-04" not in home.run("search", "汛前检查", "--json").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1",), "reason"), (("1", "--text", "没有这句话", "--reason", "x"), "contains this passage"), (("1", "--text", "一", "--reason", "x"), "2 to"),
        (("4", "--span", "5:2", "--reason", "x"), "characters"), (("4", "--span", "x", "--reason", "x"), "two numbers"), (("undo",), "number"),
        (("99", "--reason", "x"), "no notice"),
    ],
)  # fmt: skip
def test_a_takedown_that_cannot_be_is_refused(home: QuickHome, words: tuple[str, ...], said: str) -> None:
    assert said in home.run("takedown", *words, check=2).stderr


def test_a_message_that_waits_names_it_no_more(home: QuickHome) -> None:
    home.run("watch", "add", "rivers", "河道", "--no-test", check=None)
    home.run("takedown", "1", "--reason", "x")
    printed = home.run("watch", "run", "--json", check=None).stdout
    assert MARK not in printed
    home.run("feeds", "build", str(home.path.parent / "feeds"))
    written = "".join(path.read_text() for path in (home.path.parent / "feeds").iterdir())
    assert MARK not in written
    assert "taken_down" in written


def test_sql_that_was_lost_is_rebuilt_without_what_was_taken_down(home: QuickHome) -> None:
    home.run("takedown", "1", "--text", PASSAGE, "--reason", "a name")
    home.run("takedown", "2", "--reason", "all of it")
    (home.path / "notices.db").unlink()
    home.run("repair", "--rebuild-sql")
    listed = home.run("takedown", "list", "--json").stdout.splitlines()
    assert len(listed) == 2
    assert "all of it" in home.run("show", "http://www.linshan.example/2.html", check=2).stderr


def test_a_takedown_that_was_removed_from_sql_is_found_and_comes_back(home: QuickHome) -> None:
    home.run("takedown", "1", "--reason", "x")
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute("delete from takedown")
    raw.close()
    found = home.run("verify", check=4).stdout
    assert "takedown 1" in found
    home.run("repair", "--apply")
    assert home.run("verify").returncode == 0
    home.run("show", "1", check=2)
