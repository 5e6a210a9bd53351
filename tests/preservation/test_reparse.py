"""A revision read again: a difference is a change with plain JSON values, applied only when told."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from notices.config import Config
from preservation.reparse import Change, Reader, _as_json, count_revisions, reparse
from tests.support.imported import COUNT, change, value

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def changes(config: Config, database: Engine, *, apply: bool, only: int | None = None) -> list[Change | None]:
    with closing(Reader(database, config)) as reader:
        return list(reparse(database, reader, NOW, apply=apply, only=only))


def test_fresh_revisions_read_the_same(config: Config, database: Engine) -> None:
    assert changes(config, database, apply=True) == [None] * COUNT
    assert count_revisions(database) == COUNT
    assert count_revisions(database, 4) == 1


def test_difference_is_applied_only_when_told(config: Config, database: Engine) -> None:
    change(
        config,
        "update revision set published_date = '2025-01-02', title = '旧' where id = 6; update alias set short = '旧' where revision_id = 6",
    )
    (dry,) = changes(config, database, apply=False, only=6)
    assert dry is not None
    assert dry.fields["published_date"] == ("2025-01-02", "2026-10-01")
    assert dry.fields["aliases"] == ([["旧", "关于第6号堤防巡查的意见"]], [["巡查意见", "关于第6号堤防巡查的意见"]])
    assert value(config, "select title from revision where id = 6") == "旧"
    assert changes(config, database, apply=True, only=6) == [dry]
    assert value(config, "select title from revision where id = 6") == "关于第6号河段防汛工作的通知"
    assert json.loads(str(value(config, "select changes from correction")))["title"] == ["旧", "关于第6号河段防汛工作的通知"]
    assert changes(config, database, apply=True, only=6) == [None]


def test_only_plain_values_have_a_json_form() -> None:
    assert _as_json({"a": (date(2026, 1, 2), None, [True, 1.5, "文"])}) == {"a": ["2026-01-02", None, [True, 1.5, "文"]]}
    with pytest.raises(TypeError):
        _as_json({1, 2})
