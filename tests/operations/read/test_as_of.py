"""The archive as on a day: the same as looking through its log of revisions and observations for that day, whatever the day."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy

from index.engine import Engine
from index.engines import open_engine
from index.search import SearchRequest
from notices.errors import UnknownName, UserError
from operations.read.as_of import end_of, search_as_of, view_as_of
from pipeline.observe.presence import Observation, presence
from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 400
WORDS = ("河道", "巡查", "汛前", "检查", "植树", "防火")
EVIDENCE = ("seen", "http_404", "gone_from_list", "on_list_again", "timeout")


class Log:
    """An archive with a made-up past, and that past as a list."""

    def __init__(self, home: QuickHome, rng: random.Random) -> None:
        self.home = home
        self.revisions: dict[int, list[tuple[datetime, str]]] = {}
        self.observations: dict[int, list[Observation]] = {}
        lines = []
        for n in range(1, 25):
            times = sorted(FIRST + timedelta(hours=rng.randrange(DAYS * 24)) for _ in range(rng.choice((1, 1, 2, 3))))
            texts = [
                f"第{n}件第{k}次。{'，'.join(rng.sample(WORDS, 3))}。各县区要落实责任按时完成并报送办公室。" for k in range(len(times))
            ]
            self.revisions[n] = list(zip(times, texts, strict=True))
            lines.append([{"url": f"http://a.example/{n}", "title": f"通知第{n}号", "text": text} for text in texts])
        for k in range(3):
            file = home.path.parent / f"{k}.jsonl"
            file.write_text("".join(json.dumps(each[k], ensure_ascii=False) + "\n" for each in lines if len(each) > k), encoding="utf-8")
            home.run("import", str(file))
        with sqlite3.connect(home.path / "notices.db") as raw:
            for n, revisions in self.revisions.items():
                for k, (at, _text) in enumerate(revisions, 1):
                    raw.execute("update revision set created_at = ? where notice_id = ? and n = ?", (f"{at:%Y-%m-%d %H:%M:%S.%f}", n, k))
                self.observations[n] = self._observed(rng, raw, n, revisions[0][0])
                state = presence(self.observations[n]).state
                raw.execute("update notice set state = ? where id = ?", (state, n))
        raw.close()
        home.run("index", "--rebuild")

    def _observed(self, rng: random.Random, raw: sqlite3.Connection, n: int, first: datetime) -> list[Observation]:
        made = []
        at = first
        for _ in range(rng.choice((0, 0, 3, 8))):
            at += timedelta(hours=rng.randrange(1, 400))
            each = Observation(at, rng.choice(EVIDENCE), True)
            made.append(each)
            raw.execute(
                "insert into observation (notice_id, observed_at, evidence, detail, site_healthy) values (?, ?, ?, '', 1)",
                (n, f"{at:%Y-%m-%d %H:%M:%S.%f}", each.evidence),
            )
        return made

    def then(self, day: date) -> dict[int, tuple[int, str, str]]:
        """Revision, text and state of each notice that the archive had at the end of the day in China."""
        moment = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)  # midnight in China
        found = {}
        for n, revisions in self.revisions.items():
            known = [text for at, text in revisions if at < moment]
            if known:
                state = presence([each for each in self.observations[n] if each.at < moment]).state
                found[n] = len(known), known[-1], state
        return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(QuickHome(tmp_path_factory.mktemp("as-of") / "home"), random.Random(20260101))


@pytest.fixture(scope="module")
def engine(log: Log) -> Iterator[Engine]:
    made = open_engine(f"whoosh:///{log.home.path}/index")
    yield made
    made.close()


@pytest.fixture(scope="module")
def database(log: Log) -> Iterator[sqlalchemy.Engine]:
    made = sqlalchemy.create_engine(f"sqlite:///{log.home.path}/notices.db")
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the past contains does not depend on how busy the machine is."""
    monkeypatch.setattr("index.deadline.SECONDS", 600.0)


def check(log: Log, engine: Engine, database: sqlalchemy.Engine, rng: random.Random, days: int) -> None:
    """Random days: a search and a look equal the brute force."""
    for _ in range(days):
        day = (FIRST + timedelta(days=rng.randrange(-5, DAYS + 30))).date()
        word, state = rng.choice(WORDS), rng.choice(("", "", "withdrawn", "missing", "listed"))
        then = log.then(day)
        found = search_as_of(engine, database, SearchRequest(f"{word} 状态:{state}" if state else word, wants_next=False), None, day)
        expected = {n: k for n, (k, text, its) in then.items() if word in text and (not state or its == state)}
        assert found.total == len(expected), (day, word, state)
        shown = {each.hit.id: each.hit.revision for each in found.hits}
        assert shown.items() <= expected.items()
        assert len(shown) == min(len(expected), 10)
        assert all(word in each.snippet.text for each in found.hits)
        one = rng.randrange(1, 25)
        if one in then:
            view = view_as_of(database, one, day)
            assert (view.revision, view.state, then[one][1] in view.text) == (then[one][0], then[one][2], True)
        else:
            with pytest.raises(UnknownName, match=f"no notice {one} on {day}; it was first archived on"):
                view_as_of(database, one, day)


def test_random_days_equal_a_brute_force_over_the_log(log: Log, engine: Engine, database: sqlalchemy.Engine) -> None:
    check(log, engine, database, random.Random(7), 8)


@pytest.mark.long
def test_a_thousand_random_days_equal_a_brute_force_over_the_log(log: Log, engine: Engine, database: sqlalchemy.Engine) -> None:
    check(log, engine, database, random.Random(8), 1000)


def test_pages_go_through_all_hits_once(log: Log, engine: Engine, database: sqlalchemy.Engine) -> None:
    day = (FIRST + timedelta(days=200)).date()
    seen: list[int] = []
    request = SearchRequest("河道", wants_next=True)._replace(page=SearchRequest().page._replace(limit=3, sort="date"))
    while True:
        found = search_as_of(engine, database, request, None, day)
        seen += [each.hit.id for each in found.hits]
        if found.next is None:
            break
        request = request._replace(after=found.next)
    assert sorted(seen) == sorted(n for n, (_k, text, _s) in log.then(day).items() if "河道" in text)
    with pytest.raises(UserError, match="zzz"):
        search_as_of(engine, database, request._replace(after="zzz"), None, day)


def test_the_commands_and_the_pages_answer_as_on_a_day(log: Log, tmp_path: Path) -> None:
    ident, (early, late) = next((n, r[:2]) for n, r in log.revisions.items() if len(r) > 1 and r[1][0] - r[0][0] > timedelta(days=2))
    day = str((early[0] + timedelta(days=1)).date())
    assert early[1] in log.home.run("show", str(ident), "--as-of", day).stdout
    assert late[1] not in log.home.run("show", str(ident), "--as-of", day).stdout
    words = f'"第{ident}件第0次"'
    assert log.home.search(words, "--as-of", day)["total"] == 1
    assert log.home.search(words, "--as-of", "2030")["total"] == 0
    assert "--as-of" in log.home.run("search", "--as-of", "2024-13", "x", check=2).stderr
    assert "2024-13" in log.home.run("show", "1", "--as-of", "2024-13", check=2).stderr
    with reading_room(log.home) as room:
        assert early[1] in room.get(f"/n/{ident}", params={"as_of": day}).text
        assert f"/n/{ident}?as_of={day}" in room.get("/search", params={"q": words, "as_of": day}).text
        assert room.get(f"/api/v1/notices/{ident}", params={"as_of": day}).json()["revision"] == 1
        assert room.get("/api/v1/search", params={"q": words, "as_of": day}).json()["total"] == 1
        assert room.get(f"/n/{ident}", params={"as_of": "2019"}).status_code == 404
        assert room.get(f"/n/{ident}", params={"as_of": "x"}).status_code == 400


def test_the_last_day_of_the_calendar() -> None:
    with pytest.raises(UserError, match="9999"):
        end_of(date.max)
