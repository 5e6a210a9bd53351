"""Thousands of saved searches over thousands of notices: each is told of what an exact search of the same query finds, set for set."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import pytest

from index.engines import open_engine, rebuild
from index.query.tree import And, Everything, Query
from tests.support.corpora import a_document, a_filter, a_node
from watch.matcher import Matcher


def compare(url: str, seed: int, watches: int, notices: int) -> int:
    """Hits of all watches together, after each was compared."""
    chance = random.Random(seed)
    documents = [a_document(chance, n) for n in range(1, notices + 1)]
    queries = {
        f"w{n}": Query("", a_node(chance, 3, documents), a_filter(chance, documents) if chance.random() < 0.3 else Everything())
        for n in range(watches)
    }
    matcher = Matcher(queries)
    told: dict[str, set[int]] = defaultdict(set)
    for document in documents:
        for name in matcher.matching(document):
            told[name].add(document.id)
    rebuild(url, documents)
    engine = open_engine(url)
    for name, query in queries.items():
        answer = engine.search(Query("", And((query.node, query.filters))), limit=notices)
        assert told[name] == {hit.id for hit in answer.hits}, (name, query)
    engine.close()
    return sum(map(len, told.values()))


def test_watches_are_told_of_what_the_index_finds(tmp_path: Path) -> None:
    assert compare(f"tantivy://{tmp_path}/index", seed=1, watches=200, notices=200) > 1_000


@pytest.mark.long
def test_two_thousand_watches_over_two_thousand_notices(tmp_path: Path) -> None:
    assert compare(f"tantivy://{tmp_path}/index", seed=2, watches=2_000, notices=2_000) > 100_000
