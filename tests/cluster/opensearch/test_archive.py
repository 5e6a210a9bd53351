"""An archive whose index is in a cluster: the same commands, the same answers; the cluster away, or another archive's."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from index.answer.facets import facets
from index.engines import open_engine
from index.query.tree import And, Between, Everything, Is, Node, Not, Or, Phrase, Query
from tests.conftest import Figure
from tests.support.opensearch.nodes import Nodes
from tests.support.quick_home import QuickHome

pytestmark = pytest.mark.cluster
WORDS = ("防汛", "防火", "堤防巡查", "两感", "供水", "征收")
ISSUERS = ("临杉市人民政府", "临杉市水利局", "临杉市应急管理局", "上溪县人民政府")
SOURCES = ("临杉", "上溪", "西坪")


def lines(count: int, seed: int = 1) -> str:
    """Invented notices, as `notices import` reads them."""
    chance, made = random.Random(seed), list[str]()
    for n in range(1, count + 1):
        words = chance.sample(WORDS, 2)
        day = date(2024, 1, 1) + timedelta(days=chance.randrange(900))
        line = {
            "url": f"https://a.example/{seed}/{n}.html", "title": f"关于做好{words[0]}工作的{chance.choice(('通知', '公告', '意见'))}",
            "text": f"各县：第{n}号。请做好{words[1]}工作。", "source": chance.choice(SOURCES),
        }  # fmt: skip
        line |= {"published_date": day.isoformat()} if chance.random() < 0.9 else {}
        line |= {"issuer": chance.choice(ISSUERS)} if chance.random() < 0.8 else {}
        made.append(json.dumps(line, ensure_ascii=False))
    return "\n".join(made) + "\n"


@pytest.fixture
def home(tmp_path: Path, url: str) -> QuickHome:
    """An archive with an index of its own in the cluster."""
    made = QuickHome(tmp_path / "home")
    made.path.mkdir()
    made.environment["NOTICES_INDEX"] = url
    return made


def test_commands_answer_from_a_cluster_as_from_a_folder(home: QuickHome, tmp_path: Path) -> None:
    given = lines(120)
    embedded = QuickHome(tmp_path / "embedded")
    for each in (home, embedded):
        each.run("import", "-", stdin=given)
    for words in (("防汛",), ("两感 -供水",), ("标题:堤防",), ("发文机关:水利局", "--sort", "date"), ("2024年", "--facets"), ("山洪",)):
        answers = [json.loads(each.run("search", *words, "--json", "--limit", "50", check=None).stdout) for each in (home, embedded)]
        ours, theirs = answers
        assert (ours["total"], ours["relaxed"]) == (theirs["total"], theirs["relaxed"]), words
        assert ours.get("facets") == theirs.get("facets")
        assert {hit["id"] for hit in ours["hits"] if hit["exact"]} == {hit["id"] for hit in theirs["hits"] if hit["exact"]}
        assert {hit["id"]: hit["snippet"] for hit in ours["hits"]} == {hit["id"]: hit["snippet"] for hit in theirs["hits"]}
    assert "120 documents, 0 waiting" in home.run("status").stdout
    home.run("index", "--rebuild")
    home.run("verify")
    assert not (home.path / "index").exists()


def test_pages_by_relevance_continue_in_another_process_until_the_index_changes(home: QuickHome) -> None:
    home.run("import", "-", stdin=lines(60))
    first = json.loads(home.run("search", "防汛", "--json", "--limit", "5").stdout)
    second = json.loads(home.run("search", "防汛", "--json", "--limit", "5", "--after", first["next"]).stdout)
    seen = [hit["id"] for answer in (first, second) for hit in answer["hits"]]
    assert len(set(seen)) == len(seen) == 10
    home.run("import", "-", stdin=lines(3, seed=2))
    assert "has changed" in home.run("search", "防汛", "--after", first["next"], check=2).stderr


def test_index_of_another_archive_is_refused(home: QuickHome, tmp_path: Path) -> None:
    home.run("import", "-", stdin=lines(3))
    other = QuickHome(tmp_path / "other")
    other.run("import", "-", stdin=lines(2, seed=2))
    other.environment["NOTICES_INDEX"] = home.environment["NOTICES_INDEX"]
    for words in (["index"], ["index", "--rebuild"], ["search", "防汛"]):
        assert "belongs to archive" in other.run(*words, check=2).stderr
    assert home.search("第")["total"] == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # connections to killed nodes
def test_cluster_that_is_away_costs_nothing_but_time(home: QuickHome, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch.client.PATIENCE", 1.0)
    monkeypatch.setattr("index.opensearch.bulk.PATIENCE", 1.0)
    home.environment["NOTICES_INDEX"] = home.environment["NOTICES_INDEX"].replace("//", "//me:secret@")
    home.run("import", "-", stdin=lines(5))
    for node in nodes.nodes:
        node.kill(signal.SIGKILL)
    try:
        said = [home.run(*words, check=7, **given) for words, given in _ASKED]
        status = home.run("status", check=None)
    finally:
        for node in nodes.nodes:
            node.start()
        nodes.wait(nodes.count)
    for each in said:
        assert "out of reach" in each.stderr
        assert "secret" not in each.stderr + each.stdout
    assert "out of reach" in status.stdout
    assert "secret" not in status.stdout + status.stderr
    home.run("index")
    assert home.search("第")["total"] == 9
    home.run("verify")


_ASKED: list[tuple[list[str], dict[str, str]]] = [
    (["search", "防汛"], {}),
    (["import", "-"], {"stdin": lines(4, seed=3)}),
    (["index"], {}),
    (["index", "--rebuild"], {}),
    (["verify"], {}),
]


def test_notice_that_the_cluster_refuses_waits_and_all_others_are_indexed(home: QuickHome) -> None:
    home.run("import", "-", stdin=lines(6))
    with sqlite3.connect(home.path / "notices.db") as raw:  # no release numbers revisions so high: a value that no column takes
        raw.execute("update revision set n = 1 << 40 where notice_id = 2")
        raw.execute("update notice set revisions = 1 << 40 where id = 2")
        raw.executemany("insert into outbox (notice_id, created_at) values (?, '2026-01-03 00:00:00.000000')", [(2,), (3,)])
    said = home.run("import", "-", stdin=lines(4, seed=2), check=4).stderr
    assert "refused 1 documents, the first of them notice 2" in said
    assert home.rows("select notice_id from outbox") == [(2,)]
    assert home.search("第")["total"] == 10
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute("update revision set n = 2 where notice_id = 2")
        raw.execute("update notice set revisions = 2 where id = 2")
    home.run("index")
    assert home.rows("select notice_id from outbox") == []


@pytest.fixture
def filled(home: QuickHome) -> Iterator[sqlite3.Connection]:
    home.run("import", "-", stdin=lines(700))
    raw = sqlite3.connect(home.path / "notices.db")
    yield raw
    raw.close()


def a_condition(chance: random.Random, depth: int = 2) -> tuple[Node, str]:
    """A random question as a query and as SQL."""
    if depth and chance.random() < 0.6:
        parts = [a_condition(chance, depth - 1) for _ in range(chance.randint(1, 3))]
        nodes, texts = tuple(node for node, _ in parts), [text for _, text in parts]
        kind = chance.choice(("and", "or", "not"))
        if kind == "not":
            return Not(nodes[0]), f"not ({texts[0]})"
        return (And(nodes) if kind == "and" else Or(nodes)), "(" + f" {kind} ".join(texts) + ")"
    word, issuer, source = chance.choice(WORDS), chance.choice(ISSUERS), chance.choice(SOURCES)
    since = date(2024, 1, 1) + timedelta(days=chance.randrange(900))
    until = since + timedelta(days=chance.randrange(400))
    return chance.choice(
        [
            (Phrase(word), f"(instr(r.title, '{word}') or instr(r.text, '{word}'))"),
            (Phrase(word, "title"), f"instr(r.title, '{word}')"),
            (Is("issuer", (issuer,)), f"coalesce(r.issuer, '') = '{issuer}'"),
            (Is("source", (source,)), f"s.name = '{source}'"),
            (Between("published_date", since, until), f"coalesce(r.published_date between '{since}' and '{until}', 0)"),
            (Everything(), "1"),
        ]
    )


def test_facets_are_the_counts_of_sql(filled: sqlite3.Connection, url: str, figure: Figure) -> None:
    chance, engine, asked = random.Random(7), open_engine(url), 1_000
    columns = {
        "issuer": "coalesce(r.issuer, '')", "source": "s.name", "kind": "coalesce(r.kind, '')", "state": "n.state",
        "year": "coalesce(strftime('%Y', coalesce(r.published_date, r.written_date)), '')",
    }  # fmt: skip
    tables = "revision r join notice n on r.notice_id = n.id and r.n = n.revisions join source s on n.source_id = s.id"
    for _ in range(asked):
        node, condition = a_condition(chance)
        found = facets(engine, Query("", node))
        assert found.counted == filled.execute(f"select count(*) from {tables} where {condition}").fetchone()[0], condition
        for name, column in columns.items():
            rows = filled.execute(
                f"select {column} v, count(*) c from {tables} where {condition} group by v having v != '' order by c desc, v"
            )
            assert found.fields[name] == rows.fetchall()[:10], (name, condition)
    engine.close()
    figure("facets of a cluster against counts of SQL", asked, "0 differences")
