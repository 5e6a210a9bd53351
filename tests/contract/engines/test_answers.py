"""Answers, set for set, against a brute-force reading of the same random corpora and queries."""

from __future__ import annotations

import random

import pytest

from index.engine import Document, Engine
from index.engines import open_engine, rebuild
from index.query.tree import Everything, Phrase, Query
from notices.attachment import AttachmentText
from tests.support.corpora import a_document, a_filter, a_run, compare, ids
from tests.support.oracle import found, parts


@pytest.mark.parametrize("seed", range(6))
def test_answers_equal_a_brute_force_reading(url: str, seed: int) -> None:
    chance = random.Random(seed)
    documents = [a_document(chance, n) for n in range(1, chance.choice((3, 20, 60)) + 1)]
    rebuild(url, documents)
    engine = open_engine(url)
    compare(engine, documents, chance, 100)
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


@pytest.mark.parametrize("size", range(1, 9))
def test_a_run_is_never_found_across_two_parts(engine: Engine, size: int) -> None:
    halves = ("甲乙丙丁", "戊己庚辛")
    base = Document(id=1, revision=1, url="u", title="", text="")
    engine.write(
        [
            base._replace(id=1, attachments=(AttachmentText("", halves),)),
            base._replace(id=2, attachments=(AttachmentText(halves[0], (halves[1],)),)),
            base._replace(id=3, title=halves[0], text=halves[1], document_number=halves[0], issuer=halves[1]),
            base._replace(id=4, text="".join(halves)),
        ]
    )
    whole = "".join(halves)
    for run in (whole[at : at + size] for at in range(len(whole) - size + 1)):
        crosses = run not in halves[0] and run not in halves[1]
        assert sorted(ids(engine, Phrase(run))) == ([4] if crosses else [1, 2, 3, 4]), run


def test_repeated_characters_are_counted_out(engine: Engine) -> None:
    base = Document(id=1, revision=1, url="u", title="", text="")
    engine.write([base._replace(id=n, text="甲" * n) for n in range(1, 8)])
    for n in range(1, 9):
        assert sorted(ids(engine, Phrase("甲" * n))) == list(range(n, 8))


def test_relaxed_hits_share_a_character_pass_the_filters_and_are_not_exact(engine: Engine) -> None:
    chance = random.Random(11)
    documents = [a_document(chance, n) for n in range(1, 50)]
    engine.write(documents)
    for _ in range(60):
        run, filters = a_run(chance, documents), a_filter(chance, documents)
        answer = engine.search(Query("", Phrase(run), filters, relaxed_text=run), limit=1000)
        exact, allowed = found(documents, Phrase(run)), found(documents, filters)
        loose = [hit.id for hit in answer.hits if not hit.exact]
        held = {d.id: "\n".join(parts(d, "any")) for d in documents}
        some = {n for n in allowed - exact if any(c in held[n] for c in run)}
        pairs = {n for n in allowed - exact if any(run[at : at + 2] in held[n] for at in range(len(run) - 1))}
        assert pairs <= set(loose) <= some, run
        assert (answer.total, answer.relaxed) == (len(exact & allowed), len(loose))
        assert [hit.exact for hit in answer.hits] == sorted((hit.exact for hit in answer.hits), reverse=True)
        for part in (True, False):
            scores = [hit.score for hit in answer.hits if hit.exact is part]
            assert scores == sorted(scores, reverse=True)


def test_a_page_past_the_end_is_empty_and_knows_the_total(engine: Engine) -> None:
    engine.write([a_document(random.Random(n), n) for n in range(1, 10)])
    for limit, offset in ((10, 9), (10, 10_000), (0, 0)):
        answer = engine.search(Query("", Everything()), limit=limit, offset=offset)
        assert (answer.total, answer.hits) == (9, ())


def test_an_empty_index_answers_with_nothing(engine: Engine) -> None:
    answer = engine.search(Query("", Phrase("两感"), relaxed_text="两感"))
    assert (answer.total, answer.relaxed, answer.hits) == (0, 0, ())
    assert (engine.count(), engine.versions(), engine.texts([1])) == (0, set(), {})
