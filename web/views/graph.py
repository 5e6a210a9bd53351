"""A notice and its neighbours as a drawing: who cites it on the left, what it cites on the right. The lists below it say the same and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from operations.read.notice_views import LinkView, Relations

MOST = 8  # neighbours on each side
WIDTH, _ROW, _BOX, _HEIGHT = 900, 46, 250, 34
_CHARACTERS = 15  # of a label, beside the line that leads to it


@dataclass(frozen=True, slots=True)
class Box:
    """A neighbour: where its box is, its label, its notice (None where the archive lacks it) and the relation that its line shows."""

    x: int
    y: int
    label: str
    title: str
    notice: int | None
    relation: str
    is_left: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The drawing's height, the middle, the boxes, and how many neighbours are left out."""

    height: int
    middle: int
    boxes: tuple[Box, ...]
    left_out: int


def graph_of(relations: Relations) -> Graph | None:
    """The drawing; None without neighbours."""
    left, right = _distinct(relations.cited_by), _distinct(relations.cites)
    if not left and not right:
        return None
    rows = max(len(left[:MOST]), len(right[:MOST]), 1)
    height = rows * _ROW + 8
    boxes = (*_column(left[:MOST], 0, height, is_left=True), *_column(right[:MOST], WIDTH - _BOX, height, is_left=False))
    return Graph(height, height // 2, boxes, max(len(left) - MOST, 0) + max(len(right) - MOST, 0))


def _distinct(links: Sequence[LinkView]) -> list[LinkView]:
    """Each neighbour once, with its first relation that is more than a mention."""
    found: dict[object, LinkView] = {}
    for each in sorted(links, key=lambda link: link.relation == "cites"):
        found.setdefault(each.notice.id if each.notice else (each.title, each.number), each)
    return list(found.values())


def _column(links: Sequence[LinkView], x: int, height: int, *, is_left: bool) -> Iterator[Box]:
    top = (height - len(links) * _ROW) // 2
    for n, each in enumerate(links):
        title = (each.notice.title or each.notice.document_number or "") if each.notice else each.title or each.number or ""
        label = title if len(title) <= _CHARACTERS else title[: _CHARACTERS - 1] + "…"
        yield Box(x, top + n * _ROW + (_ROW - _HEIGHT) // 2, label, title, each.notice.id if each.notice else None, each.relation, is_left)
