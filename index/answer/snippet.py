"""The passage of a text that shows a match, with the match's exact place in the original characters."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from index.answer.headings import section_path
from index.query.tree import Query
from notices.attachment import AttachmentText
from notices.text.fold import fold, fold_map

BEFORE, WIDTH = 30, 110
_BLOCK, _MAX_SCAN = 256, 2_000_000  # mapping a character costs thirty times as much as folding it
_OCCURRENCES = 100
_MARGIN = 40  # characters around a passage that are masked with it, so that a number cut by its ends is masked too

WHOLE = 10_000  # the query as a whole is shown before any number of its words
Where = str | dict[str, str | int | float | None]
Occurrence = tuple[int, int, int]  # first and last folded character, number of the run


class Above(NamedTuple):
    """The text above a piece: the pages of its file, and how many of them come before it."""

    pages: Sequence[str]
    before: int


class Snippet(NamedTuple):
    """A passage; `marks` are [start, end) in its characters; `where` is title, text or {attachment, page} (page null: its name; a page of an
    archive has `member`, a page
    whose text was recognised from its picture has `recognised` and `confidence` too); `path` has the headings above."""

    text: str
    marks: tuple[tuple[int, int], ...]
    where: Where
    path: tuple[str, ...] = ()


def snippet_of(
    title: str, text: str, attachments: Sequence[AttachmentText], tiers: Sequence[Sequence[str]], mask: Callable[[str], str] = str
) -> Snippet:
    """The passage with most of the folded runs: in the text, else an attachment, else the title; the text's beginning when none contains any.

    `tiers`, see tiers_of: the runs of a later tier count only if none of an earlier one occurs anywhere. `mask` must keep the length of its text.
    """
    places = [(place, _Folded(piece), above) for place, piece, above in _places(title, text, attachments)]
    for tier, wanted in enumerate(tiers):
        found = [folded.best(wanted, 0 if tier else WHOLE) for _, folded, _ in places]
        best = max(range(len(places)), key=lambda n: found[n][0])
        if found[best][0]:
            place, folded, above = places[best]
            passage, at = _passage(folded, found[best][1], wanted, mask)
            return passage._replace(where=place, path=() if above is None else tuple(map(mask, _path(above, folded.text, at))))
    return Snippet(_one_line(mask(text[: WIDTH + _MARGIN])[:WIDTH] or mask(title)), (), "text" if text else "title")


def tiers_of(query: Query) -> tuple[Sequence[str], Sequence[str]]:
    """The runs to mark: the query's words, or else the pairs of characters that a similar notice may share with them."""
    loose = query.relaxed_text if query.highlights else ""
    return query.highlights, list(dict.fromkeys(loose[i : i + 2] for i in range(len(loose) - 1)))


def _places(title: str, text: str, attachments: Sequence[AttachmentText]) -> Iterator[tuple[Where, str, Above | None]]:
    """Every piece of the notice with the text above it; None for a piece that cannot have headings."""
    yield "text", text, Above((), 0)
    for attached in attachments:
        for number, page in enumerate(attached.pages):
            place: dict[str, str | int | float | None] = {"attachment": attached.name, "page": number + 1}
            if (member := attached.member_of(number)) is not None:
                place["member"] = member
            if (confidence := attached.confidence_of(number)) is not None:
                place |= {"recognised": True, "confidence": confidence}
            yield place, page, Above(attached.pages, number)
    for attached in attachments:
        yield {"attachment": attached.name, "page": None}, attached.name, None
    yield "title", title, None


def _path(above: Above, text: str, at: int) -> tuple[str, ...]:
    """The headings over a place, on its own page or on one before."""
    before = "".join(f"{page}\n" for page in above.pages[: above.before])
    return section_path(before + text, len(before) + at)


class _Folded:
    """A text with its folded form, mapped back block by block: of a long text only the blocks of a match are mapped."""

    def __init__(self, text: str) -> None:
        self.text = text[:_MAX_SCAN]
        blocks = [fold(self.text[i : i + _BLOCK]) for i in range(0, len(self.text), _BLOCK)]
        self.folded = "".join(blocks)
        self._starts = [0]
        for block in blocks:
            self._starts.append(self._starts[-1] + len(block))
        self._maps: dict[int, Sequence[int]] = {}

    def original(self, at: int) -> int:
        """The original position of a folded character."""
        block = bisect_right(self._starts, at) - 1
        if block not in self._maps:
            self._maps[block] = fold_map(self.text[block * _BLOCK : (block + 1) * _BLOCK])[1]
        return block * _BLOCK + self._maps[block][at - self._starts[block]]

    def occurrences(self, runs: Sequence[str], start: int = 0, end: int | None = None) -> list[Occurrence]:
        """The first occurrences of every run in a part of the folded text, in order."""
        found = []
        for number, run in enumerate(runs):
            at = self.folded.find(run, start, end)
            for _ in range(_OCCURRENCES):
                if at < 0:
                    break
                found.append((at, at + len(run) - 1, number))
                at = self.folded.find(run, at + 1, end)
        return sorted(found)

    def best(self, runs: Sequence[str], more: int = 0) -> tuple[int, int]:
        """The weight and the beginning of the first part with most of the runs. The first run weighs `more`."""
        found = self.occurrences(runs)
        weights = [len(run) + (0 if number else more) for number, run in enumerate(runs)]
        inside: Counter[int] = Counter()
        best, weight, first = (0, 0), 0, 0
        for at, _, number in found:
            weight += weights[number] if not inside[number] else 0
            inside[number] += 1
            while found[first][0] < at - (WIDTH - BEFORE):
                left = found[first][2]
                inside[left] -= 1
                weight -= weights[left] if not inside[left] else 0
                first += 1
            best = (weight, found[first][0]) if weight > best[0] else best
        return best


def _passage(folded: _Folded, first: int, runs: Sequence[str], mask: Callable[[str], str]) -> tuple[Snippet, int]:
    """The passage around a folded character, not yet with its place, and where the match begins in the whole text."""
    at = folded.original(first)
    start = _beginning(folded.text, at)
    end = min(len(folded.text), start + WIDTH)
    around = mask(folded.text[max(0, start - _MARGIN) : end + _MARGIN])
    passage, unmasked = around[min(start, _MARGIN) :][: end - start], folded.text[start:end]
    low = max(0, first - WIDTH)  # folded characters may be more than the original ones, but few of them are before a match
    spans = [(folded.original(a), folded.original(b) + 1) for a, b, _ in folded.occurrences(runs, low, first + 2 * WIDTH)]
    inside = sorted((max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start)
    marks = _merged([(a, b) for a, b in inside if passage[a:b] == unmasked[a:b]])  # a mark on a starred digit would reveal it
    return Snippet(_one_line(passage), marks, "text"), at


def _beginning(text: str, at: int) -> int:
    """A little before the match, at the beginning of a line or sentence where one is near."""
    start = max(0, at - BEFORE)
    near = max(text.rfind(sign, start, at) for sign in "\n。；！？")
    start = near + 1 if near >= 0 else start
    while start < at and text[start].isspace():
        start += 1
    return start


def _merged(marks: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    made: list[tuple[int, int]] = []
    for start, end in marks:
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return tuple(made)


def _one_line(text: str) -> str:
    """The text with a blank for each line break, so that marks keep their positions."""
    return text.translate(_BREAKS)


_BREAKS = {code: " " for code in (*range(9, 14), *range(28, 32), 0x85, 0x2028, 0x2029)}


def marks_in(text: str, runs: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The marks of the folded runs in a short text."""
    folded = _Folded(text)
    return _merged(sorted((folded.original(a), folded.original(b) + 1) for a, b, _ in folded.occurrences(runs)))
