"""Whether two notices are one instrument published twice (reference/domain.md §4.6): number, title, date and issuer, then the text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import NamedTuple

from notices.reference.agencies import same_agency, short_name, title_issuers
from notices.reference.numbers import parse_number
from pipeline.anatomy.kinds import status_marks
from pipeline.anatomy.lines import fold_title

_SHINGLE = 6
_SKETCH = 128
_TEXT_KEYS = 4
_FIRST_BYTES = bytes(not 0x80 <= byte < 0xC0 for byte in range(256))  # of a character in UTF-8
_MAX_TEXT = 100_000
_FOLD = re.compile(r"\W+")
_FIGURES = re.compile(r"\d+")
_NUMBER_TAIL = re.compile(r"[（(【\[]([^（）()]{2,60}号)[）)】\]]$")

# A repost differs by boilerplate; a yearly successor differs in dates and figures.
_SAME_TEXT = 0.8
_SAME_FIGURES = 0.7
_LIKE_TEXT = 0.5
_SHORT_TEXT = 80


class Sketch(NamedTuple):
    """What tells one text from another: its length without punctuation, and the smallest hashes of its runs of six characters and of its figures, sorted."""

    length: int
    shingles: tuple[int, ...]
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one revision from another. Keys are "" and dates None where the page shows none."""

    title: str
    number: str
    issuers: tuple[str, ...]
    written: date | None
    published: date | None
    length: int
    shingles: tuple[int, ...]
    figures: tuple[int, ...]


def sketch(text: str) -> Sketch:
    """The sketch of a text, which is read to 100,000 characters: linear, and most of what a fingerprint costs."""
    folded = _FOLD.sub("", text[:_MAX_TEXT])
    return Sketch(
        length=len(folded),
        shingles=_smallest(_shingles(folded)),
        figures=_smallest(map(_utf8, _FIGURES.findall(text[:_MAX_TEXT]))),
    )


def fingerprint(
    text: str | Sketch,
    *,
    title: str | None,
    number_key: str | None = None,
    issuer: str | None = None,
    dates: tuple[date | None, date | None] = (None, None),
) -> Fingerprint:
    """What same_instrument compares, of a text or its sketch; `dates` are written and published date."""
    named = title_issuers(title or "")
    sketched = sketch(text) if isinstance(text, str) else text
    return Fingerprint(
        title=_title_key(title or "", named),
        number=number_key or _number_in(title or ""),
        issuers=tuple(short_name(name) for name in (re.split(r"[\s、，]+", issuer.strip()) if issuer else named)),
        written=dates[0],
        published=dates[1],
        length=sketched.length,
        shingles=sketched.shingles,
        figures=sketched.figures,
    )


def candidate_keys(print_: Fingerprint) -> tuple[str, ...]:
    """Keys to look up possible copies by: two copies of one instrument share at least one, unless a site renamed and renumbered it.

    Copies share most of the four keys of the text. Strangers share one at times, where a usual phrase has a small hash.
    """
    keys = []
    if print_.number:
        keys.append("number:" + print_.number)
    if print_.title:
        keys.append("title:" + print_.title)
    if print_.shingles and print_.length >= _SHORT_TEXT:
        keys += [f"text:{shingle:08x}" for shingle in print_.shingles[:_TEXT_KEYS]]
    return tuple(keys)


def same_instrument(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether both are copies of one instrument; a doubt means no, as a wrong merge hides a notice."""
    if one.number and other.number:
        return one.number == other.number and _agree_on_number(one, other)
    if _dates_differ(one, other) or not _issuers_fit(one, other):
        return False
    if one.title and one.title == other.title:
        return _same_titled(one, other)
    return (
        one.written is not None
        and one.written == other.written
        and min(one.length, other.length) >= 200
        and similarity(one.shingles, other.shingles) >= 0.9
        and similarity(one.figures, other.figures) >= _SAME_FIGURES
    )


def similarity(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The estimated share of common members of two sketched sets, 0 to 1; two empty sets are equal."""
    if not one or not other:
        return float(one == other)
    union = sorted(set(one) | set(other))[:_SKETCH]
    common = set(one) & set(other)
    return sum(member in common for member in union) / len(union)


def _agree_on_number(one: Fingerprint, other: Fingerprint) -> bool:
    """A code is shared by many agencies (新政办发), so title or text must agree as well, and issuers must not contradict."""
    if not _issuers_fit(one, other):
        return False
    if one.written and other.written and one.written != other.written:
        return False
    if one.title == other.title or (min(len(one.title), len(other.title)) >= 8 and (one.title in other.title or other.title in one.title)):
        return True
    return similarity(one.shingles, other.shingles) >= _LIKE_TEXT


def _same_titled(one: Fingerprint, other: Fingerprint) -> bool:
    """Equal titles: a yearly series has them too, so the day of signing or the figures of the text decide."""
    text = similarity(one.shingles, other.shingles)
    if min(one.length, other.length) < _SHORT_TEXT:
        return one.written is not None and one.written == other.written
    if one.written and other.written:
        return text >= _LIKE_TEXT
    return text >= _SAME_TEXT and similarity(one.figures, other.figures) >= _SAME_FIGURES


def _dates_differ(one: Fingerprint, other: Fingerprint) -> bool:
    """Signed on different days; a published day says little, as sites put old notices online years later."""
    return one.written is not None and other.written is not None and one.written != other.written


def _issuers_fit(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether any issuer of one is an issuer of the other; an unknown issuer fits all."""
    if not one.issuers or not other.issuers:
        return True
    return any(same_agency(name, candidate) for name in one.issuers for candidate in other.issuers)


def _title_key(title: str, named: list[str]) -> str:
    """The title folded, without its issuer, number and status marks: what remains equal between a city's and a department's copy."""
    for mark in status_marks(title):
        title = re.sub("[【（(\\[]" + re.escape(mark) + "[】）)\\]]", "", title)
    title = _NUMBER_TAIL.sub("", title.strip())
    if named:
        start = re.search("关于|联合|印发|转发|批转|发布|公布|下发|公告|通告|令", title)
        title = title[start.start() :] if start else title
    return fold_title(title)


def _number_in(title: str) -> str:
    tail = _NUMBER_TAIL.search(title.strip())
    number = parse_number(tail[1]) if tail else None
    return number.key if number and number.code else ""


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _shingles(text: str) -> Iterable[bytes]:
    """Every run of six characters, or the text if it is shorter; cut from its bytes, which are hashed."""
    data = _utf8(text)
    if len(data) == 3 * len(text) and len(text) > _SHINGLE:  # Chinese characters only
        return [data[start : start + 3 * _SHINGLE] for start in range(0, len(data) - 3 * _SHINGLE + 1, 3)]
    starts = list(compress(range(len(data)), data.translate(_FIRST_BYTES)))
    if len(starts) <= _SHINGLE:
        return (data,)
    return [data[start:end] for start, end in zip(starts, (*starts[_SHINGLE:], len(data)), strict=False)]


def _smallest(pieces: Iterable[bytes]) -> tuple[int, ...]:
    """The smallest hashes of a set: a sample that two sets share as far as they share members."""
    hashes = set(map(zlib.crc32, pieces))
    if len(hashes) > 8 * _SKETCH:  # about 512 of them are this small: to sort all costs as much as to hash them
        most = (4 * _SKETCH << 32) // len(hashes)
        small = [each for each in hashes if each < most]
        if len(small) >= _SKETCH:
            return tuple(sorted(small)[:_SKETCH])
    return tuple(sorted(hashes)[:_SKETCH])
