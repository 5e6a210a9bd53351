"""Generated notices with a site's words inside and around their text: the text is kept whole, menus and buttons stay out."""

from __future__ import annotations

import pytest

from tests.support.likeness.measure import measured

KEPT, LET_IN = 0.995, 0.005  # shares of characters


@pytest.mark.parametrize("count", [150, pytest.param(10_000, marks=pytest.mark.long)])
def test_text_is_kept_and_furniture_is_not(count: int) -> None:
    sums = measured(count, seed=1)
    worst = "\n".join(what for _, what in sorted(sums["all"].worst, reverse=True)[:10])
    for platform, total in sums.items() if count > 1000 else [("all", sums["all"])]:
        assert total.kept_share >= KEPT, f"{platform}: {total.kept_share:.4f} of the text kept\n{worst}"
        assert total.let_in_share <= LET_IN, f"{platform}: {total.let_in_share:.4f} let in\n{worst}"
