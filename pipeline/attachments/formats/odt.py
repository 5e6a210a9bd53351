"""OpenDocument text: paragraphs and headings in order, each with its automatic number (ODF 1.3 part 3, §16.26-16.34, §5.3)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from notices.attachment import AttachmentText
from pipeline.attachments.limits import Damage, joined, opened_zip, text_result, xml_member
from pipeline.attachments.word_numbers import written

_LEVELS = 10
_MOST = 100_000  # paragraphs of one list: a document has fewer
_OUTLINE = "\0outline"  # the list of all headings
# style:num-format as LibreOffice and WPS write it: the first sign of the series.
_FORMS = {
    "1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "一": "chineseCounting",
    "壹": "chineseLegalSimplified", "１": "decimalFullWidth", "甲": "ideographTraditional", "子": "ideographZodiac",
    "①": "decimalEnclosedCircle",
}  # fmt: skip
_LIST, _PARAGRAPHS = "list", ("p", "h")
_PLACE = re.compile(r"%(\d{1,2})%")


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str  # "" where no number is shown: a bullet too
    prefix: str
    suffix: str
    shown: int  # so many levels are shown
    pattern: str | None  # loext:num-list-format: the whole label, with %2% for the number of level 2


@dataclass(slots=True)
class _Count:
    """The numbers that a list has reached, by level."""

    numbers: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)

    def advance(self, level: int, start: int, own: int | None) -> None:
        """Count one more item of a level; those of the deeper ones begin again."""
        before = self.numbers[level]
        self.numbers[level] = own if own is not None else start if before is None else min(before + 1, _MOST)
        self.numbers[level + 1 :] = [None] * (_LEVELS - level - 1)


def odt(body: bytes) -> AttachmentText:
    """Paragraphs and headings of an OpenDocument text in order, with the numbers that an office program shows before them."""
    damage = Damage()
    styles: dict[str, dict[int, _Level]] = {}
    with opened_zip(body) as archive:
        root = xml_member(archive, "content.xml")
        with damage.costs("automatic numbers"):
            styles = _styles(archive, root)
    etree.strip_elements(root, "{*}tracked-changes", "{*}annotation", with_tail=False)
    labels = _Labels(styles).of(root)
    lines = (labels.get(p, "") + " ".join("".join(p.itertext()).split("\n")) for p in root.iter("{*}p", "{*}h"))
    return text_result([joined(list(lines))], f"not read: {damage.failed[0]}" if damage.failed else None)


def _styles(archive: zipfile.ZipFile, root: etree._Element) -> dict[str, dict[int, _Level]]:
    """The levels of each list style; those of the document itself come before those of its templates."""
    parts = [root]
    if "styles.xml" in archive.namelist():
        parts.insert(0, xml_member(archive, "styles.xml"))
    found: dict[str, dict[int, _Level]] = {}
    for part in parts:
        for style in part.iter("{*}list-style", "{*}outline-style"):
            name = _OUTLINE if etree.QName(style).localname == "outline-style" else _attribute(style, "name")
            found[name] = {number: level for child in style.iterchildren("*") for number, level in _level(child)}
    return found


def _level(style: etree._Element) -> Iterator[tuple[int, _Level]]:
    number = _whole(_attribute(style, "level"))
    if number is None or not 1 <= number <= _LEVELS:
        return
    counted = etree.QName(style).localname in ("list-level-style-number", "outline-level-style")
    start, shown = _whole(_attribute(style, "start-value")), _whole(_attribute(style, "display-levels"))
    yield (
        number - 1,
        _Level(
            1 if start is None else start,
            _attribute(style, "num-format")[:1] if counted else "",
            _attribute(style, "num-prefix")[:50],
            _attribute(style, "num-suffix")[:50],
            shown or 1,
            _attribute(style, "num-list-format")[:100] or None,
        ),
    )


class _Labels:
    """The numbers of a document's paragraphs."""

    def __init__(self, styles: Mapping[str, Mapping[int, _Level]]) -> None:
        self._styles = styles
        self._by_style: dict[str, _Count] = {}  # the last list of each style, which continue-numbering goes on with
        self._by_id: dict[str, _Count] = {}
        self._outline = _Count()
        self._labels: dict[etree._Element, str] = {}

    def of(self, root: etree._Element) -> Mapping[etree._Element, str]:
        """The label of each numbered paragraph and heading, with a blank behind it."""
        for node in root.iter("{*}list", "{*}h"):
            if _name(node) == _LIST and not any(_name(above) == _LIST for above in node.iterancestors()):
                self._list(node)
            elif _name(node) == "h" and not any(_name(above) == _LIST for above in node.iterancestors()):
                self._heading(node)
        return self._labels

    def _list(self, top: etree._Element) -> None:
        style = _attribute(top, "style-name")
        count = self._begun(top, style)
        waiting = [(top, style, 0)]
        while waiting:
            node, style, level = waiting.pop()
            below = []
            for child in node.iterchildren("*"):
                if _name(child) == _LIST:
                    below.append((child, _attribute(child, "style-name") or style, level + 1))
                elif _name(child) == "list-item":
                    below.append((child, style, level))
                elif _name(child) == "list-header":
                    below += [(each, _attribute(each, "style-name") or style, level + 1) for each in child.iterchildren("{*}list")]
            if _name(node) == "list-item" and (first := next(node.iterchildren("*"), None)) is not None and _name(first) in _PARAGRAPHS:
                self._number(first, count, style, level, _whole(_attribute(node, "start-value")))
            waiting += reversed(below)

    def _begun(self, top: etree._Element, style: str) -> _Count:
        """The numbers with which a list begins: those of the list that it continues, or none."""
        count = self._by_id.get(_attribute(top, "continue-list"))
        if count is None and _attribute(top, "continue-numbering") == "true":
            count = self._by_style.get(style)
        count = count or _Count()
        self._by_style[style] = count
        if ident := _attribute(top, "id"):
            self._by_id[ident] = count
        return count

    def _heading(self, heading: etree._Element) -> None:
        level = _whole(_attribute(heading, "outline-level"))
        if level is None or not 1 <= level <= _LEVELS or _attribute(heading, "is-list-header") == "true":
            return
        own = _whole(_attribute(heading, "start-value")) if _attribute(heading, "restart-numbering") == "true" else None
        self._number(heading, self._outline, _OUTLINE, level - 1, own)

    def _number(self, paragraph: etree._Element, count: _Count, style: str, level: int, own: int | None) -> None:
        levels = self._styles.get(style, {})
        if level not in levels or level >= _LEVELS:
            return
        count.advance(level, levels[level].start, own)
        shown = _shown(levels, count, level)
        if shown:
            self._labels[paragraph] = f"{shown} "


def _shown(levels: Mapping[int, _Level], count: _Count, level: int) -> str:
    """The label of a level: its pattern, or the numbers of as many levels as it shows, parted by dots."""
    of = levels[level]
    if not of.form:
        return ""
    if of.pattern is not None:
        return _PLACE.sub(lambda found: _numeral(levels, count, int(found[1]) - 1), of.pattern).strip()
    numbers = [_numeral(levels, count, each) for each in range(max(level - of.shown + 1, 0), level + 1)]
    return f"{of.prefix}{'.'.join(filter(None, numbers))}{of.suffix}".strip()


def _numeral(levels: Mapping[int, _Level], count: _Count, level: int) -> str:
    of = levels.get(level)
    if of is None or not of.form:
        return ""
    number = count.numbers[level]
    return written(of.start if number is None else number, _FORMS.get(of.form, "decimal"))


def _name(node: etree._Element) -> str:
    return str(etree.QName(node).localname) if isinstance(node.tag, str) else ""


def _attribute(node: etree._Element, name: str) -> str:
    return next((str(value) for key, value in node.attrib.items() if etree.QName(key).localname == name), "")


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,6}", text) else None
