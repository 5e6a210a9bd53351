"""An index whose bytes were changed behind the program's back gives no answers, wrong or right."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from index.engine import Document
from index.engines import damaged_files, open_engine, rebuild
from index.generations import WRITTEN_FILE
from index.query.tree import Everything, Query
from notices.errors import ConfigError, IndexUnusable


def a_document(n: int) -> Document:
    return Document(id=n, revision=1, url=f"http://a.example/{n}", title=f"第{n}号通知", text=f"第{n}号河段的检查已经开始")


@pytest.fixture(params=["whoosh", "tantivy"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    made = f"{request.param}://{tmp_path}/index"
    rebuild(made, [a_document(n) for n in range(1, 30)])
    engine = open_engine(made, write=True)
    engine.write([a_document(30)])
    engine.close()
    return made


def generation(url: str) -> Path:
    return next(Path(url.partition("://")[2]).glob("g-*"))


def found(url: str) -> int:
    engine = open_engine(url)
    total = engine.search(Query("", Everything())).total
    engine.close()
    return total


def test_every_file_that_was_written_to_is_compared_before_it_is_used(url: str) -> None:
    folder = generation(url)
    names = [
        path.name
        for path in folder.iterdir()
        if path.suffix in (".bin", ".seg", ".toc", ".idx", ".pos", ".term", ".store", ".fast", ".fieldnorm")
    ]
    assert len(names) >= 4
    for name in names:
        path = folder / name
        before, state = path.read_bytes(), path.stat()
        at = len(before) // 2
        path.write_bytes(before[:at] + bytes([before[at] ^ 8]) + before[at + 1 :])
        with pytest.raises(IndexUnusable):
            found(url)
        path.write_bytes(before)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert found(url) == 30, name


def test_a_copied_index_answers(url: str, tmp_path: Path) -> None:
    folder = Path(url.partition("://")[2])
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    copied = f"{url.partition(':')[0]}://{tmp_path}/copy"
    assert found(copied) == 30
    engine = open_engine(copied, write=True)
    engine.write([a_document(31)])
    engine.close()
    assert found(copied) == 31


@pytest.mark.parametrize("content", [None, "", "[1]", '{"folded.bin": 3}'])
def test_an_index_that_notes_nothing_or_nonsense_answers(url: str, content: str | None) -> None:
    note = generation(url) / WRITTEN_FILE
    note.unlink()
    if content is not None:
        note.write_text(content)
    assert found(url) == 30


@pytest.mark.parametrize("content", [None, "", "[1]", '{"folded.bin": 3}', '{"files": {}, "crc": 1}'])
def test_a_damaged_note_is_named_by_whoever_reads_every_byte(url: str, content: str | None) -> None:
    assert damaged_files(url) == []
    note = generation(url) / WRITTEN_FILE
    note.unlink()
    if content is not None:
        note.write_text(content)
    assert damaged_files(url) == [WRITTEN_FILE]
    engine = open_engine(url, write=True)
    engine.write([a_document(31)])
    engine.close()
    assert damaged_files(url) == []


def test_an_index_that_has_lost_its_pointer_is_damaged_and_one_that_never_was_is_not_built(url: str, tmp_path: Path) -> None:
    folder = Path(url.partition("://")[2])
    (folder / "current").unlink()
    with pytest.raises(IndexUnusable, match="current"):
        open_engine(url)
    with pytest.raises(IndexUnusable, match="not built yet"):
        open_engine(f"{url.partition(':')[0]}://{tmp_path}/nothing")


@pytest.mark.parametrize("rest", ["?threads=abc", "#part", "?a=b#c"])
def test_an_address_of_a_folder_has_no_options(url: str, rest: str) -> None:
    with pytest.raises(ConfigError, match="address of a folder"):
        open_engine(url + rest)
