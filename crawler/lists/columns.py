"""What the head of a table calls its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crawler.lists.links import own_text

MAX_CELLS = 40
_CELLS = ("td", "th")


@dataclass(slots=True)
class Columns:
    """The heads of a page's tables, each read once."""

    heads: dict[Any, list[str]] = field(default_factory=dict)

    def label(self, element: Any) -> str:
        """What the head of its table calls the column of an element; empty outside a table with a head."""
        cell = next((e for e in _upward(element) if e.tag in _CELLS), None)
        row = cell.getparent() if cell is not None else None
        table = next((e for e in _upward(row) if e.tag == "table"), None)
        if cell is None or row is None or table is None or row.tag != "tr":
            return ""
        if table not in self.heads:
            first = table.find(".//tr")
            self.heads[table] = [own_text(c) for c in first[:MAX_CELLS]] if first is not None else []
        head = self.heads[table]
        place = next((n for n, c in enumerate(row[:MAX_CELLS]) if c is cell), MAX_CELLS)
        return head[place] if place < len(head) else ""


def _upward(element: Any) -> list[Any]:
    found: list[Any] = []
    while element is not None and len(found) < 12:
        found.append(element)
        element = element.getparent()
    return found
