"""The segments of the Whoosh index: written whole, joined by copying, readable by Whoosh itself."""

from __future__ import annotations

import random
from array import array
from pathlib import Path
from types import SimpleNamespace

import pytest
from whoosh.index import FileIndex
from whoosh.query import Prefix, Term

from index.engine import Document
from index.query.tree import Everything, Phrase, Query
from index.whoosh import segment
from index.whoosh.codec import frequency, postings, terms_of
from index.whoosh.engine import WhooshEngine, create
from index.whoosh.folder import current_generation, open_index
from index.whoosh.segment import counted
from index.whoosh.writer import to_join
from notices.text.fold import fold
from tests.support.corpora import a_document, compare


def plain(ident: int, text: str) -> Document:
    return Document(id=ident, revision=1, url=f"http://a.example/{ident}", title="", text=text)


def held_by(folder: Path) -> FileIndex:
    return open_index(current_generation(folder))


def size(live: int, deleted: int = 0) -> SimpleNamespace:
    return SimpleNamespace(doc_count=lambda: live, deleted_count=lambda: deleted)


def test_whoosh_itself_reads_the_terms_that_are_in_its_table(tmp_path: Path) -> None:
    create(tmp_path / "index", [plain(n, "防汛")._replace(kind=kind) for n, kind in enumerate(("通知", "公告", "通知"))])
    with held_by(tmp_path / "index").searcher() as searcher:
        assert {int(n) for n in searcher.docs_for_query(Term("facts", "kind=通知"))} == {0, 2}
        assert {int(n) for n in searcher.docs_for_query(Prefix("facts", "kind=公"))} == {1}
        matcher = searcher.postings("facts", "kind=通知")
        assert [(matcher.id(), matcher.weight())] == [(0, 1.0)]
        assert searcher.doc_frequency("facts", "kind=通知") == 2


RARE = "\U00020bb7野家\U00020bb7\ufffd\uffff"


def test_every_gram_is_found_in_its_table_or_in_whooshs(tmp_path: Path) -> None:
    create(tmp_path / "index", [plain(1, RARE), plain(2, "抗旱防汛"), plain(3, f"汛{RARE}")])
    (leaf, _base), *others = held_by(tmp_path / "index").reader().leaf_readers()
    assert not others
    expected = dict[str, dict[int, int]]()
    for number, text in enumerate((RARE, "抗旱防汛", f"汛{RARE}")):
        for gram, times in counted([fold(text)]).items():
            expected.setdefault(gram, {})[number] = times
    found = {gram: postings(leaf, "grams", gram.encode()) for gram in expected}
    assert {gram: dict(zip(docs, times, strict=True)) for gram, (docs, times) in found.items()} == expected
    assert {gram: frequency(leaf, "grams", gram.encode()) for gram in expected} == {gram: len(held) for gram, held in expected.items()}
    for absent in ("汛抗", "\U00020bb7\U00020bb7", "一", "家野", "", "抗旱防"):
        assert postings(leaf, "grams", absent.encode()) == (array("H"), b"")
        assert frequency(leaf, "grams", absent.encode()) == 0
    every = [(key[:2], key[2:].decode()) for key, _docs, _counts in terms_of(leaf)]
    assert every == sorted(every)
    assert {term for field, term in every if field == b"\0\1"} == set(expected)
    leaf.close()


def test_segment_of_version_2_is_answered_and_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.whoosh.codec.GRAMS", "")  # as if no field had a table of its own
    monkeypatch.setattr("index.whoosh.folder._FORMAT", {"version": 2})
    chance = random.Random(9)
    documents = [a_document(chance, n) for n in range(1, 60)]
    create(tmp_path / "index", documents)
    monkeypatch.undo()
    engine = WhooshEngine(tmp_path / "index")
    compare(engine, documents, chance, 40)
    before = {segment.segment_id() for segment in held_by(tmp_path / "index")._read_toc().segments}
    engine.write([], [document.id for document in documents[:40]])  # mostly deleted: it is written again
    assert before.isdisjoint(segment.segment_id() for segment in held_by(tmp_path / "index")._read_toc().segments)
    compare(engine, documents[40:], chance, 40)
    engine.close()


def test_counts_stop_where_a_byte_does() -> None:
    assert counted(["一" * 300, "二"]) == {"一": 255, "一一": 255, "二": 1}


def test_pairs_never_cross_from_part_to_part() -> None:
    assert "两感" not in counted(["两", "感"])


def test_a_count_beyond_a_byte_is_found_and_ranked(tmp_path: Path) -> None:
    create(tmp_path / "index", [plain(1, "感" * 400), plain(2, "感" * 40 + "别" * 360)])
    engine = WhooshEngine(tmp_path / "index")
    assert [hit.id for hit in engine.search(Query("", Phrase("感感感"))).hits] == [1, 2]
    engine.close()


def test_many_segments_answer_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "_MOST_BYTES", 1)  # every batch is a segment
    chance = random.Random(4)
    documents = [a_document(chance, n) for n in range(1, 651)]
    assert create(tmp_path / "index", documents) == 650
    assert len(held_by(tmp_path / "index")._read_toc().segments) == 7
    engine = WhooshEngine(tmp_path / "index")
    compare(engine, documents, chance, 60)
    engine.close()


def test_joined_segments_answer_like_one_and_drop_what_was_deleted(tmp_path: Path) -> None:
    chance = random.Random(7)
    create(tmp_path / "index")
    engine, held = WhooshEngine(tmp_path / "index"), dict[int, Document]()
    for turn in range(20):
        batch = [a_document(chance, ident) for ident in {chance.randint(1, 60) for _ in range(5)}]
        gone = [turn] if turn in held and turn not in {d.id for d in batch} else []
        engine.write(batch, gone)
        held = {n: d for n, d in held.items() if n not in gone} | {d.id: d for d in batch}
        compare(engine, list(held.values()), chance, 10)
    segments = held_by(tmp_path / "index")._read_toc().segments
    assert len(segments) < 16
    assert sum(s.doc_count() for s in segments) == len(held)
    engine.close()


def test_a_write_of_few_documents_leaves_large_segments_as_they_are(tmp_path: Path) -> None:
    create(tmp_path / "index", [plain(n, f"防汛第{n}号") for n in range(1, 300)])
    before = {p.name: p.stat().st_mtime_ns for p in current_generation(tmp_path / "index").glob("*.seg")}
    engine = WhooshEngine(tmp_path / "index")
    engine.write([plain(5, "抗旱")], deleted=[6])
    after = {p.name: p.stat().st_mtime_ns for p in current_generation(tmp_path / "index").glob("*.seg")}
    assert before.items() < after.items()
    assert engine.count() == 298
    engine.close()


def test_an_index_whose_documents_are_all_deleted_is_empty_and_takes_more(tmp_path: Path) -> None:
    create(tmp_path / "index", [plain(1, "防汛"), plain(2, "抗旱")])
    engine = WhooshEngine(tmp_path / "index")
    engine.write([], deleted=[1, 2])
    assert engine.search(Query("", Everything())).total == 0
    engine.write([plain(3, "防汛")])
    assert [hit.id for hit in engine.search(Query("", Phrase("防汛"))).hits] == [3]
    engine.close()


def test_eight_of_about_one_size_are_joined_and_never_beyond_what_a_segment_numbers() -> None:
    assert to_join([size(3000), *(size(6) for _ in range(7))]) == []
    assert [s.doc_count() for s in to_join([size(3000), *(size(6) for _ in range(8))])] == [6] * 8
    assert sum(s.doc_count() for s in to_join([size(30_000) for _ in range(8)])) == 60_000
    assert to_join([size(40_000) for _ in range(9)]) == []


def test_a_segment_that_is_mostly_deleted_is_written_anew() -> None:
    assert [s.doc_count() for s in to_join([size(100, 50), size(40, 60)])] == [40]


def test_a_broken_write_leaves_no_files_behind(tmp_path: Path) -> None:
    create(tmp_path / "index", [plain(1, "防汛")])
    engine = WhooshEngine(tmp_path / "index")
    before = {p.name for p in current_generation(tmp_path / "index").iterdir()}

    def broken() -> object:
        yield from (plain(n, "抗旱") for n in range(2, 500))
        raise KeyError("a database row")

    with pytest.raises(KeyError):
        engine.write(broken())  # type: ignore[arg-type]
    assert {p.name for p in current_generation(tmp_path / "index").iterdir()} == before
    engine.close()


def test_a_text_replaced_twice_in_one_batch_is_that_of_the_last(tmp_path: Path) -> None:
    first = plain(1, "防汛")
    create(tmp_path / "index", [first, plain(2, "别"), first._replace(text="抗旱"), first._replace(text="抗震")])
    engine = WhooshEngine(tmp_path / "index")
    assert engine.count() == 2
    assert engine.texts([1])[1][0] == "抗震"
    engine.close()
