"""The archive that readers are measured on: the notices made in SQL are found, numbered and shown like those that were imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.readers import archive
from benchmarks.readers.__main__ import questions_of


def test_the_archive_has_as_many_different_notices_as_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "IMPORTED", 6)
    home = archive.archive_of(tmp_path / "home", 14)
    assert home.rows("select count(*), count(distinct url), max(id) from notice") == [(14, 14, 14)]
    assert home.rows("select count(distinct number_key), count(distinct title) from revision")[0][0] == 14
    ((number,),) = home.rows("select document_number from revision where notice_id = 13")
    assert [hit["id"] for hit in home.search(number)["hits"] if hit["exact"]] == [13]
    assert archive.archive_of(tmp_path / "home", 14).rows("select count(*) from notice") == [(14,)]


def test_questions_are_those_of_search_pages() -> None:
    made = questions_of(60)
    assert len(made) == 60
    assert all(each.startswith("/search?q=%") for each in made)
    assert made == questions_of(60)
