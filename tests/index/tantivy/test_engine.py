"""What is particular to the Tantivy engine: its checksums, its texts as pairs, its limit of time."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import deadline
from index.engine import Document
from index.engines import open_engine, rebuild
from index.laid_out import pairs
from index.query.tree import Contains, Everything, Phrase, Query
from index.tantivy import ranking
from index.tantivy.checksums import damaged_files
from notices.errors import IndexUnusable, QueryLimitError
from notices.text.fold import fold
from tests.support.corpora import a_document, text


def test_pairs_are_those_of_the_text_and_its_last_character() -> None:
    for seed in range(200):
        folded = fold(text(random.Random(seed), 12))
        wanted = [folded[at : at + 2] for at in range(len(folded))]
        assert pairs(folded).split() == wanted


def test_each_damaged_file_is_named(tmp_path: Path) -> None:
    rebuild(f"tantivy://{tmp_path}", [a_document(random.Random(n), n) for n in range(1, 40)])
    engine = open_engine(f"tantivy://{tmp_path}")
    engine.write([], deleted=[3])
    engine.close()
    (next(tmp_path.glob("g-*")) / f"{'0' * 32}.idx").write_bytes(b"of a writer that was cut off")
    in_use = next(tmp_path.glob("g-*/meta.json")).read_text()
    files = [p for p in tmp_path.glob("g-*/*.*") if len(p.stem) >= 32 and p.name[:8] in in_use]
    assert damaged_files(tmp_path) == []
    assert ".del" in {path.suffix for path in files}
    chance = random.Random(1)
    for path in files:
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[chance.randrange(max(len(whole) - 110, 1))] ^= 4  # what follows is the footer
        for wrong in (bytes(flipped), whole[: len(whole) // 2], b""):
            path.write_bytes(wrong)
            assert damaged_files(tmp_path) == [path.name]
        path.write_bytes(whole)
    assert damaged_files(tmp_path) == []


def test_damaged_bytes_end_in_an_answer_or_in_index_unusable(tmp_path: Path) -> None:
    rebuild(f"tantivy://{tmp_path}", [a_document(random.Random(n), n) for n in range(1, 60)])
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file() and p.stat().st_size)
    chance = random.Random(2)
    for _ in range(60):
        path = chance.choice(files)
        whole = path.read_bytes()
        wrong = bytearray(whole)
        for _flip in range(chance.choice((1, 30))):
            wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
        path.write_bytes(wrong)
        try:
            engine = open_engine(f"tantivy://{tmp_path}")
            engine.search(Query("", Phrase("感指"), relaxed_text="感指数"))
            engine.texts([1, 2, 3])
            engine.versions()
        except IndexUnusable:
            pass
        path.write_bytes(whole)
    sound = open_engine(f"tantivy://{tmp_path}")
    assert sound.search(Query("", Everything())).total == 59


def test_a_query_that_takes_too_long_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "SECONDS", 0.05)
    release, ended = threading.Event(), threading.Event()

    def work() -> None:
        release.wait(20)
        ended.set()

    with pytest.raises(QueryLimitError, match="took longer"):
        ranking.within_limit(work)
    assert not ended.is_set()
    release.set()


@pytest.mark.parametrize(("run", "wanted"), [("xin", [1, 2]), ("lin", [2]), ("a", [1, 3]), ("A", [1, 3]), ("-", [2]), ("zz", [])])
def test_a_source_is_found_by_any_part_of_its_name(tmp_path: Path, run: str, wanted: list[int]) -> None:
    sources = {1: "xinxiang", 2: "lin-xin", 3: "安全A局"}
    rebuild(f"tantivy://{tmp_path}", [Document(id=n, revision=1, url="u", title="", text="", source=s) for n, s in sources.items()])
    answer = open_engine(f"tantivy://{tmp_path}").search(Query("", Contains("source", fold(run))))
    assert sorted(hit.id for hit in answer.hits) == wanted


def test_many_threads_search_at_once_and_agree(tmp_path: Path) -> None:
    rebuild(f"tantivy://{tmp_path}", [a_document(random.Random(n), n) for n in range(1, 60)])
    engine = open_engine(f"tantivy://{tmp_path}")
    wanted = engine.search(Query("", Phrase("感"))).hits
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(engine.search(Query("", Phrase("感"))).hits)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [wanted] * 16


def test_a_long_stream_is_committed_on_the_way_and_the_last_of_an_id_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.tantivy.engine._COMMIT_CHARS", 100)
    documents = [Document(id=n % 20, revision=n, url="u", title="", text=f"第{n}件" * 9) for n in range(60)]
    assert rebuild(f"tantivy://{tmp_path}", documents) == 20
    engine = open_engine(f"tantivy://{tmp_path}")
    assert engine.versions() == {(n % 20, n) for n in range(40, 60)}


@pytest.mark.parametrize("error", [ValueError("a row"), OSError(28, "a row")])
def test_what_the_documents_raise_is_not_blamed_on_the_index(tmp_path: Path, error: Exception) -> None:
    def documents() -> Iterator[Document]:
        yield a_document(random.Random(1), 1)
        raise error

    with pytest.raises(type(error), match="a row"):
        rebuild(f"tantivy://{tmp_path}", documents())
