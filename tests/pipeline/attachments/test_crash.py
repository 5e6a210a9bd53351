"""A reader that crashes on a member of an archive costs that member, not the text of the others."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.attachments import extractor
from pipeline.attachments.extractor import Extractor
from tests.support.made_files import rar4


@pytest.fixture(autouse=True)
def crashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "_WORKER", "tests.pipeline.attachments.crashing_worker")


def zipped(**members: bytes) -> bytes:
    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return made.getvalue()


def test_members_beside_one_that_crashes_the_reader_are_read() -> None:
    inner = zipped(third="内层的正文".encode(), fourth=b"CRASH again")
    with Extractor() as reading:
        text = reading.extract(zipped(first="甲村的名册".encode(), second=b"CRASH", inner=inner, last="乙村的名册".encode()), "名册.zip")
        assert text.outcome == "ok"
        pages = "".join(text.pages)
        assert all(words in pages for words in ("甲村的名册", "内层的正文", "乙村的名册"))
        assert "second broken (the reader broke off on it)" in str(text.detail)
        assert reading.extract("单独的正文".encode(), "a.txt").outcome == "ok"


def test_archive_of_crashes_and_a_file_that_crashes_end_as_broken() -> None:
    with Extractor() as reading:
        text = reading.extract(zipped(**{f"m{n}": b"CRASH" for n in range(9)}), "a.zip")
        assert text.outcome == "broken"
        assert reading.extract(b"CRASH", "a.txt").outcome == "broken"


IN_THE_UNPACKER = b"CRASH IN THE UNPACKER"


def sevened(**members: bytes) -> bytes:
    import py7zr

    with py7zr.SevenZipFile(made := io.BytesIO(), "w") as archive:
        for name, body in members.items():
            archive.writestr(body, name)
    return made.getvalue()


def test_crash_while_a_member_of_a_rar_is_unpacked_costs_that_member() -> None:
    members = {"a.txt": "甲村的名册".encode(), "b.txt": "丙村的名册".encode(), "c.txt": IN_THE_UNPACKER, "d.txt": "乙村的名册".encode()}
    with Extractor() as reading:
        text = reading.extract(rar4(members), "名册.rar")
        assert (text.outcome, [page.split("\n")[-1] for page in text.pages]) == ("ok", ["甲村的名册", "丙村的名册", "c.txt", "乙村的名册"])
        assert "c.txt broken (the reader broke off on it)" in str(text.detail)


def test_crash_while_a_member_of_a_solid_rar_is_unpacked_costs_it_and_those_behind_it() -> None:
    members = {"a.txt": "甲村的名册".encode(), "b.txt": IN_THE_UNPACKER, "c.txt": "乙村的名册".encode()}
    with Extractor() as reading:
        text = reading.extract(rar4(members, solid=True), "名册.rar")
        assert text.outcome == "ok"
        assert text.pages[0] == "a.txt\n甲村的名册"
        assert "b.txt broken" in str(text.detail)
        assert "乙村" not in "".join(text.pages)


def test_crash_before_the_first_member_ends_the_archive_alone_after_one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    start = extractor._start
    monkeypatch.setattr(extractor, "_start", lambda *how: started.append(1) or start(*how))
    with Extractor() as reading:
        text = reading.extract(sevened(a=IN_THE_UNPACKER, b="乙村的名册".encode()), "名册.7z")
        assert (text.outcome, text.pages, len(started)) == ("broken", (), 1)
        assert str(text.detail).startswith("the reader broke off")
        assert reading.extract("单独的正文".encode(), "a.txt").outcome == "ok"


def test_crash_of_an_inner_archive_costs_that_archive_alone() -> None:
    outer = zipped(first="甲村的名册".encode(), inner=sevened(a=IN_THE_UNPACKER), last="乙村的名册".encode())
    with Extractor() as reading:
        text = reading.extract(outer, "名册.zip")
    assert text.outcome == "ok"
    assert "甲村的名册" in "".join(text.pages)
    assert "乙村的名册" in "".join(text.pages)
    assert "inner broken (the reader broke off on it)" in str(text.detail)
