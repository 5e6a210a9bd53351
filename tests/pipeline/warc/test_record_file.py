"""Bytes at a place are the same however they are fetched, and each is fetched once when a file is read on."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from pipeline.warc.record_file import Digested, RangedFile

DATA = bytes(range(256)) * 4000  # 1 MB


class Remote:
    """Bytes somewhere else, and what was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def get(self, start: int, end: int) -> bytes:
        """Bytes [start, end)."""
        self.asked.append((start, end))
        return self.data[start:end]

    def file(self) -> RangedFile:
        """The file of these bytes."""
        return RangedFile(lambda: len(self.data), self.get)


@given(st.lists(st.tuples(st.integers(0, len(DATA) + 10), st.integers(0, 400_000)), max_size=12))
def test_any_order_of_reading_gives_the_same_bytes(reads: list[tuple[int, int]]) -> None:
    file = Remote(DATA).file()
    for place, size in reads:
        assert file.at(place, size) == DATA[place : place + size]


def test_reading_on_asks_for_each_byte_once_in_ever_larger_pieces() -> None:
    remote = Remote(DATA * 20)
    file, place = remote.file(), 0
    while chunk := file.at(place, 32 << 10):
        assert chunk == remote.data[place : place + len(chunk)]
        place += len(chunk)
    assert place == len(remote.data)
    assert len(remote.asked) < 12
    assert sum(min(end, place) - min(start, place) for start, end in remote.asked) == place


def test_a_record_costs_one_small_request() -> None:
    remote = Remote(DATA)
    remote.file().at(500_000, 32 << 10)
    assert remote.asked == [(500_000, 500_000 + (64 << 10))]


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 700)), max_size=20))
def test_the_digest_is_that_of_the_whole_file_however_it_was_read(reads: list[tuple[int, int]]) -> None:
    data = DATA[:5000]
    file = Digested(Remote(data).file())
    for place, size in reads:
        file.at(place, size)
    assert file.digest() == sha256(data).hexdigest()
