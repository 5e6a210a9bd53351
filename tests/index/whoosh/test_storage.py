"""What a Whoosh index may make the process that reads it do: nothing but what the list of classes allows."""

from __future__ import annotations

import os
import pickle
import pickletools
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from whoosh import columns
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.filedb.compound import CompoundStorage
from whoosh.index import TOC

from index.engine import Document
from index.query.tree import Everything, Query
from index.whoosh import storage
from index.whoosh.engine import WhooshEngine, create
from index.whoosh.folder import current_generation
from index.whoosh.schema import schema
from index.whoosh.storage import IndexStorage
from notices.errors import IndexUnusable

DOCUMENTS = [Document(id=n, revision=1, url="u", title="", text="防汛") for n in range(1, 4)]


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def names_in(path: Path) -> set[str]:
    """Every module that a pickle anywhere in the file names."""
    data, found = path.read_bytes(), set[str]()
    for at in range(len(data)):
        if data[at : at + 1] == b"\x80":
            found |= modules_of(data[at:])
    return found


def modules_of(data: bytes) -> set[str]:
    modules, strings = set[str](), list[str]()
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "GLOBAL":
                modules.add(str(argument).split()[0])
            elif opcode.name == "STACK_GLOBAL":
                modules.add(strings[-2])
            elif isinstance(argument, str):
                strings.append(argument)
    except (ValueError, IndexError):
        return set()
    return modules


def test_an_index_names_no_module_of_ours(tmp_path: Path) -> None:
    create(tmp_path / "index", DOCUMENTS)
    engine = WhooshEngine(tmp_path / "index")
    engine.write([DOCUMENTS[0]._replace(revision=2)], deleted=[3])
    engine.close()
    (toc,) = current_generation(tmp_path / "index").glob("*.toc")
    named = names_in(toc)
    assert "whoosh.codec.whoosh3" in named
    assert not {name for name in named if not name.startswith("whoosh.")} - {
        "collections",
        "builtins",
        "copyreg",
        "__builtin__",
        "copy_reg",
    }
    assert b"index." not in toc.read_bytes()


@pytest.fixture
def earlier_codec(monkeypatch: pytest.MonkeyPatch) -> type[W3Codec]:
    """The class that table of contents named before the codec moved."""
    module = ModuleType("index.whoosh_codec")
    codec = type("WholeCodec", (W3Codec,), {"__module__": "index.whoosh_codec", "__qualname__": "WholeCodec"})
    module.WholeCodec = codec  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "index.whoosh_codec", module)
    return codec


def test_a_table_of_contents_made_by_earlier_code_is_read_and_rewritten_without_its_names(
    tmp_path: Path, earlier_codec: type[W3Codec], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(storage._Pickler, "persistent_id", lambda self, value: None)
        earlier.setattr("index.whoosh.writer.ContiguousPostingsCodec.__reduce__", lambda self: (earlier_codec, ()), raising=False)
        create(tmp_path / "index", DOCUMENTS)
    (toc,) = current_generation(tmp_path / "index").glob("*.toc")
    assert "index.whoosh_codec" in names_in(toc)
    monkeypatch.delitem(sys.modules, "index.whoosh_codec")
    engine = WhooshEngine(tmp_path / "index")
    assert engine.count() == 3
    engine.write([DOCUMENTS[0]._replace(id=9)])
    assert engine.versions() == {(1, 1), (2, 1), (3, 1), (9, 1)}
    assert [hit.id for hit in engine.search(Query("", Everything())).hits] == [1, 2, 3, 9]
    engine.close()
    (toc,) = current_generation(tmp_path / "index").glob("*.toc")
    assert "index.whoosh_codec" not in names_in(toc)


def test_a_table_of_contents_that_names_something_foreign_is_refused(tmp_path: Path) -> None:
    create(tmp_path / "index", DOCUMENTS)
    toc = TOC(schema(), [Evil(tmp_path / "owned")], 5)
    toc.write(IndexStorage(str(current_generation(tmp_path / "index"))), "MAIN")
    with pytest.raises(IndexUnusable, match="which an index does not contain"):
        WhooshEngine(tmp_path / "index")
    assert not (tmp_path / "owned").exists()


def test_a_directory_of_a_segment_that_names_something_foreign_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create(tmp_path / "index")
    engine = WhooshEngine(tmp_path / "index")
    write_dir = CompoundStorage.write_dir
    evil = {"evil": Evil(tmp_path / "owned")}
    monkeypatch.setattr(CompoundStorage, "write_dir", staticmethod(lambda file, at, names, options=None: write_dir(file, at, names, evil)))
    with pytest.raises(IndexUnusable, match="which an index does not contain"):
        engine.write(DOCUMENTS)
    assert not (tmp_path / "owned").exists()


def test_a_stored_field_that_names_something_foreign_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "dumps", lambda value, protocol: pickle.dumps(Evil(tmp_path / "owned"), protocol))
    create(tmp_path / "index", DOCUMENTS)
    engine = WhooshEngine(tmp_path / "index")
    with pytest.raises(pickle.UnpicklingError, match="which an index does not contain"):
        engine.search(Query("", Everything()))
    engine.close()
    assert not (tmp_path / "owned").exists()


def test_a_reference_to_anything_but_the_codec_is_refused() -> None:
    segment = W3Segment(W3Codec(), "MAIN")
    assert storage.unpickled(pickle.dumps({"a": [1, "b", segment.segid]})) == {"a": [1, "b", segment.segid]}
    with pytest.raises(pickle.UnpicklingError):
        storage.unpickled(b"\x80\x04\x8c\x05other\x94Q.")
