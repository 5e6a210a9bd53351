"""Notice, carried text and attachments as spans; the names of attachments (reference/domain.md §1.4)."""

from __future__ import annotations

import re

from notices.model import Part
from notices.reference.agencies import names_in
from notices.text.dates import date_line
from pipeline.anatomy.lines import TextLine, fold_title

_MARK = re.compile(r"附\s*件\s*([0-9０-９一二三四五六七八九十]{0,3}(?:[-－—][0-9]{1,2})?)\s*[:：]?")
_LISTED = re.compile(r"附\s*件?\s*([0-9０-９一二三四五六七八九十]{0,3})\s*[:：.．、]\s*(.*)")
_ITEM = re.compile(r"([0-9０-９]{1,2})\s*(?:[.．、)）]\s*(?=\S)|(?=\D))(.+)")
_INLINE = re.compile(r"(?<=[^\d\s])\s*([2-9]|[1-3]\d)[.．、](?=[^\d\s])")
_FILE = re.compile(r"\.(?:docx?|xlsx?|pdf|wps|et|ofd|zip|rar|ceb|jpg|png|pptx?|tif)$", re.I)
_MARKED = re.compile(r"^附\s*件?\s*[0-9一二三四五六七八九十]{0,2}\s*[:：.．、]\s*")
_MAX_NAMES = 200


def attachment_marks(lines: list[TextLine], body: int) -> list[int]:
    """Indexes of the lines where an attachment's text begins: only 附件 and its number, no list below it."""
    return [
        index
        for index in range(body, len(lines))
        if lines[index].text[0] == "附"
        and len(lines[index].text) < 14
        and _MARK.fullmatch(lines[index].text)
        and not _opens_list(lines, index)
    ]


def _opens_list(lines: list[TextLine], index: int) -> bool:
    """Whether the line heads a list of names: a first item, a file name, or nothing but an unnumbered mark with a colon follows."""
    if index + 1 >= len(lines):
        return True
    following = lines[index + 1].text
    if _FILE.search(following):
        return True
    mark = _MARK.fullmatch(lines[index].text)
    numbered = bool(mark and mark[1])
    if not numbered and re.match(r"[1１]\s*[.．、]", following):
        return True
    return lines[index].text[-1] in "：:" and not numbered


def carried_start(lines: list[TextLine], after: int, stop: int, carried_title: str | None) -> int | None:
    """The index of the line that opens the carried text: its title on a line of its own, wrapped or with an issuer before it."""
    wanted = fold_title(carried_title or "")
    if len(wanted) < 4:
        return None
    for index in range(after, stop):
        if len(lines[index].text) > 120:
            continue
        joined = ""
        for line in lines[index : min(stop, index + 4)]:
            if date_line(line.text):
                break  # the line above is the signature
            joined += fold_title(line.text)
            if joined == wanted or (joined.endswith(wanted) and len(joined) <= len(wanted) + 30):
                return index
            if len(joined) > len(wanted) + 30:
                break
    return None


def split_parts(lines: list[TextLine], carried: int | None, marks: list[int], carried_title: str | None, length: int) -> tuple[Part, ...]:
    """The spans of the text in order, without gaps: notice, then carried, then each attachment."""
    opened: list[tuple[int, str, str | None, str | None]] = [(0, "notice", None, None)]
    if carried is not None:
        opened.append((lines[carried].start, "carried", carried_title, None))
    for index in marks:
        mark = _MARK.fullmatch(lines[index].text)
        title = lines[index + 1].text if index + 1 < len(lines) and len(lines[index + 1].text) <= 120 else None
        opened.append((lines[index].start, "attachment", title, (mark[1] if mark else "") or None))
    ends = [start for start, *_ in opened[1:]] + [length]
    return tuple(Part(role, title, number, start, end) for (start, role, title, number), end in zip(opened, ends, strict=True))


def attachment_names(lines: list[TextLine], body: int, stop: int) -> tuple[tuple[str, ...], set[int]]:
    """The names in the list of attachments, numbers cut, and the indexes of its lines; it may be before or after the signature."""
    names: list[str] = []
    listed: set[int] = set()
    index = body
    while index < stop and len(names) < _MAX_NAMES:
        text = lines[index].text
        index += 1
        if text[0] != "附" or not (match := _LISTED.fullmatch(text)):
            continue
        first = index - 1
        found, index = _listed(lines, index, stop, match[2])
        listed.update(range(first, index))
        names += [name for name in found if name not in names]
    return tuple(names[:_MAX_NAMES]), listed


def _listed(lines: list[TextLine], index: int, stop: int, first: str) -> tuple[list[str], int]:
    """The names that one 附件： opens, its own and the numbered lines below it, and the index after them."""
    names = []
    expected = 1
    if first:
        names = _divided(first)
        expected = len(names) + 1
        if not _ITEM.fullmatch(first):
            return _clean(names), index
    while index < stop:
        item = _ITEM.fullmatch(lines[index].text)
        if item is None or int(item[1]) != expected or len(lines[index].text) > 150:
            break
        names.append(item[2])
        expected += 1
        index += 1
    if not names and index < stop and _names_file(lines[index].text):
        names, index = [lines[index].text], index + 1
    return _clean(names), index


def _divided(first: str) -> list[str]:
    """One line's names: `1.甲 2.乙` contains two."""
    item = _ITEM.fullmatch(first)
    if item is None or item[1] not in ("1", "１"):
        return [item[2] if item else first]
    pieces, expected, start = [], 2, 0
    for match in _INLINE.finditer(item[2]):
        if int(match[1]) == expected:
            pieces.append(item[2][start : match.start()])
            start, expected = match.end(), expected + 1
    return [*pieces, item[2][start:]]


def _names_file(text: str) -> bool:
    return len(text) <= 120 and text[-1] not in "。；：" and not names_in(text) and not text[0].isdigit() and text[0] != "附"


def _clean(names: list[str]) -> list[str]:
    return [name for name in (_MARKED.sub("", raw).strip(" \t\u3000\xa0；;。，,") for raw in names) if 1 < len(name) <= 150]
