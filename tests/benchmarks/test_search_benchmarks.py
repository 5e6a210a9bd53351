"""The search benchmarks measure what they say: same documents every time, true hits, ranks of the documents sought."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks.search_corpus import CHARACTERS, documents, invented, sentences
from benchmarks.search_growth import growth_plot, growth_table
from benchmarks.search_peers import peer
from benchmarks.search_questions import SCANNED, Asked, questions, sample, scanned, substrings
from benchmarks.search_relaxed import WAYS, core, pieces
from benchmarks.search_report import ALL, conditions, plot, put, table
from benchmarks.search_scale import _group, _recall

COUNT = 60


def test_same_seed_makes_same_documents_of_one_length() -> None:
    made = list(documents(COUNT, invented()))
    assert made == list(documents(COUNT, invented()))
    assert made != list(documents(COUNT, invented(), seed=8))
    assert {len(d.text) for d in made} == {CHARACTERS}
    assert len({d.document_number for d in made}) == COUNT
    assert all(d.number_key for d in made)


def test_sentences_come_from_the_corpus_folder_when_given(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"title": "题", "text": "各单位要做好防汛值守工作。短。"}\n', encoding="utf-8")
    assert sentences(tmp_path) == ["各单位要做好防汛值守工作"]


def test_sample_draws_from_the_whole_stream() -> None:
    drawn = sample(documents(COUNT, invented()), 10)
    assert len({d.id for d in drawn}) == 10
    assert max(d.id for d in drawn) > 10


def test_substrings_stand_in_the_document_they_name() -> None:
    made = {d.id: d for d in documents(COUNT, invented())}
    found = substrings(list(made.values()), 50)
    assert all(1 <= len(text) <= 20 and text in made[ident].text for text, ident in found)


@pytest.mark.parametrize("name", ["fts5-bigrams", "tantivy", "whoosh"])
def test_engines_find_every_substring_and_count_what_a_scan_counts(name: str, tmp_path: Path) -> None:
    made = list(documents(COUNT, invented()))
    engine = peer(name, tmp_path)
    engine.build(iter(made))
    engine.open()
    asked = questions(made)
    assert _recall(engine, substrings(made, 60))["missed"] == []
    counted = {group: _group(engine, [a for a in asked if a.group == group])[0]["hits"] for group in SCANNED}
    assert counted == scanned(iter(made), asked)
    assert engine.ask(Asked("number", (made[4].document_number,)))[1] == [5]
    assert engine.ask(Asked("relaxed", (made[7].title[4:],), loose=True))[1][0] == 8
    engine.close()


def test_each_way_of_asking_changes_the_title_it_was_made_from() -> None:
    document = next(documents(1, invented()))
    for way, ask in WAYS.items():
        text = ask(document, random.Random(2))
        assert text, way
        assert text not in document.title, way


def test_core_leaves_out_issuer_and_kind() -> None:
    assert core("某市教育局关于做好校车线路核查工作的通知") == "做好校车线路核查工作"
    assert "".join(pieces("某市教育局关于做好校车线路核查工作的通知")) == "做好校车线路核查工作"


def _found(documents: int, built: int) -> dict[str, Any]:
    group = {"p50_ms": 2.0, "p95_ms": 9.0, "hits": 7, "refused": 1, "asked": 40, "unasked": 0}
    build = {"docs_per_s": 90.0, "peak_mb": 80, "peak_files_mb": 20, "index_mb": 3, "built": built, "seconds": 120, "cpu_s": 90}
    ours = {"groups": {"rare": group, ALL: group}, **build, "ask_peak_mb": 40, "found": 9, "substrings": 10}
    engines = {"tantivy": ours, "other": {"refused": "no engine"}}
    return {"documents": documents, "scanned": {"rare": 7}, **conditions(None), "load_after": 0.5, "engines": engines}


def test_report_shows_each_engine_in_table_and_plot() -> None:
    text = table(_found(60, 60))
    assert "| rare | 2.0 / 9.0 (×1.0), 1 refused |" in text
    assert "9 of 10" in text
    assert "other: no engine" in text
    assert "given" not in text
    assert len(ElementTree.fromstring(plot(_found(60, 60)))) > 5


def test_report_says_how_many_documents_an_engine_was_asked_over() -> None:
    assert "tantivy was given 2 minutes: it holds the first 45 documents" in table(_found(60, 45))
    assert "| tantivy | 45 of 600 in 2 min | 90 |" in growth_table([_found(60, 60), _found(600, 45)])


def test_growth_has_a_point_for_each_size_and_panel() -> None:
    drawn = ElementTree.fromstring(growth_plot([_found(60, 60), _found(600, 600)]))
    assert len([each for each in drawn if each.tag.endswith("circle")]) == 4


def test_figures_go_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "performance.md"
    path.write_text("a\n<!-- figures: one -->\nold\n<!-- end of figures -->\nb\n<!-- figures: two -->\n<!-- end of figures -->\n")
    assert put(path, "two", "new")
    assert put(path, "one", "newer")
    assert (
        path.read_text()
        == "a\n<!-- figures: one -->\nnewer\n<!-- end of figures -->\nb\n<!-- figures: two -->\nnew\n<!-- end of figures -->\n"
    )
    assert not put(path, "three", "lost")
