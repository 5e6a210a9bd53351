"""A finding's subject is a value; its displayed place is derived, and stable."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from preservation.findings import (
    AttachmentSubject,
    CheckpointFile,
    CheckpointLog,
    CheckpointSubject,
    DatabaseFile,
    Finding,
    IndexFile,
    NoticeSubject,
    RevisionSubject,
    RowSubject,
    SnapshotSubject,
    Subject,
    WarcPlace,
    WholeIndex,
    display,
)

FILE = "notices-0-000001.warc.gz"
DISPLAYED: list[tuple[Subject, str]] = [
    (WarcPlace(FILE), FILE),
    (WarcPlace(FILE, 0), f"{FILE} offset 0"),
    (WarcPlace("a strange name offset 7"), "a strange name offset 7"),
    (DatabaseFile("/srv/notices.db"), "/srv/notices.db"),
    (RowSubject("attachment", 3), "attachment 3"),
    (SnapshotSubject(9), "snapshot 9"),
    (SnapshotSubject(9, WarcPlace(FILE, 70)), f"snapshot 9 ({FILE} offset 70)"),
    (NoticeSubject(5), "notice 5"),
    (RevisionSubject(5, 2, 77), "revision 2 of notice 5"),
    (AttachmentSubject(RevisionSubject(5, 2, 77), 0), "revision 2 of notice 5, attachment 0"),
    (CheckpointSubject(1), "checkpoint 1"),
    (CheckpointSubject(1, date(2026, 11, 3)), "checkpoint 1 (2026-11-03)"),
    (CheckpointFile("000000000020.txt"), "checkpoints/000000000020.txt"),
    (CheckpointLog(), "checkpoints"),
    (IndexFile("0.seg"), "0.seg"),
    (WholeIndex("whoosh:///srv/index"), "whoosh:///srv/index"),
]


@pytest.mark.parametrize(("subject", "text"), DISPLAYED, ids=lambda each: type(each).__name__)
def test_subject_is_displayed_as_readers_know_it(subject: Subject, text: str) -> None:
    assert display(subject) == text
    assert Finding("warc", "record", subject, "").place == text


def test_every_kind_of_subject_is_displayed() -> None:
    assert {type(subject) for subject, _ in DISPLAYED} == set(get_args(Subject))


def test_subjects_that_look_alike_are_not_equal() -> None:
    assert display(WarcPlace("notice 5")) == display(NoticeSubject(5))
    assert len({Finding("sql", "notice", subject, "") for subject in (WarcPlace("notice 5"), NoticeSubject(5))}) == 2
