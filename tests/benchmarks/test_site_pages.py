"""Whole mirrored sites beside selectors that were written by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.reading.site_pages import MARKS, likeness, marks, site_pages
from pipeline.parse.detail import read_detail

REACHED = 0.98


def test_likeness_counts_what_is_lost_and_what_is_let_in() -> None:
    assert likeness("青禾市开展检查", "青禾市开展检查", "检查") == 1.0
    assert likeness("通知 青禾市开展检查", "青禾市开展检查", "通知") == 1.0
    assert likeness("青禾市开展检查", "青禾市", "检查") == pytest.approx(0.5)
    assert likeness("青禾市", "青禾市开展检查", "检查") == pytest.approx(0.5)
    assert likeness("青禾市", "", "检查") == 0.0


@pytest.mark.shared
@pytest.mark.long
def test_every_detail_page_of_the_mirrored_sites_is_read(shared: Path) -> None:
    sums: dict[str, Counter[str]] = {}
    for page in site_pages(shared / "data" / "sites"):
        found = marks(page, read_detail(page.body, page.url))
        sums.setdefault(page.site, Counter()).update({"pages": 1, **found})  # type: ignore[arg-type]  # the marks are sums of fractions
    assert sum(total["pages"] for total in sums.values()) > 400
    for site, total in sums.items():
        for mark in MARKS:
            assert total[mark] / total["pages"] >= REACHED, f"{site}: {mark} {total[mark] / total['pages']:.3f}"
