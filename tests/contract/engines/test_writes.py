"""Writing, updating, deleting, and what readers see of it."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.engine import Document, Engine
from index.engines import open_engine, rebuild
from index.query.tree import Everything, Phrase
from notices.attachment import AttachmentText
from tests.support.corpora import a_document, compare, ids


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


def test_of_two_with_one_id_the_last_counts(engine: Engine, url: str) -> None:
    first = a_document(random.Random(1), 1)
    pair = [first._replace(text="甲"), first._replace(text="乙乙乙")]
    engine.write(pair)
    rebuild(url.replace("/index", "/other"), pair)
    for held in (engine, open_engine(url.replace("/index", "/other"))):
        assert ids(held, Phrase("乙乙")) == [1]
        assert ids(held, Phrase("甲")) == []
        held.close()


def test_a_written_id_that_is_also_deleted_stays(engine: Engine) -> None:
    document = a_document(random.Random(1), 1)
    engine.write([document])
    engine.write([document], deleted=[1, 99])
    assert engine.count() == 1


def test_texts_are_the_originals(engine: Engine) -> None:
    document = a_document(random.Random(1), 5)._replace(text="“两感”\n指\t数\0", attachments=(AttachmentText("附 件.pdf", ("第一頁", "")),))
    engine.write([document, document._replace(id=6, text="", attachments=())])
    assert engine.texts([5, 6, 7]) == {5: (document.text, document.attachments), 6: ("", ())}


def test_a_text_with_half_a_surrogate_pair_is_taken(engine: Engine) -> None:
    engine.write([a_document(random.Random(1), 1)._replace(title="两\ud800感", text="指\udc00数")])
    assert ids(engine, Phrase("两感")) == [1]
    assert ids(engine, Phrase("指数", "text")) == [1]


def test_reader_of_another_process_sees_a_commit(engine: Engine, url: str) -> None:
    engine.write([a_document(random.Random(1), 1)._replace(text="两感指数")])
    program = f"from index.engines import open_engine; from index.query.tree import *; print(open_engine({url!r}).search(Query('', Phrase('两感'))).total)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root).stdout.strip() == "1"


def test_open_reader_keeps_its_answers_while_a_rebuild_swaps(engine: Engine, url: str) -> None:
    engine.write([a_document(random.Random(1), 1)._replace(title="", text="两感指数")])
    reader = open_engine(url)
    rebuild(url, [a_document(random.Random(1), 2)._replace(title="", text="两感指数")])
    assert ids(reader, Phrase("两感")) == [1]
    assert reader.texts([1])[1][0] == "两感指数"
    reader.close()
    fresh = open_engine(url)
    assert ids(fresh, Phrase("两感")) == [2]
    fresh.close()


def test_open_reader_keeps_its_answers_while_another_writes(engine: Engine, url: str) -> None:
    engine.write([a_document(random.Random(n), n) for n in range(1, 30)])
    reader = open_engine(url)
    before = ids(reader, Everything())
    engine.write([a_document(random.Random(n), n)._replace(text="新的") for n in range(10, 50)], deleted=[1, 2])
    assert ids(reader, Everything()) == before
    assert len(ids(engine, Everything())) == 47
    reader.close()


@pytest.mark.parametrize("error", [KeyError("a database row"), KeyboardInterrupt("a database row")])
def test_a_write_that_breaks_off_leaves_the_index_as_it_was(engine: Engine, url: str, error: BaseException) -> None:
    engine.write([a_document(random.Random(1), 1)._replace(text="两感指数")])

    def documents() -> Iterator[Document]:
        yield a_document(random.Random(1), 1)._replace(text="别的")
        raise error

    for attempt in (engine.write, lambda held: rebuild(url, held)):
        with pytest.raises(type(error), match="a database row"):
            attempt(documents())
        fresh = open_engine(url)
        assert ids(fresh, Phrase("两感指数")) == [1]
        fresh.close()
    engine.close()
    again = open_engine(url, write=True)
    assert again.write([a_document(random.Random(2), 2)]) == 1
    assert again.count() == 2
    again.close()
