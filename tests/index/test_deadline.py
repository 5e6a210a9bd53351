"""A question's time is one, however many searches answering it takes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from index import deadline
from index.answer.cursor import page_after
from index.answer.tiers import answer
from index.engine import Document
from index.engines import open_engine, rebuild
from index.query.tree import Everything, Query
from index.search import read_query
from notices.errors import QueryLimitError


def test_searches_inside_one_question_share_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "SECONDS", 0.1)
    with deadline.one_question():
        until = deadline.deadline()
        time.sleep(0.02)
        with deadline.one_question():
            assert deadline.deadline() == until
        assert deadline.deadline() == until
    assert deadline.deadline() > until


def test_a_question_whose_time_is_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild(f"whoosh://{tmp_path}/index", [Document(n, 1, "u", "两感公告", "", group=1) for n in range(1, 5)])
    engine = open_engine(f"whoosh://{tmp_path}/index")
    assert answer(engine, read_query("两感")).total == 4
    monkeypatch.setattr(deadline, "SECONDS", 0.05)
    with deadline.one_question():
        time.sleep(0.1)
        for ask in (
            lambda: engine.search(Query("", Everything())),
            lambda: answer(engine, read_query("两感")),
            lambda: page_after(engine, read_query("两感"), "undated.1", 10),
        ):
            with pytest.raises(QueryLimitError, match="took longer"):
                ask()
    engine.close()
