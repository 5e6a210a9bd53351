"""The order of hits and the pages of an answer."""

from __future__ import annotations

import random
from datetime import date

from index.engine import Document, Engine
from index.query.tree import Everything, Is, Phrase, Query
from tests.support.corpora import a_document, ids
from tests.support.oracle import found


def test_pages_of_an_answer_make_the_whole(engine: Engine) -> None:
    engine.write([a_document(random.Random(n), n) for n in range(1, 60)])
    for sort in ("relevance", "date"):
        query = Query("", Phrase("感指"), relaxed_text="感指数")
        whole = [(h.id, h.exact) for h in engine.search(query, limit=100, sort=sort).hits]
        assert len(whole) > 30
        pages = [engine.search(query, limit=7, offset=at, sort=sort).hits for at in range(0, len(whole), 7)]
        assert [(h.id, h.exact) for hits in pages for h in hits] == whole


def test_sorted_by_date_newest_comes_first_then_the_lower_id_and_undated_last(engine: Engine) -> None:
    documents = [a_document(random.Random(n), n) for n in range(1, 80)]
    engine.write(documents[::-1])
    for node in (Everything(), Phrase("感")):
        held = [d for d in documents if d.id in found(documents, node)]
        held.sort(key=lambda d: (-(d.published_date.toordinal() if d.published_date else 0), d.id))
        assert ids(engine, node, sort="date") == [d.id for d in held]


def test_what_has_no_words_to_rank_by_comes_newest_first(engine: Engine) -> None:
    engine.write([a_document(random.Random(n), n) for n in range(1, 40)])
    node = Is("region", ("41",), prefix=True)
    assert ids(engine, node) == ids(engine, node, sort="date")


def test_of_equal_scores_the_newer_comes_first_on_every_page(engine: Engine) -> None:
    days = random.Random(4).sample(range(1, 400), 60)
    base = Document(id=1, revision=1, url="u", title="关于国庆节放假的通知", text="放假七天。")
    engine.write([base._replace(id=n, published_date=date.fromordinal(735_000 + day)) for n, day in enumerate(days, 1)])
    newest = sorted(range(1, 61), key=lambda n: -days[n - 1])
    query = Query("", Phrase("放假"))
    assert ids(engine, Phrase("放假")) == newest
    assert [h.id for at in range(0, 60, 7) for h in engine.search(query, limit=7, offset=at).hits] == newest
    loose = Query("", Phrase("放假八天"), relaxed_text="放假八天")
    assert [h.id for h in engine.search(loose, limit=10).hits] == newest[:10]


def test_relaxed_hits_come_after_exact_ones_and_are_not_counted_with_them(engine: Engine) -> None:
    base = Document(id=1, revision=1, url="u", title="", text="")
    engine.write([base._replace(id=1, text="防汛演练通知"), base._replace(id=2, text="防汛物资演练")])
    answer = engine.search(Query("防汛演练", Phrase("防汛演练"), relaxed_text="防汛演练"))
    assert [(h.id, h.exact) for h in answer.hits] == [(1, True), (2, False)]
    assert (answer.total, answer.relaxed) == (1, 1)


def test_title_weighs_more_than_text(engine: Engine) -> None:
    base = Document(id=1, revision=1, url="u", title="别的", text="别的别的别")
    engine.write([base._replace(id=1, text="关于防汛的事"), base._replace(id=2, title="防汛")])
    assert ids(engine, Phrase("防汛")) == [2, 1]


def test_a_boost_lifts_what_it_matches_and_adds_nothing_to_the_answer(engine: Engine) -> None:
    base = Document(id=1, revision=1, url="u", title="", text="防汛", kind="通知")
    engine.write([base, base._replace(id=2), base._replace(id=3, kind="公告"), base._replace(id=4, text="别的", kind="公告")])
    answer = engine.search(Query("", Phrase("防汛"), boosts=((Is("kind", ("公告",)), 5.0),)))
    assert answer.hits[0].id == 3
    assert {h.id for h in answer.hits} == {1, 2, 3}


def test_a_hit_shows_what_was_written(engine: Engine) -> None:
    written = a_document(random.Random(3), 77)._replace(title="“两感”通知", group=None, aliases=())
    engine.write([written])
    hit = engine.search(Query("", Phrase("两感"))).hits[0]
    for name in (
        "id",
        "revision",
        "url",
        "title",
        "source",
        "issuer",
        "document_number",
        "kind",
        "region",
        "state",
        "published_date",
        "written_date",
    ):
        assert getattr(hit, name) == getattr(written, name), name
    assert hit.exact
    assert hit.score > 0
