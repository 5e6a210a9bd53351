"""The passage of a text that shows a match, with the match's exact place in the original characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.engine import AttachedText
from notices.text import fold, fold_map

BEFORE, WIDTH = 30, 110
_MAX_SCAN = 2_000_000


@dataclass(frozen=True, slots=True)
class Snippet:
    """A passage; `marks` are [start, end) in its characters; `where` is title, text or {attachment, page}."""

    text: str
    marks: tuple[tuple[int, int], ...]
    where: str | dict[str, str | int]


def snippet_of(title: str, text: str, attachments: Sequence[AttachedText], runs: Sequence[str]) -> Snippet:
    """The best passage for folded runs: in the text, else in an attachment, else in the title; the text's beginning when none."""
    for wanted in (runs, _pairs(runs)):
        for place, piece in _places(title, text, attachments):
            made = _passage(piece, wanted)
            if made:
                return Snippet(made[0], made[1], place)
    return Snippet(_one_line(text[:WIDTH] or title), (), "text" if text else "title")


def _pairs(runs: Sequence[str]) -> list[str]:
    """Pairs of characters of the runs: what a relaxed match may share with the query."""
    return list(dict.fromkeys(run[i : i + 2] for run in runs for i in range(len(run) - 1)))


def _places(title: str, text: str, attachments: Sequence[AttachedText]) -> list[tuple[str | dict[str, str | int], str]]:
    places: list[tuple[str | dict[str, str | int], str]] = [("text", text)]
    for attached in attachments:
        places += [({"attachment": attached.name, "page": n}, page) for n, page in enumerate(attached.pages, 1)]
        places.append(({"attachment": attached.name, "page": 0}, attached.name))
    return [*places, ("title", title)]


def _passage(piece: str, runs: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]] | None:
    """The part around the first and best run found, marks on every run in it."""
    piece = piece[:_MAX_SCAN]
    folded = fold(piece)
    at = next((folded.find(run) for run in runs if run in folded), -1)
    if at < 0:
        return None
    whole, offsets = fold_map(piece)
    start = max(0, offsets[at] - BEFORE)
    passage = piece[start : start + WIDTH]
    end = start + len(passage)
    marks = sorted(set(_found(whole, offsets, runs, start, end)))
    return _one_line(passage), tuple(_merged([(a - start, b - start) for a, b in marks]))


def _found(folded: str, offsets: Sequence[int], runs: Sequence[str], start: int, end: int) -> list[tuple[int, int]]:
    found = []
    for run in runs:
        at = folded.find(run)
        while at >= 0:
            first, last = offsets[at], offsets[at + len(run) - 1] + 1
            if first >= end:
                break
            if first >= start:
                found.append((first, min(last, end)))
            at = folded.find(run, at + 1)
    return found


def _merged(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for start, end in marks:
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return made


def _one_line(text: str) -> str:
    """Line breaks as blanks, one for one, so that marks keep their places."""
    return text.replace("\n", " ").replace("\r", " ").replace("\t", " ")


def marks_in(text: str, runs: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where the folded runs stand in a short text."""
    folded, offsets = fold_map(text)
    return tuple(_merged(sorted(_found(folded, offsets, runs, 0, len(text)))))
