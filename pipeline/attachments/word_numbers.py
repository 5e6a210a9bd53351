"""Word's automatic numbers: 第一条, 1.2, （三）, which a document's paragraphs do not contain (ECMA-376 part 1, §17.9).

Read from a docx here; readers of other formats fill a `Numbering` of their own.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from pipeline.attachments.limits import xml_member

_LEVELS = 9
_MOST = 100_000  # paragraphs of one list: a document has fewer
_DIGITS, _UNITS = "零一二三四五六七八九", ("", "十", "百", "千")
_FORMAL_DIGITS, _FORMAL_UNITS = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟")
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list; `text` is its pattern, in which %2 is the number of the second level."""

    start: int
    form: str  # a name of ST_NumberFormat
    text: str
    legal: bool  # w:isLgl: the numbers of all levels in Arabic digits
    restart: int = _LEVELS  # w:lvlRestart: counting begins again behind a paragraph of this many highest levels; 0: never


@dataclass(slots=True)
class Numbering:
    """The numbers of a document's paragraphs, counted in order. Empty for a document that defines none."""

    lists: dict[str, str] = field(default_factory=dict)  # a number's id to its abstract list
    levels: dict[str, dict[int, Level]] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)  # (number's id, level): a start of its own
    own_levels: dict[tuple[str, int], Level] = field(default_factory=dict)  # (number's id, level): a level in place of the list's
    styles: dict[str, tuple[str | None, int | None]] = field(default_factory=dict)
    _counts: dict[str, list[int | None]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    def label(self, paragraph: etree._Element) -> str:
        """The paragraph's number as Word shows it, with a blank where Word sets one; "" for a paragraph without a number."""
        number, level = self._place(paragraph)
        return "" if number in (None, "0") else self.label_at(str(number), level)

    def label_at(self, number: str, level: int) -> str:
        """The label of the next paragraph at a level (from 0) of a list; "" for a level that is not defined or shows no number."""
        shown = self._level(number, level)
        if shown is None:
            return ""
        counts = self._counts.setdefault(self.lists[number], [None] * _LEVELS)
        self._advance(counts, (number, level), shown.start)
        if shown.form in ("bullet", "none"):
            return ""
        text = re.sub(r"%([1-9])", lambda found: self._shown(number, counts, int(found[1]) - 1, shown), shown.text)
        return f"{text} " if text else ""

    def _level(self, number: str, level: int) -> Level | None:
        listed = self.lists.get(number)
        return None if listed is None else self.own_levels.get((number, level)) or self.levels.get(listed, {}).get(level)

    def _advance(self, counts: list[int | None], place: tuple[str, int], start: int) -> None:
        (number, level), own = place, self.starts.get(place)
        before = counts[level] if own is None or place in self._begun else None
        counts[level] = min(before + 1, _MOST) if before is not None else start if own is None else own
        self._begun.add(place)
        levels = self.levels.get(self.lists[number], {})
        for below in range(level + 1, _LEVELS):
            if below not in levels or level < levels[below].restart:
                counts[below] = None

    def _shown(self, number: str, counts: list[int | None], level: int, of: Level) -> str:
        found = self._level(number, level)
        count = counts[level] if counts[level] is not None else found.start if found else 1
        form = "decimal" if found is None or (of.legal and found.form != "decimalZero") else found.form
        return written(count or 0, form)

    def _place(self, paragraph: etree._Element) -> tuple[str | None, int]:
        """The id and the level of a paragraph's number; what it does not say its style says."""
        number, level = _number_of(paragraph.find("{*}pPr"))
        style = paragraph.find("{*}pPr/{*}pStyle")
        styled = self.styles.get(_value(style) or "", (None, None))
        number = styled[0] if number is None else number
        level = styled[1] if level is None else level
        return number, min(max(level or 0, 0), _LEVELS - 1)


def numbering_of(archive: zipfile.ZipFile) -> Numbering:
    """The numbering that a docx defines; empty if it defines none. Raises what reading a damaged definition raises."""
    found, names = Numbering(), set(archive.namelist())
    if "word/numbering.xml" not in names:
        return found
    root = xml_member(archive, "word/numbering.xml")
    for abstract in root.iterfind("{*}abstractNum"):
        found.levels[_attribute(abstract, "abstractNumId")] = _levels(abstract)
    for number in root.iterfind("{*}num"):
        _read_number(found, number)
    if "word/styles.xml" in names:
        _read_styles(found, xml_member(archive, "word/styles.xml"))
    return found


def _read_number(found: Numbering, number: etree._Element) -> None:
    ident = _attribute(number, "numId")
    found.lists[ident] = _value(number.find("{*}abstractNumId")) or ""
    for override in number.iterfind("{*}lvlOverride"):
        start, place = _whole(_value(override.find("{*}startOverride"))), (ident, _whole(_attribute(override, "ilvl")) or 0)
        if start is not None:
            found.starts[place] = start
        for level in override.iterfind("{*}lvl"):
            found.own_levels[place] = _level(level)


def _read_styles(found: Numbering, root: etree._Element) -> None:
    """The numbers of paragraph styles, also of those that a style is based on."""
    based: dict[str, str] = {}
    for style in root.iterfind("{*}style"):
        ident = _attribute(style, "styleId")
        found.styles[ident] = _number_of(style.find("{*}pPr"))
        based[ident] = _value(style.find("{*}basedOn")) or ""
    for ident in list(found.styles):
        above = ident
        for _ in range(10):
            above = based.get(above, "")
            if found.styles[ident][0] is not None or above not in found.styles:
                break
            number, level = found.styles[above]
            found.styles[ident] = (number, found.styles[ident][1] if found.styles[ident][1] is not None else level)


def _levels(abstract: etree._Element) -> dict[int, Level]:
    return {_whole(_attribute(level, "ilvl")) or 0: _level(level) for level in abstract.iterfind("{*}lvl")}


def _level(level: etree._Element) -> Level:
    start, legal = _whole(_value(level.find("{*}start"))), level.find("{*}isLgl")
    restart = _whole(_value(level.find("{*}lvlRestart")))
    return Level(
        1 if start is None else start,
        _value(level.find("{*}numFmt")) or "decimal",
        (_value(level.find("{*}lvlText")) or "")[:100],
        legal is not None and _value(legal) not in ("0", "false", "off"),
        _LEVELS if restart is None else restart,
    )


def _number_of(properties: etree._Element | None) -> tuple[str | None, int | None]:
    if properties is None:
        return None, None
    return _value(properties.find("{*}numPr/{*}numId")), _whole(_value(properties.find("{*}numPr/{*}ilvl")))


def _attribute(node: etree._Element, name: str) -> str:
    return next((str(value) for key, value in node.attrib.items() if etree.QName(key).localname == name), "")


def _value(node: etree._Element | None) -> str | None:
    return None if node is None else _attribute(node, "val")


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text) else None


def written(count: int, form: str) -> str:
    """A number in a form of ST_NumberFormat, in digits if the form is not known."""
    writer = _FORMS.get(form)
    return writer(count) if writer else str(count)


def _counted(count: int, digits: str, units: tuple[str, ...]) -> str:
    """12 as 十二, 105 as 一百零五; from ten thousand on in digits."""
    if not 0 < count < 10_000:
        return str(count) if count else digits[0]
    text, gap = "", False
    for place in range(3, -1, -1):
        digit = count // 10**place % 10
        if digit:
            text += (digits[0] if gap and text else "") + digits[digit] + units[place]
        gap = not digit
    return text[1:] if 10 <= count < 20 and digits == _DIGITS else text


def _one_by_one(count: int) -> str:
    return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(count))


def _alphabetic(count: int) -> str:
    return chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 20) if count > 0 else ""


def _roman(count: int) -> str:
    text = ""
    for value, sign in _ROMAN if 0 < count < 4000 else ():
        while count >= value:
            text, count = text + sign, count - value
    return text or str(count)


def _circled(count: int) -> str:
    """① to ㊿, which Unicode has in three places."""
    first = 0x2460 if count <= 20 else 0x3251 - 20 if count <= 35 else 0x32B1 - 35
    return chr(first + count - 1) if 1 <= count <= 50 else str(count)


def _signs(first: int, most: int) -> Callable[[int], str]:
    """Signs that follow each other from a code point on, of which there are so many."""
    return lambda count: chr(first + count - 1) if 1 <= count <= most else str(count)


def _chinese(count: int) -> str:
    return _counted(count, _DIGITS, _UNITS)


def _cycle(signs: str) -> Callable[[int], str]:
    return lambda count: signs[count - 1] if 1 <= count <= len(signs) else str(count)


# The names of ST_NumberFormat (§17.18.59) that Chinese documents use; any other form is written in digits.
_FORMS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(("chineseCountingThousand", "chineseCounting", "ideographDigital", "japaneseCounting", "taiwaneseCountingThousand",
                     "taiwaneseCounting", "koreanCounting", "japaneseDigitalTenThousand"), _chinese),
    **dict.fromkeys(("chineseLegalSimplified", "ideographLegalTraditional"), lambda count: _counted(count, _FORMAL_DIGITS, _FORMAL_UNITS)),
    "taiwaneseDigital": _one_by_one,
    "decimalZero": lambda count: f"{count:02d}",
    "lowerLetter": _alphabetic, "upperLetter": lambda count: _alphabetic(count).upper(),
    "upperRoman": _roman, "lowerRoman": lambda count: _roman(count).lower(),
    **dict.fromkeys(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"), _circled),
    "decimalEnclosedParen": _signs(0x2474, 20), "decimalEnclosedFullstop": _signs(0x2488, 20), "ideographEnclosedCircle": _signs(0x3220, 10),
    "decimalFullWidth": lambda count: "".join(chr(ord(digit) + 0xFEE0) for digit in str(count)),
    "ideographTraditional": _cycle(_STEMS), "ideographZodiac": _cycle(_BRANCHES),
}  # fmt: skip
