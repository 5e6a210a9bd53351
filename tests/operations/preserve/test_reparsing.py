"""Reparse as a job: counts, each change told once, and the index brought up to date."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from notices.config import Config
from notices.errors import ArchiveLocked
from operations.preserve.reparsing import ReparseRequest, ReparseWatch, reparse_archive
from pipeline.sql.locks import hold
from preservation.reparse import Change
from tests.support.imported import COUNT, change, flip, sealed, value


def test_dry_run_tells_the_changes_and_makes_none(config: Config, database: Engine) -> None:
    change(
        config,
        "update revision set title = '旧' where id in (2, 6); update attachment set name = '旧.txt', text = '旧' where revision_id = 6",
    )
    told: list[Change] = []
    read: list[int] = []
    result = reparse_archive(config, database, ReparseRequest(apply=False), ReparseWatch(read.append, told.append))
    assert [(each.notice_id, sorted(each.fields)) for each in told] == [(2, ["title"]), (6, ["attachments[0]", "title"])]
    assert (result.counts.read, result.counts.changed, result.counts.unreadable, result.indexed) == (COUNT, 2, 0, 0)
    assert result.counts.fields == {"title": 2, "attachments": 1}
    assert sum(read) == COUNT
    assert value(config, "select count(*) from revision where title = '旧'") == 2


def test_changes_are_applied_and_reach_the_index(config: Config, database: Engine) -> None:
    change(config, "update revision set title = '旧' where id in (2, 6)")
    result = reparse_archive(config, database, ReparseRequest(only=2))
    assert (result.counts.read, result.counts.changed, result.indexed) == (1, 1, 1)
    assert value(config, "select count(*) from revision where title = '旧'") == 1


def test_bytes_that_cannot_be_read_are_counted_and_leave_their_row(config: Config, database: Engine) -> None:
    name = sealed(config)[0].name
    change(config, "update revision set title = '旧'")
    flip(sealed(config)[0], int(str(value(config, f"select \"offset\" + length / 2 from snapshot where warc_file = '{name}' limit 1"))))
    told: list[Change] = []
    result = reparse_archive(config, database, ReparseRequest(), ReparseWatch(change=told.append))
    assert result.counts.unreadable == len([each for each in told if each.error]) == 1
    assert value(config, "select count(*) from revision where title = '旧'") == 1


def test_second_reparse_at_the_same_time_is_refused(config: Config, database: Engine) -> None:
    with hold(config.locks_dir, "reparse"), pytest.raises(ArchiveLocked):
        reparse_archive(config, database, ReparseRequest())
