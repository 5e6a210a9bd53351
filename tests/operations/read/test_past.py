"""What sources show no longer is found: the same as looking through every past revision, however the index came to be."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.engine import Page
from index.engines import open_engine, past_address
from index.search import SearchRequest, search
from notices.config import load_config
from notices.text.fold import fold
from operations.indexing import drain
from pipeline.sql.database import open_database
from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room

WORDS = ("河道管护", "堤防巡查", "汛前检查", "植树造林", "森林防火", "秸秆禁烧", "校园安全", "食品抽检")
COUNT, ROUNDS = 30, 4


class Log:
    """An archive of which every notice was edited several times, each time brought to the index, and some were withdrawn."""

    def __init__(self, home: QuickHome, rng: random.Random) -> None:
        self.home = home
        self.texts: dict[int, list[str]] = {}
        for k in range(ROUNDS):
            lines = []
            for n in range(1, COUNT + 1):
                if k and rng.random() < 0.5:
                    continue
                text = f"第{n}件第{k}稿。{'，'.join(rng.choices(WORDS, k=6))}，由第{rng.randrange(10**6)}号组办理。各县区要落实责任。"
                self.texts.setdefault(n, []).append(text)
                lines.append({"url": f"http://a.example/{n}", "title": f"关于第{n}号事项的通知", "text": text})
            file = home.path.parent / f"{k}.jsonl"
            file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
            home.run("import", str(file))
        self.withdrawn = set(rng.sample(range(1, COUNT + 1), 5))
        self.set_state(self.withdrawn, "withdrawn")

    def set_state(self, notices: set[int], state: str) -> None:
        """Write the state as a judgement of a run does, and bring the index up to date."""
        with sqlite3.connect(self.home.path / "notices.db") as raw:
            for n in sorted(notices):
                ident = raw.execute("select id from notice where url = ?", (f"http://a.example/{n}",)).fetchone()[0]
                raw.execute("update notice set state = ? where id = ?", (state, ident))
                raw.execute("insert into outbox (notice_id, created_at) values (?, '2026-11-20 00:00:00.000000')", (ident,))
        raw.close()
        self.home.run("index")

    def past(self) -> dict[tuple[int, int], str]:
        """The folded text of each revision that is shown no longer, by notice and number."""
        return {
            (n, k): fold(text)
            for n, texts in self.texts.items()
            for k, text in enumerate(texts, 1)
            if k < len(texts) or n in self.withdrawn
        }

    def found(self, query: str, *options: str) -> set[tuple[int, int]]:
        """What the search finds: notice and number of the revision."""
        answer = self.home.search(query, "--exact", "--limit", "1000", *options)
        assert answer["total"] == len(answer["hits"])
        assert all(hit["past"]["date"] and hit["past"]["went"] in ("replaced", "withdrawn") for hit in answer["hits"])
        return {(int(hit["url"].rsplit("/", 1)[1]), hit["revision"]) for hit in answer["hits"]}


@pytest.fixture(scope="module", params=["whoosh", "tantivy"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Log:
    home = QuickHome(tmp_path_factory.mktemp("past") / "home")
    home.environment["NOTICES_INDEX"] = f"{request.param}:index"
    return Log(home, random.Random(11))


def _runs(log: Log, count: int, length: int) -> Iterator[str]:
    rng, texts = random.Random(12), sorted(log.past().values())
    for _ in range(count):
        text = rng.choice(texts)
        at = rng.randrange(len(text) - length)
        yield text[at : at + length]


def _agrees(log: Log) -> None:
    past = log.past()
    for run in [*_runs(log, 25, 12), *_runs(log, 10, 4), *WORDS]:
        wanted = {key for key, text in past.items() if run in text}
        assert log.found(f'"{run}"', "--past") == wanted, run


def test_any_run_of_any_past_revision_is_found_and_nothing_else(log: Log) -> None:
    _agrees(log)
    log.home.run("verify")
    run = next(_runs(log, 1, 12))
    for word in ("在:历史", "在：历史", "in:past", "IN:PAST"):
        assert log.found(f'{word} "{run}"') == log.found(f'"{run}"', "--past") != set()
    answer = log.home.search("第1件", "--exact")
    assert [hit["past"] for hit in answer["hits"]] == [None], "a search of today finds what is shown today"


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.long)])
def test_every_twelve_characters_of_every_past_revision_are_found(log: Log, step: int) -> None:
    past, missed = log.past(), []
    engine = open_engine(past_address(load_config(log.home.environment).index))
    for text in past.values():
        for at in range(0, len(text) - 11, step):
            run = text[at : at + 12]
            request = SearchRequest(f'"{run}"', exact=True, snippets=False, page=Page(1000))
            found = {(int(h.hit.url.rsplit("/", 1)[1]), h.hit.revision) for h in search(engine, request, None).hits}
            if found != {key for key, other in past.items() if run in other}:
                missed.append(run)
    engine.close()
    assert missed == []


@pytest.mark.parametrize(
    "query", ["防火 OR 在:历史", "在：历史 OR 防火", "(在:历史 防火) OR 防汛", "防火 -在:历史", "防火 NOT in:past", "防火 AND 在:历史", "(在:历史)", "(in:past 防火"]
)  # fmt: skip
def test_part_of_a_query_cannot_ask_for_the_past(log: Log, query: str) -> None:
    for words in (("search", query), ("watch", "add", "旧", query), ("export", query)):
        assert "the whole query" in log.home.run(*words, check=2).stderr
    assert log.home.run("search", "在:历史 (防火 OR 防汛)", check=None).returncode in (0, 1)
    assert log.found('在:历史 "森林防火" OR "校园安全"') == log.found('"森林防火" OR "校园安全"', "--past")


def test_rebuilt_staged_and_repaired_index_has_the_same_past(log: Log) -> None:
    log.home.run("index", "--rebuild")
    _agrees(log)
    config = load_config(log.home.environment)
    past = open_engine(past_address(config.index), write=True)
    idents = sorted(ident for ident, _n in past.versions())
    past.write([], deleted=idents[:3])
    past.close()
    assert log.home.run("verify", check=4).stdout.count("the index contains no document") == 3
    log.home.run("repair", "--apply")
    _agrees(log)
    log.home.run("verify")


def test_index_whose_past_was_lost_says_so_and_is_rebuilt(log: Log) -> None:
    config = load_config(log.home.environment)
    past = open_engine(past_address(config.index), write=True)
    past.write([], deleted=[ident for ident, _n in past.versions()][:1])
    past.close()
    database = open_database(config)
    drain(config, database)
    database.dispose()
    _agrees(log)


def test_past_that_a_crash_left_half_made_is_rebuilt_by_the_next_write(log: Log) -> None:
    (log.home.path / "index/past/current").unlink()
    log.set_state(set(log.withdrawn), "withdrawn")
    log.home.run("index")
    assert log.home.search("第1件", "--past")["hits"]
    log.home.run("verify")


def test_notice_that_is_shown_again_is_past_no_longer(log: Log) -> None:
    one = min(log.withdrawn)
    newest = len(log.texts[one])
    assert (one, newest) in log.found(f'"第{one}件第"', "--past")
    hit = next(h for h in log.home.search(f"第{one}件第", "--past", "--exact", "--limit", "50")["hits"] if h["revision"] == newest)
    assert (hit["past"]["went"], hit["state"]) == ("withdrawn", "withdrawn")
    log.withdrawn.remove(one)
    log.set_state({one}, "back")
    _agrees(log)
    log.home.run("verify")


def test_what_was_taken_down_is_in_no_past_either(log: Log) -> None:
    number = next(n for n, texts in log.texts.items() if len(texts) > 1 and n not in log.withdrawn)
    with sqlite3.connect(log.home.path / "notices.db") as raw:
        ident = raw.execute("select id from notice where url = ?", (f"http://a.example/{number}",)).fetchone()[0]
    raw.close()
    query = f'"第{number}件第"'
    assert {key[0] for key in log.found(query, "--past")} == {number}
    log.home.run("takedown", str(ident), "--reason", "误收")
    assert log.found(query, "--past") == set()
    log.home.run("verify")
    log.home.run("index", "--rebuild")
    assert log.found(query, "--past") == set()
    log.home.run("takedown", "undo", "1")
    _agrees(log)
    log.home.run("verify")


def test_past_is_shown_to_people_and_programs_and_refused_where_it_has_no_meaning(log: Log) -> None:
    run = next(_runs(log, 1, 12))
    lines = log.home.run("search", "--past", f'"{run}"').stdout
    assert "replaced on 20" in lines or "withdrawn on 20" in lines
    log.home.run("search", "--past", "--as-of", "2026-01-01", "防火", check=2)
    assert "leave out" in log.home.run("search", "在:历史 防火", "--as-of", "2026-01-01", check=2).stderr
    assert "leave out" in log.home.run("watch", "add", "旧", "在:历史 防火", check=2).stderr
    assert "leave out" in log.home.run("export", "在:历史 防火", check=2).stderr
    assert log.home.run("search", "--past", "--similar", "1", check=2).stderr
    with reading_room(log.home) as room:
        answer = room.get(f"/api/v1/search?q={run}&past=1&exact=1&limit=100").json()
        assert {(int(h["url"].rsplit("/", 1)[1]), h["revision"]) for h in answer["hits"]} == log.found(f'"{run}"', "--past")
        page = room.get(f"/search?q={run}&past=1&lang=zh").text
        assert "被替换" in page or "撤下" in page
        first = answer["hits"][0]
        assert f"/n/{first['id']}/r/{first['revision']}" in page
        assert room.get(first["address"]).status_code == 200
        assert "past=1" in room.get(f"/search?q={run}").text
        for address in ("/export?format=csv&", "/feed.atom?"):
            assert room.get(f"{address}q=x&past=1").status_code == 400
        assert room.get("/search?as_of=2026-01-01&q=x&past=1").status_code == 409


def test_archive_without_a_past_has_none(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"url": "http://a.example/1", "title": "通知", "text": "森林防火"}) + "\n", encoding="utf-8")
    home.run("import", str(file))
    assert not (home.path / "index" / "past").exists()
    assert home.search("防火", "--past")["total"] == 0
    home.run("verify")
