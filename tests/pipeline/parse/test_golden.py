"""Whole pages of every CMS family, invented, read exactly as written down beside them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from pipeline.parse.detail import read_detail

GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.mark.parametrize("folder", sorted(f.parent.name for f in GOLDEN.glob("*/page.html")))
def test_page_is_read_as_written_down(folder: str) -> None:
    told = json.loads((GOLDEN / folder / "page.json").read_text(encoding="utf-8"))
    expected = json.loads((GOLDEN / folder / "expected.json").read_text(encoding="utf-8"))
    made = json.loads(msgspec.json.encode(read_detail((GOLDEN / folder / "page.html").read_bytes(), **told)))
    assert {name: made[name] for name in expected} == expected


def test_every_family_has_a_page() -> None:
    assert len(list(GOLDEN.glob("*/expected.json"))) >= 17
