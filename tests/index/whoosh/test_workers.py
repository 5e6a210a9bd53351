"""A Whoosh index that more processes build: the same answers, the same errors, no process and no file left."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from index.engine import Document
from index.query.tree import Everything, Phrase, Query
from index.whoosh import engine, workers
from index.whoosh.engine import WhooshEngine, create
from index.whoosh.folder import current_generation, damaged_files
from index.whoosh.schema import schema
from index.whoosh.segment import StoredDocument
from notices.errors import IndexUnusable
from tests.support.corpora import a_document, compare


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further processes begin with the first batch."""
    monkeypatch.setattr(workers, "ALONE", 0)


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "index.whoosh.workers" in each.cmdline()]


def compared(folder: Path, documents: Iterable[Document], held: dict[int, Document]) -> None:
    """Build it and compare it with a reading of what it must hold."""
    assert create(folder, documents) == len(held)
    assert damaged_files(folder) == []
    assert children() == []
    engine = WhooshEngine(folder)
    assert engine.versions() == {(d.id, d.revision) for d in held.values()}
    compare(engine, list(held.values()), random.Random(5), 40)
    engine.close()


def test_what_several_processes_build_answers_as_a_reading_of_all_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.os, "cpu_count", lambda: 3)
    turns = count()

    def in_turn(pipes: list[Connection]) -> list[Connection]:
        """Which process is ready first is chance."""
        pipe = pipes[next(turns) % len(pipes)]
        pipe.poll(60)
        return [pipe]

    monkeypatch.setattr(workers, "wait", in_turn)
    documents = [a_document(random.Random(n), n) for n in range(1, 950)]
    compared(tmp_path / "index", documents, {d.id: d for d in documents})
    generation = current_generation(tmp_path / "index")
    assert len(list(generation.glob("*.seg"))) == 3


def test_of_two_documents_with_one_id_the_last_counts_in_any_order(tmp_path: Path) -> None:
    chance = random.Random(3)
    documents = [a_document(chance, chance.randrange(1, 300)) for _ in range(900)]
    compared(tmp_path / "index", documents, {d.id: d for d in documents})


def test_documents_in_descending_order_are_held_once(tmp_path: Path) -> None:
    documents = [a_document(random.Random(n), n) for n in range(400, 0, -1)]
    compared(tmp_path / "index", documents, {d.id: d for d in documents})


def before(folder: Path) -> None:
    create(folder, [Document(id=1, revision=1, url="u", title="", text="两感")])


def unchanged(folder: Path) -> None:
    assert children() == []
    engine = WhooshEngine(folder)
    assert [hit.id for hit in engine.search(Query("", Phrase("两感"))).hits] == [1]
    assert engine.search(Query("", Everything())).total == 1
    engine.close()


@pytest.mark.parametrize("error", [KeyError("a row"), KeyboardInterrupt("a row")])
def test_documents_that_break_off_leave_no_process_and_the_old_index(tmp_path: Path, error: BaseException) -> None:
    before(tmp_path / "index")

    def documents() -> Iterator[Document]:
        yield from (a_document(random.Random(n), n) for n in range(1, 450))
        assert children()
        raise error

    with pytest.raises(type(error), match="a row"):
        create(tmp_path / "index", documents())
    unchanged(tmp_path / "index")


def test_a_process_that_is_killed_is_an_error_and_leaves_the_old_index(tmp_path: Path) -> None:
    before(tmp_path / "index")

    def documents() -> Iterator[Document]:
        for n in range(1, 2_000):
            yield a_document(random.Random(n), n)
            if n == 600:
                for process in children():
                    process.kill()

    with pytest.raises(IndexUnusable, match="a process that counted documents has ended"):
        create(tmp_path / "index", documents())
    unchanged(tmp_path / "index")


def test_what_goes_wrong_in_a_process_is_told(tmp_path: Path) -> None:
    ours, theirs = Pipe()
    ours.send((str(tmp_path), schema()))
    ours.send([StoredDocument(("两感",), [1] * 30, (), "")])  # not the columns there are
    workers.serve(theirs)
    assert ours.recv() is True
    assert isinstance(ours.recv(), ValueError)


def test_a_process_whose_parent_is_gone_ends(tmp_path: Path) -> None:
    ours, theirs = Pipe()
    ours.send((str(tmp_path), schema()))
    ours.close()
    workers.serve(theirs)
    assert list(tmp_path.iterdir()) == []
