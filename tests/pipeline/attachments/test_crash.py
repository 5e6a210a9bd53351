"""A reader that crashes on a member of an archive costs that member, not the text of the others."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.attachments import extractor
from pipeline.attachments.extractor import Extractor


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
