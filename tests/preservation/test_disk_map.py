"""The map on disk behaves as a dict of dicts, whatever it has written out already."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.errors import ArchiveUnwritable, DiskFull
from preservation.disk_map import DiskMap, _errors

STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.one_of(st.none(), st.binary(max_size=3))), max_size=30)


@given(STEPS)
def test_last_value_of_each_key_is_kept(steps: list[tuple[str, int, bytes | None]]) -> None:
    expected: dict[tuple[str, int], bytes] = {}
    with closing(DiskMap()) as found:
        for part, number, value in steps:
            if value is None:
                found.drop(part, number)
                expected.pop((part, number), None)
            else:
                found.put(part, number, value)
                expected[part, number] = value
        assert {(part, number): value for part in found.parts() for number, value in found.each(part)} == expected
        assert all(found.get(part, number) == expected.get((part, number)) for part in "ab" for number in range(6))


def test_parts_are_iterated_in_order_of_their_numbers_beyond_one_batch() -> None:
    with closing(DiskMap()) as found:
        for number in reversed(range(5000)):
            found.put("a", number, b"%d" % number)
        assert list(found.each("a")) == [(number, b"%d" % number) for number in range(5000)]


@pytest.mark.parametrize(("message", "kind"), [("database or disk is full", DiskFull), ("disk I/O error", ArchiveUnwritable)])
def test_full_folder_for_temporary_files_is_told_from_an_unusable_one(message: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="SQLITE_TMPDIR"), _errors():
        raise sqlite3.OperationalError(message)
