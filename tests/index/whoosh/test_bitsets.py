"""Sets of documents as integers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.whoosh.bitsets import flags_of, numbers_of, of_flags, of_numbers


@given(st.integers(1, 3000).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))))
def test_sets_full_and_thin_give_back_their_numbers(drawn: tuple[int, set[int]]) -> None:
    size, numbers = drawn
    bits = of_numbers(numbers, size)
    assert numbers_of(bits) == sorted(numbers)
    assert of_flags(flags_of(bits, size)) == bits


def test_empty_sets() -> None:
    assert (numbers_of(0), of_numbers([], 0), flags_of(0, 3)) == ([], 0, b"\0\0\0")
