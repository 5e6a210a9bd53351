"""What keeps readers from waiting: answers that are kept, and rates of networks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from lxml import html
from starlette.testclient import TestClient

from benchmarks.readers.crawlers import HOSTILE
from index.search import SearchRequest, SearchResult
from notices.config import load_config
from tests.support.cpu import cpu_within
from tests.support.quick_home import QuickHome
from tests.support.reading_room import NOTICES, archive_in, line, reading_room
from web.archive import Archive
from web.headers import Guard
from web.kept import Kept
from web.rates import AT_ONCE, QUESTIONS, WAITING, Rates


def test_a_kept_answer_is_that_of_the_archive_as_it_is(tmp_path: Path) -> None:
    home = archive_in(tmp_path / "home")
    with reading_room(home) as room:
        before = room.get("/n/4", headers={"accept-language": "en"})
        assert room.get("/n/4", headers={"accept-language": "en"}).text == before.text
        assert room.get("/n/4", headers={"accept-language": "zh"}).text != before.text
        assert room.get("/n/4", headers={"accept-language": "en", "if-none-match": before.headers["etag"]}).status_code == 304
        assert room.get("/search?q=汛前重新").text.count('class="hit"') == room.get("/search?q=汛前重新").text.count('class="hit"')
        _edit(home, tmp_path)
        after = room.get("/n/4", headers={"accept-language": "en", "if-none-match": before.headers["etag"]})
        assert after.status_code == 200
        assert "汛前重新安排" in after.text
        answer = room.get("/search?q=汛前重新").text
        assert "<mark>汛前重新</mark>" in answer
        assert html.fromstring(answer).xpath("//svg//title/text()") == ["2021: 1", "2024: 1"]


def _edit(home: QuickHome, folder: Path) -> None:
    import json

    file = folder / "edit.jsonl"
    text = "汛前重新安排如下。" + "各县区要落实责任，按时完成。" * 9
    lines = (NOTICES[3] | {"text": text}, line(8, "往年的通知", f"往年{text}") | {"published_date": "2021-05-05"})
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    home.run("import", str(file))


def test_a_kept_answer_is_for_those_who_ask_alike(room: TestClient) -> None:
    """An address of a page that somebody asked for under another name, or bytes that a program cannot read, are nobody else's answer."""
    first = room.get("/n/1", headers={"accept-encoding": "gzip"})
    plain = room.get("/n/1", headers={"accept-encoding": "identity"})
    again = room.get("/n/1", headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == again.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert first.text == plain.text == again.text
    assert again.headers["content-security-policy"]
    foreign = room.get("/n/1", headers={"host": "192.0.2.7"})
    assert "http://192.0.2.7/n/1" in foreign.text
    assert "192.0.2.7" not in room.get("/n/1").text
    known = room.get("/n/1", headers={"if-none-match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == first.headers["etag"]
    assert "content-encoding" not in known.headers
    assert room.head("/n/1").status_code == 200
    assert room.get("/n/77").status_code == room.get("/n/77").status_code == 404


def test_memory_of_kept_answers_is_bounded(room: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.kept._MOST_BYTES", 9_000)
    keeper = next(each for each in _layers(room) if isinstance(each, Kept))
    for n in range(12):
        assert room.get(f"/search?q=临水〔2022〕1号&unknown={n}").status_code == 200
        assert keeper._bytes <= 9_000
    assert keeper._bytes == sum(len(sent.body) + 600 for sent in keeper._answers.values())
    assert 0 < len(keeper._answers) < 12


def test_more_answers_at_once_than_readers_wait_for_are_refused(room: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.kept._MOST_AT_ONCE", 0)
    refused = room.get("/changes", headers={"accept-language": "en"})
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert "answering many questions" in refused.text
    monkeypatch.setattr("web.kept._MOST_AT_ONCE", 1)
    assert [room.get(address).status_code for address in ("/changes", "/n/77", "/search?q=“", "/export?q=河道&format=csv", "/sources")] == [
        *(200, 404, 400, 200, 200)
    ]


@pytest.mark.parametrize("query", [*HOSTILE, "q=河&" + "&".join(f"issuer=i{n}" for n in range(500)), "q=" + "河" * 3_000])
def test_a_hostile_question_costs_little_and_is_answered_or_refused(room: TestClient, query: str) -> None:
    with cpu_within(2.5):
        answer = room.get(f"/search?{query}")
    assert answer.status_code in (200, 400, 404, 414)
    assert int(answer.headers["content-length"]) < 60_000


def _layers(room: TestClient) -> Iterator[object]:
    layer = room.app.middleware_stack  # type: ignore[attr-defined]
    while layer is not None:
        yield layer
        layer = getattr(layer, "app", None) or getattr(layer, "_app", None)


def test_a_network_that_asks_too_much_waits_and_others_do_not() -> None:
    rates = Rates(*QUESTIONS)
    assert [rates.allows("203.0.113.7", 0.0) for _ in range(61)] == [True] * 60 + [False]
    assert not rates.allows("203.0.113.99", 0.0)
    assert rates.allows("198.51.100.1", 0.0)
    assert [rates.allows("203.0.113.7", 1.0) for _ in range(4)] == [True] * 3 + [False]
    assert all(rates.allows(address, 0.0) for address in ("127.0.0.1", "::1", "testclient") for _ in range(500))
    assert [rates.allows(f"2001:db8:1:{n:x}::1", 0.0) for n in range(61)][-1] is False
    for n in range(20_000):
        rates.allows(f"10.{n // 250}.{n % 250}.1", 2.0)
    assert len(rates._buckets) <= 10_000


def test_a_refusal_for_a_rate_waits_and_others_do_not(room: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    (guard,) = (each for each in _layers(room) if isinstance(each, Guard))
    monkeypatch.setattr(guard, "_pages", Rates(0.001, 1))
    monkeypatch.setattr("web.headers.TARRY", 0.7)

    async def ask(address: str) -> tuple[int, float]:
        began = time.monotonic()
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(room.app, client=(address, 5000)), base_url="http://127.0.0.1"
        ) as client:
            return (await client.get("/n/1")).status_code, time.monotonic() - began

    async def crawl() -> None:
        assert (await ask("203.0.113.1"))[0] == 200
        refused = [asyncio.create_task(ask(f"203.0.113.{n}")) for n in range(8)]
        await asyncio.sleep(0.1)
        assert (await ask("198.51.100.1"))[0] == 200
        assert not any(each.done() for each in refused)
        assert all(status == 429 and took >= 0.7 for status, took in await asyncio.gather(*refused))
        monkeypatch.setattr("web.headers._MOST_TARRYING", 0)
        assert (await ask("203.0.113.9"))[0] == 429

    asyncio.run(crawl())
    assert guard._tarrying == 0


def test_questions_and_pages_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.headers.TARRY", 0)
    monkeypatch.setattr(
        "web.rates.time", SimpleNamespace(monotonic=lambda: 5.0)
    )  # a slow machine would give a question back every tenth of a second
    home = archive_in(tmp_path / "home")
    with reading_room(home) as room:
        stranger = TestClient(room.app, base_url="http://127.0.0.1", client=("203.0.113.7", 5000))
        answers = [stranger.get("/search?q=河道").status_code for _ in range(75)]
        assert answers[:60] == [200] * 60
        assert 429 in answers
        refused = next(a for a in (stranger.get("/search?q=河道") for _ in range(90)) if a.status_code == 429)
        assert refused.headers["retry-after"]
        assert stranger.get("/n/1").status_code == 200
        pages = [stranger.get("/n/1").status_code for _ in range(205)]
        assert pages[:199] == [200] * 199
        assert pages[-1] == 429
        assert stranger.get("/static/style.css").status_code == 200
        assert room.get("/search?q=河道").status_code == 200


def test_one_network_has_one_answer_made_at_a_time_and_others_do_not_wait_for_it(room: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    go, making = threading.Event(), threading.Semaphore(0)
    search = Archive.search

    def slow(self: Archive, request: SearchRequest) -> SearchResult:
        if "慢" in request.text:
            making.release()
            go.wait(60)
        return search(self, request)

    monkeypatch.setattr(Archive, "search", slow)

    async def ask(address: str, path: str) -> httpx2.Response:
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(room.app, client=(address, 5000)), base_url="http://127.0.0.1"
        ) as client:
            return await client.get(path, headers={"accept-language": "en"})

    async def crawl() -> None:
        first = [asyncio.create_task(ask(f"203.0.113.{n}", f"/search?q=慢{n}")) for n in range(AT_ONCE + WAITING)]
        for _ in range(AT_ONCE):
            assert await asyncio.to_thread(making.acquire, timeout=60)
        refused = await ask("203.0.113.99", "/search?q=慢99")
        assert (refused.status_code, refused.headers["retry-after"], len(refused.content) < 200) == (429, "5", True)
        assert "Your network asks" in refused.text
        assert (await ask("198.51.100.1", "/search?q=河道")).status_code == 200
        assert (await ask("127.0.0.1", "/n/1")).status_code == 200
        assert not making.acquire(blocking=False)
        go.set()
        assert {answer.status_code for answer in await asyncio.gather(*first)} == {200}
        assert (await ask("203.0.113.99", "/search?q=慢99")).status_code == 200

    asyncio.run(crawl())
    (kept,) = (each for each in _layers(room) if isinstance(each, Kept))
    assert (kept._turns._lines, kept._at_once) == ({}, 0)


def test_new_vectors_are_another_state_of_the_archive(tmp_path: Path) -> None:
    """The order of similar notices follows them."""
    archive = Archive(load_config(archive_in(tmp_path).environment))
    before = archive.state()
    assert archive.state() == before
    archive.config.state_paths().vectors.write_bytes(b"made by notices embed")
    assert archive.state() not in (None, before)
    archive.close()
