"""The labelled list pages, scored with the shared tool."""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from pathlib import Path

import pytest

from crawler.list_page import read_list

AT_LEAST = {"entries_f1": 0.97, "entry_dates": 0.98, "next_page": 0.95}


@pytest.mark.shared
def test_labelled_lists_are_read_as_well_as_promised(shared: Path) -> None:
    spec = importlib.util.spec_from_file_location("score_pages", shared / "tools" / "score_pages.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    marks: dict[str, list[float]] = defaultdict(list)
    for label in tool.load(shared / "data" / "pages"):
        if label["kind"] != "list":
            continue
        page = read_list(Path(label["file"]).read_bytes(), tool.base_url(label))
        entries = [{"title": e.title, "url": e.url, "date": e.date.isoformat() if e.date else None} for e in page.entries]
        for name, mark in tool.score_list(label, {"entries": entries, "next_page": page.next_page}).items():
            marks[name].append(float(mark))
    assert {name: sum(all_) / len(all_) >= AT_LEAST[name] for name, all_ in marks.items()} == dict.fromkeys(AT_LEAST, True)
