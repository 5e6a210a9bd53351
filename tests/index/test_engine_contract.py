"""What every engine does, checked against a brute-force reading of the same random corpora and queries."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from index.engine import AttachedText, Document, Engine
from index.nodes import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase, Query
from index.open import open_engine, rebuild
from notices.errors import IndexUnusable
from notices.text import fold
from tests.index.oracle import found

LETTERS = "两感指数通知公告安全市府办“”《》（）〔〕 \n國辦發號Aａ12，。-"
DAY = date(2026, 1, 1)


def text(chance: random.Random, longest: int) -> str:
    return "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, longest)))


def a_document(chance: random.Random, ident: int) -> Document:
    files = tuple(
        AttachedText(f"附件{n}.pdf", tuple(text(chance, 20) for _ in range(chance.randint(0, 2))))
        for n in range(chance.choice((0, 0, 1, 2)))
    )
    day = DAY + timedelta(days=chance.randint(0, 60)) if chance.random() < 0.8 else None
    return Document(
        id=ident, revision=chance.randint(1, 3), url=f"http://a.example/{ident}", title=text(chance, 12), text=text(chance, 60), attachments=files,
        source=chance.choice(("a", "b")), issuer=chance.choice(("", "市府", "安办")), document_number=chance.choice(("", "市发〔2026〕1号")),
        kind=chance.choice(("通知", "公告")), region=chance.choice(("410000", "410700", "410701")), published_date=day,
    )  # fmt: skip


def a_node(chance: random.Random, depth: int, documents: list[Document]) -> Node:
    if depth and chance.random() < 0.5:
        nodes = tuple(a_node(chance, depth - 1, documents) for _ in range(chance.randint(1, 3)))
        return chance.choice((And(nodes), Or(nodes), Not(nodes[0])))
    chosen = chance.choice(documents)
    whole = fold(chance.choice([chosen.title, chosen.text, chosen.text, *(p for a in chosen.attachments for p in a.pages)]))
    at = chance.randrange(len(whole)) if whole else 0
    phrase = whole[at : at + chance.choice((1, 1, 2, 2, 3, 4, 8, 20))] or "感"
    since, until = sorted(DAY + timedelta(days=chance.randint(0, 60)) for _ in range(2))
    leaves: list[Node] = [
        Is("kind", (chance.choice(("通知", "公告", "令")),)), Is("region", (chance.choice(("41", "4107", "99")),), prefix=True), HasAttachment(),
        Between("published_date", chance.choice((since, None)), chance.choice((until, None))), Contains("issuer", "安"), Contains("document_number", "2026)1"),
        Everything(),
    ]  # fmt: skip
    phrases: list[Node] = [Phrase(phrase, chance.choice(("any", "any", "title", "text", "attachment")))] * len(leaves)
    return chance.choice(leaves + phrases)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"whoosh://{tmp_path}/index"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = open_engine(url, write=True)
    yield made
    made.close()


def ids(engine: Engine, node: Node, sort: str = "relevance", limit: int = 1000) -> list[int]:
    answer = engine.search(Query("", node), limit=limit, sort=sort)
    assert answer.total >= len(answer.hits)
    return [hit.id for hit in answer.hits]


def compare(engine: Engine, documents: list[Document], chance: random.Random, count: int) -> None:
    for _ in range(count):
        node = a_node(chance, 3, documents)
        answer = engine.search(Query("", node), limit=1000)
        wanted = found(documents, node)
        assert {hit.id for hit in answer.hits} == wanted, node
        assert answer.total == len(wanted)
        scores = [hit.score for hit in answer.hits]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("seed", range(6))
def test_answers_equal_a_brute_force_reading(url: str, seed: int) -> None:
    chance = random.Random(seed)
    documents = [a_document(chance, n) for n in range(1, chance.choice((3, 20, 60)) + 1)]
    rebuild(url, documents)
    engine = open_engine(url)
    compare(engine, documents, chance, 60)
    engine.close()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_answers_equal_a_brute_force_reading_at_length(url: str, seed: int) -> None:
    chance = random.Random(seed)
    documents = [a_document(chance, n) for n in range(1, chance.choice((1, 10, 80, 200)) + 1)]
    rebuild(url, documents)
    engine = open_engine(url)
    compare(engine, documents, chance, 200)
    engine.close()


def test_updates_and_deletions_are_seen(engine: Engine, url: str) -> None:
    chance = random.Random(5)
    held: dict[int, Document] = {}
    for _round in range(6):
        batch = [a_document(chance, chance.randint(1, 30)) for _ in range(12)]
        gone = [n for n in held if chance.random() < 0.2]
        engine.write([d for d in batch if d.id not in gone], gone)
        held = {n: d for n, d in held.items() if n not in gone} | {d.id: d for d in batch if d.id not in gone}
        compare(engine, list(held.values()), chance, 15)
        assert engine.versions() == {(d.id, d.revision) for d in held.values()}
        assert engine.count() == len(held)
    reopened = open_engine(url)
    compare(reopened, list(held.values()), chance, 15)
    reopened.close()


def test_of_two_with_one_id_the_last_counts(engine: Engine) -> None:
    first = a_document(random.Random(1), 1)
    engine.write([replace(first, text="甲"), replace(first, text="乙乙乙")])
    assert ids(engine, Phrase("乙乙")) == [1]
    assert ids(engine, Phrase("甲")) == []


def test_pages_of_an_answer_make_the_whole(engine: Engine) -> None:
    documents = [a_document(random.Random(n), n) for n in range(1, 40)]
    engine.write(documents)
    query = Query("", Phrase("感"))
    whole = [h.id for h in engine.search(query, limit=100).hits]
    assert [h.id for at in range(0, len(whole), 7) for h in engine.search(query, limit=7, offset=at).hits] == whole


def test_sorted_by_date_newest_comes_first_and_undated_last(engine: Engine) -> None:
    documents = [a_document(random.Random(n), n) for n in range(1, 30)]
    engine.write(documents)
    days = [h.published_date for h in engine.search(Query("", Everything()), limit=100, sort="date").hits]
    dated = [d for d in days if d]
    assert dated == sorted(dated, reverse=True)
    assert days == dated + [None] * (len(days) - len(dated))


def test_relaxed_hits_come_after_exact_ones_and_are_not_counted_with_them(engine: Engine) -> None:
    base = a_document(random.Random(1), 1)
    engine.write(
        [
            replace(base, id=1, title="", text="防汛演练通知", attachments=()),
            replace(base, id=2, title="", text="防汛物资演练", attachments=()),
        ]
    )
    answer = engine.search(Query("防汛演练", Phrase("防汛演练"), relaxed_text="防汛演练"))
    assert [(h.id, h.exact) for h in answer.hits] == [(1, True), (2, False)]
    assert (answer.total, answer.relaxed) == (1, 1)


def test_title_weighs_more_than_text(engine: Engine) -> None:
    base = replace(a_document(random.Random(1), 1), attachments=())
    engine.write([replace(base, id=1, title="别的", text="关于防汛的事"), replace(base, id=2, title="防汛", text="别的别的别")])
    assert ids(engine, Phrase("防汛")) == [2, 1]


def test_reader_of_another_process_sees_a_commit(engine: Engine, url: str) -> None:
    engine.write([replace(a_document(random.Random(1), 1), text="两感指数")])
    program = f"from index.open import open_engine; from index.nodes import *; print(open_engine({url!r}).search(Query('', Phrase('两感'))).total)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root).stdout.strip() == "1"


def test_open_reader_keeps_its_answers_while_a_rebuild_swaps(engine: Engine, url: str) -> None:
    engine.write([replace(a_document(random.Random(1), 1), text="两感指数")])
    reader = open_engine(url)
    rebuild(url, [replace(a_document(random.Random(1), 2), text="两感指数")])
    assert ids(reader, Phrase("两感")) == [1]
    reader.close()
    fresh = open_engine(url)
    assert ids(fresh, Phrase("两感")) == [2]
    fresh.close()


@pytest.mark.parametrize("damage", ["garbage", "empty", "missing", "version"])
def test_index_that_is_not_sound_says_so(engine: Engine, url: str, damage: str, tmp_path: Path) -> None:
    engine.write([a_document(random.Random(1), 1)])
    engine.close()
    for path in (tmp_path / "index").rglob("*"):
        if path.is_file() and damage == "missing":
            path.unlink()
        elif path.is_file() and damage != "version":
            path.write_bytes(b"garbage" if damage == "garbage" else b"")
        elif path.name == "version.json":
            path.write_text('{"version": 0}')
    with pytest.raises(IndexUnusable, match="index"):
        open_engine(url)


def test_index_that_others_may_write_is_refused(engine: Engine, url: str, tmp_path: Path) -> None:
    engine.close()
    for path in (tmp_path / "index").glob("g-*"):
        path.chmod(0o777)
    with pytest.raises(IndexUnusable, match="writable by others"):
        open_engine(url)
