"""What keeps readers from waiting: answers that are kept, and rates of networks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from lxml import html
from starlette.testclient import TestClient

from notices.config import load_config
from tests.support.quick_home import QuickHome
from tests.support.reading_room import NOTICES, archive_in, line, reading_room
from web.archive import Archive
from web.rates import Rates


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


def test_a_network_that_asks_too_much_waits_and_others_do_not() -> None:
    rates = Rates()
    assert [rates.allows("203.0.113.7", 0.0) for _ in range(101)] == [True] * 100 + [False]
    assert not rates.allows("203.0.113.99", 0.0)
    assert rates.allows("198.51.100.1", 0.0)
    assert [rates.allows("203.0.113.7", 1.0) for _ in range(11)] == [True] * 10 + [False]
    assert all(rates.allows(address, 0.0) for address in ("127.0.0.1", "::1", "testclient") for _ in range(500))
    assert [rates.allows(f"2001:db8:1:{n:x}::1", 0.0) for n in range(101)][-1] is False
    for n in range(20_000):
        rates.allows(f"10.{n // 250}.{n % 250}.1", 2.0)
    assert len(rates._buckets) <= 10_000


def test_questions_are_counted_and_notices_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "web.rates.time", SimpleNamespace(monotonic=lambda: 5.0)
    )  # a slow machine would give a question back every tenth of a second
    home = archive_in(tmp_path / "home")
    with reading_room(home) as room:
        stranger = TestClient(room.app, base_url="http://127.0.0.1", client=("203.0.113.7", 5000))
        answers = [stranger.get("/search?q=河道").status_code for _ in range(115)]
        assert answers[:100] == [200] * 100
        assert 429 in answers
        refused = next(a for a in (stranger.get("/search?q=河道") for _ in range(200)) if a.status_code == 429)
        assert refused.headers["retry-after"]
        assert stranger.get("/n/1").status_code == 200
        assert room.get("/search?q=河道").status_code == 200


def test_new_vectors_are_another_state_of_the_archive(tmp_path: Path) -> None:
    """The order of similar notices follows them."""
    archive = Archive(load_config(archive_in(tmp_path).environment))
    before = archive.state()
    assert archive.state() == before
    archive.config.state_paths().vectors.write_bytes(b"made by notices embed")
    assert archive.state() not in (None, before)
    archive.close()
