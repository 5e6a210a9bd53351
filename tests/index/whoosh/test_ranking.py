"""Ranking reads only the texts that can reach the page; what it returns is what reading them all would return."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from index import deadline
from index.engine import Document
from index.query.tree import Everything, Is, Or, Phrase, Query
from index.whoosh.bitsets import flags_of, numbers_of, of_flags, of_numbers
from index.whoosh.engine import WhooshEngine, create
from notices.errors import QueryLimitError

WORDS = ("人民政府", "人民", "政府", "民政", "通知", "防汛", "的", "，")


def documents(count: int = 300) -> list[Document]:
    chance = random.Random(2)

    def some(most: int) -> str:
        return "".join(chance.choices(WORDS, k=chance.randint(0, most)))

    return [
        Document(
            id=n,
            revision=1,
            url=f"http://a.example/{n}",
            title=some(4),
            text=some(80),
            published_date=date(2020, 1, 1) + timedelta(days=chance.randint(0, 400)),
        )
        for n in range(1, count)
    ]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> WhooshEngine:
    folder = tmp_path_factory.mktemp("ranking") / "index"
    create(folder, documents())
    return WhooshEngine(folder)


@pytest.mark.parametrize("node", [Phrase("人民政府"), Or((Phrase("人民政府"), Phrase("通知防汛"))), Phrase("防汛"), Phrase("的")])
def test_the_first_page_is_the_start_of_the_whole_ranking(engine: WhooshEngine, node: Phrase | Or) -> None:
    whole = engine.search(Query("", node), limit=1000)
    assert len(whole.hits) == whole.total > 20
    for limit in (1, 3, 10):
        assert engine.search(Query("", node), limit=limit).hits == whole.hits[:limit]


def test_a_boost_lifts_a_hit_past_texts_that_are_not_read(engine: WhooshEngine) -> None:
    query = Query("", Phrase("人民政府"))
    last = engine.search(query, limit=1000).hits[-1]
    lifted = Query("", query.node, boosts=((Is("url", (last.url,)), 100.0),))
    assert engine.search(lifted, limit=1).hits[0].id == last.id


def test_relaxed_pages_join_to_the_whole(engine: WhooshEngine) -> None:
    query = Query("", Phrase("防汛民政通知府政"), relaxed_text="防汛民政通知府政")
    whole = [hit.id for hit in engine.search(query, limit=250).hits]
    assert len(whole) == len(set(whole)) > 200
    assert [hit.id for at in range(0, 250, 25) for hit in engine.search(query, limit=25, offset=at).hits] == whole


def test_what_keeps_the_order_of_words_ranks_above_what_does_not(tmp_path: Path) -> None:
    def plain(ident: int, text: str) -> Document:
        return Document(id=ident, revision=1, url=f"http://a.example/{ident}", title="", text=text)

    create(tmp_path / "index", [plain(1, "物资防汛，储备演练，汛物，备演。"), plain(2, "防汛物资储，演练备汛，资储备演。")])
    engine = WhooshEngine(tmp_path / "index")
    hits = engine.search(Query("", Phrase("防汛物资储备演练"), relaxed_text="防汛物资储备演练")).hits
    assert [hit.id for hit in hits] == [2, 1]
    engine.close()


def test_a_query_out_of_time_says_so(engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "SECONDS", -1.0)
    with pytest.raises(QueryLimitError, match="took longer"):
        engine.search(Query("", Everything()))


def test_sets_as_numbers_give_back_what_was_put_in() -> None:
    chance = random.Random(1)
    for size in (1, 8, 100, 1000):
        numbers = sorted(n for n in range(size) if chance.random() < 0.3)
        bits = of_numbers(numbers, size)
        assert numbers_of(bits) == numbers
        assert bits.bit_count() == len(numbers)
        assert of_flags(flags_of(bits, size)) == bits
        assert len(flags_of(bits, size)) == size
