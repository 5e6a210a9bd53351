"""Copies of one instrument are one hit: no page repeats one, none is lost, and the counts are right."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from index.answer.cursor import cursor_of, page_after
from index.answer.tiers import answer, every_copy
from index.engine import Document, Engine, Hit
from index.query.tree import Phrase, Query
from notices.text.fold import fold

WORDS = ("公告", "防汛", "公告防汛", "两感公告")


def corpus(seed: int, count: int = 60) -> list[Document]:
    """Documents of which about half are copies, of other texts and on other days than the first."""
    chance = random.Random(seed)
    made: list[Document] = []
    for n in range(1, count + 1):
        day = date(2026, 1, 1) + timedelta(days=chance.randrange(12)) if chance.random() < 0.8 else None
        text = "".join(chance.choices(WORDS, k=chance.randint(1, 6))) + "甲" * chance.randint(0, 30)
        group = chance.randint(1, count // 4) if chance.random() < 0.6 else None
        made.append(Document(n, 1, f"u{n}", chance.choice(WORDS), text, published_date=day, group=group, kind=chance.choice(("通知", ""))))
    return made


def instruments(documents: list[Document], word: str) -> dict[object, set[int]]:
    held: dict[object, set[int]] = {}
    for d in documents:
        if fold(word) in fold(d.title) or fold(word) in fold(d.text):
            held.setdefault(("group", d.group) if d.group is not None else d.id, set()).add(d.id)
    return held


def key(hit: Hit) -> object:
    return ("group", hit.group) if hit.group is not None else hit.id


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sort", ["relevance", "date"])
def test_pages_hold_each_instrument_once_and_count_its_other_copies(engine: Engine, sort: str, seed: int) -> None:
    documents = corpus(seed)
    engine.write(documents)
    for word in WORDS:
        query, wanted = Query(word, Phrase(word)), instruments(documents, word)
        hits = [h for at in range(0, 70, 5) for h in answer(engine, query, limit=5, offset=at, sort=sort).hits]
        assert [key(h) for h in hits] == list(dict.fromkeys(map(key, hits)))
        assert {key(h): h.copies + 1 for h in hits} == {k: len(ids) for k, ids in wanted.items()}
        assert answer(engine, query, limit=5).total == sum(map(len, wanted.values()))
        assert all(h.id in wanted[key(h)] for h in hits)


def test_the_best_copy_stands_for_all_of_them(engine: Engine) -> None:
    engine.write(corpus(5))
    query = Query("防汛", Phrase("防汛"))
    every = every_copy(engine, query, limit=100).hits
    best = {key(h): h.id for h in reversed(every)}
    assert {key(h): h.id for h in answer(engine, query, limit=100).hits} == best
    assert len(every) > len(best)


def test_exact_and_similar_copies_are_one_hit_and_the_exact_one(engine: Engine) -> None:
    base = Document(1, 1, "u", "防汛演练通知", "甲", group=1)
    engine.write([base, base._replace(id=2, title="防汛物资演练"), base._replace(id=3, title="防汛物资演练", group=3)])
    hits = answer(engine, Query("防汛演练", Phrase("防汛演练"), relaxed_text="防汛演练")).hits
    assert [(h.id, h.exact) for h in hits] == [(1, True), (3, False)]


@pytest.mark.parametrize("separately", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_cursor_by_date_neither_repeats_nor_skips_while_copies_arrive(engine: Engine, seed: int, separately: bool) -> None:
    chance, documents = random.Random(seed), corpus(seed)
    engine.write(documents)
    query, fresh = Query("公告", Phrase("公告")), 1000
    first = (every_copy if separately else answer)(engine, query, limit=4, sort="date")
    seen = list(first.hits)
    while True:
        page = page_after(engine, query, cursor_of(seen[-1]), 4, every_copy=separately).hits
        if not page:
            break
        seen += page
        fresh += 1
        day = date(2026, 1, 1) + timedelta(days=chance.randrange(40))
        engine.write([Document(fresh, 1, f"u{fresh}", "公告", "公告", published_date=day, group=chance.randint(1, 15))])
    before = [h for h in seen if h.id < 1000]
    wanted = instruments(documents, "公告")
    assert len({h.id for h in seen}) == len(seen)
    if separately:
        assert {h.id for h in before} == set().union(*wanted.values())
    else:
        assert {key(h): h.id for h in before} == {k: min(ids) for k, ids in wanted.items()}
        assert len({key(h) for h in seen}) == len(seen)
