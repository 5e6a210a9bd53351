"""Automatic numbers of paragraphs in binary Word files (.doc, .wps), as Word shows them."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.attachments.read import read_attachment
from tests.support.made_files import ole

CHINESE, DECIMAL, ROMAN, CIRCLED, BULLET = 39, 0, 1, 18, 23
ROW_END = struct.pack("<HB", 0x2417, 1)
TABS = struct.pack("<HB", 0xC615, 3) + b"\0\0\0"
CHAPTERS = ((CHINESE, "\x00、"), (CHINESE, "（\x01）"), (DECIMAL, "\x02."), (DECIMAL, "\x02.\x03"))


def listed(number: int, level: int | None = 0) -> bytes:
    """The properties of a paragraph that name a number and, unless None, a level."""
    return struct.pack("<HH", 0x460B, number & 0xFFFF) + (b"" if level is None else struct.pack("<HB", 0x260A, level))


def level(form: int, text: str, start: int = 1, *, legal: bool = False, restart: int | None = None) -> bytes:
    flags, places = (4 if legal else 0) | (0 if restart is None else 8), bytes(n for n, c in enumerate(text, 1) if c < "\x09")
    head = struct.pack("<iBB9s9xBBBx", start, form, flags, places, 2, 3, restart or 0)
    return head + b"ppp" + b"cc" + struct.pack("<H", len(text)) + text.encode("utf-16-le")


def list_of(*levels: bytes) -> list[bytes]:
    """The levels of a list: one, or nine of which the last are plain."""
    return list(levels) if len(levels) == 1 else [*levels, *[level(DECIMAL, f"{chr(n)}.") for n in range(len(levels), 9)]]


def style(name: str, base: int, codes: bytes, kind: int = 1) -> bytes:
    fixed = struct.pack("<HHHHHQ", 0, kind | base << 4, 1, 0, 0, 0)
    paragraph = b"\0\0" + codes
    return fixed + struct.pack("<H", len(name)) + f"{name}\0".encode("utf-16-le") + struct.pack("<H", len(paragraph)) + paragraph


def word(
    paragraphs: Sequence[tuple[str, int, bytes]],
    lists: Sequence[list[bytes]],
    numbers: Sequence[tuple[int, bytes]],
    styles: Sequence[bytes] = (),
    changed: Sequence[tuple[int, bytes]] = (),
) -> bytes:
    """A Word file. `paragraphs`: text with its last mark, style, properties; `numbers`: place of the list, and overrides (count and bytes).

    `changed`: of each paragraph, the property that its piece names, and a list of properties that goes before the pieces.
    """
    text, ends, pages = "".join(t for t, _, _ in paragraphs), [0x400], b""
    for t, _, _ in paragraphs:
        ends.append(ends[-1] + len(t.encode("utf-16-le")))
    main = text.encode("utf-16-le")
    main += b"\0" * (-len(main) % 512)
    bounds: list[int] = []
    for first in range(0, len(paragraphs), 10):
        some = paragraphs[first : first + 10]
        pages += page(ends[first : first + len(some) + 1], [struct.pack("<H", s) + codes for _, s, codes in some])
        bounds.append(ends[first])
    count = len(bounds)
    plan = struct.pack(f"<{2 * count + 1}I", *bounds, ends[-1], *range((0x400 + len(main)) // 512, (0x400 + len(main)) // 512 + count))
    units = len(text.encode("utf-16-le")) // 2
    parts = list(zip(ends, changed, strict=False)) or [(ends[0], (0, b""))]
    pieces = struct.pack(f"<{len(parts) + 1}I", *((first - 0x400) // 2 for first, _ in parts), units)
    pieces += b"".join(struct.pack("<HIH", 0, first, change) for first, (change, _) in parts)
    before = b"".join(b"\x01" + struct.pack("<H", len(codes)) + codes for _, codes in changed if codes)
    sheet = struct.pack("<HHHHH", 6, len(styles), 18, 0, 0)[:8] + b"".join(
        struct.pack("<H", len(s)) + s + b"\0" * (len(s) % 2) for s in styles
    )
    plain = struct.pack("<H", len(lists)) + b"".join(struct.pack("<II18xBx", n + 7, 0, len(each) == 1) for n, each in enumerate(lists))
    named = struct.pack("<I", len(numbers)) + b"".join(
        struct.pack("<IIIBBBB", n + 7, 0, 0, more[0] if more else 0, 0, 0, 0) for n, more in numbers
    )
    named += b"".join(b"\xff" * 4 + more[1:] for _, more in numbers)
    fib = bytearray(0x400)
    struct.pack_into("<HHHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0x804, 0, 0x0200)
    struct.pack_into("<I", fib, 0x4C, units)
    table = b"none"
    for index, part, stated in (
        (33, before + b"\x02" + struct.pack("<I", len(pieces)) + pieces, None), (1, sheet if styles else b"", None), (13, plan, None),
        (73, plain + b"".join(b"".join(each) for each in lists), len(plain)), (74, named if numbers else b"", None),
    ):  # fmt: skip
        struct.pack_into("<II", fib, 0x9A + 8 * index, len(table), len(part) if stated is None else stated)
        table += part
    return ole({"1Table": table, "WordDocument": bytes(fib) + main + pages})


def page(ends: list[int], properties: list[bytes]) -> bytes:
    """A page of properties of paragraphs; every other entry states its size in the longer way."""
    out = bytearray(512)
    struct.pack_into(f"<{len(ends)}I", out, 0, *ends)
    out[511], at = len(properties), 510
    for n, each in enumerate(properties):
        odd = len(each) % 2
        entry = bytes([(len(each) + 1) // 2]) + each if odd else bytes([0, len(each) // 2]) + each
        at = (at - len(entry)) // 2 * 2
        out[at : at + len(entry)] = entry
        out[4 * len(ends) + 13 * n] = at // 2
    return bytes(out)


def lines_of(body: bytes) -> list[str]:
    found = read_attachment(body)
    assert (found.outcome, found.detail) == ("ok", None)
    return found.pages[0].split("\n")


def test_lists_of_several_levels() -> None:
    paragraphs = [
        ("关于某事的通知\r", 0, b""),
        *(
            (f"{text}\r", 0, TABS + listed(1, n))
            for text, n in (("总则", 0), ("甲项", 1), ("乙项𠀀", 1), ("小点", 2), ("细点", 3), ("附则", 0), ("丙项", 1))
        ),
        ("不编号\r", 0, listed(0)),
        ("边距自定\r", 0, listed(-1, 1)),
        ("旧式\r", 0, listed(0x7FF)),
        ("旧级\r", 0, listed(1, 12)),
    ]
    assert lines_of(word(paragraphs, [list_of(*[level(*each) for each in CHAPTERS])], [(0, b"")])) == [
        *(
            "关于某事的通知",
            "一、 总则",
            "（一） 甲项",
            "（二） 乙项𠀀",
            "1. 小点",
            "1.1 细点",
            "二、 附则",
            "（一） 丙项",
            "不编号",
            "（二） 边距自定",
        ),
        *("旧式", "旧级"),
    ]


@pytest.mark.parametrize(
    ("form", "third"),
    [(DECIMAL, "3"), (ROMAN, "III"), (2, "iii"), (3, "C"), (4, "c"), (10, "三"), (11, "三"), (14, "３"), (CIRCLED, "③"), (22, "03"), (26, "⒊"),
     (27, "⑶"), (28, "③"), (29, "㈢"), (30, "丙"), (37, "三"), (38, "叁"), (CHINESE, "三"), (99, "3")],
)  # fmt: skip
def test_forms_of_numbers(form: int, third: str) -> None:
    body = word([(f"{c}\r", 0, listed(1)) for c in "甲乙丙"], [list_of(level(form, "第\x00条"))], [(0, b"")])
    assert lines_of(body)[2] == f"第{third}条 丙"


def test_bullets_no_patterns_and_arabic_digits_for_all_levels() -> None:
    lists = [
        list_of(level(BULLET, "\uf0b7")),
        list_of(level(CHINESE, "")),
        list_of(level(CHINESE, "第\x00章"), level(DECIMAL, "\x00.\x01", legal=True)),
    ]
    paragraphs = [("点\r", 0, listed(1)), ("空\r", 0, listed(2)), ("章\r", 0, listed(3)), ("节\r", 0, listed(3, 1))]
    assert lines_of(word(paragraphs, lists, [(0, b""), (1, b""), (2, b"")])) == ["点", "空", "第一章 章", "1.1 节"]


def test_numbers_of_styles_and_of_those_that_they_are_based_on() -> None:
    styles = [
        style("Normal", 0xFFF, b""),
        style("heading 1", 0, listed(1, None)),
        style("odd", 1, TABS),
        style("plain", 2, listed(0)),
        b"",
        style("sub", 2, struct.pack("<HB", 0x260A, 1)),
        style("character", 0xFFF, listed(1), kind=2),
    ]
    paragraphs = [
        ("总则\r", 1, b""),
        ("附则\r", 2, b""),
        ("无\r", 3, b""),
        ("子项\r", 5, b""),
        ("字\r", 6, b""),
        ("直接\r", 1, listed(0)),
        ("尾\r", 99, b""),
    ]
    body = word(paragraphs, [list_of(*[level(*each) for each in CHAPTERS])], [(0, b"")], styles)
    assert lines_of(body) == ["一、 总则", "二、 附则", "无", "（一） 子项", "字", "直接", "尾"]


def test_numbers_with_starts_and_levels_of_their_own() -> None:
    start = b"\x01" + struct.pack("<II", 5, 0x10)
    form = b"\x02" + struct.pack("<II", 0, 0x30) + level(CIRCLED, "\x00", 7) + struct.pack("<II", 3, 0x11)
    paragraphs = [
        (f"{n}\r", 0, listed(number, at)) for n, (number, at) in enumerate([(1, 0), (1, 0), (2, 0), (2, 0), (3, 0), (3, 1), (1, 0)])
    ]
    lists = [list_of(*[level(*each) for each in CHAPTERS])]
    assert lines_of(word(paragraphs, lists, [(0, b""), (0, start), (0, form)])) == [
        *("一、 0", "二、 1", "五、 2", "六、 3", "⑦ 4", "（三） 5", "八、 6"),
    ]


def test_levels_that_do_not_begin_again() -> None:
    """第一条 goes on through the chapters of a regulation; a third level that begins again only with a chapter."""
    levels = [level(CHINESE, "第\x00章"), level(CHINESE, "第\x01条", restart=0), level(DECIMAL, "\x02.", restart=1)]
    places = [0, 1, 2, 1, 2, 0, 1, 2]
    body = word([(f"{n}\r", 0, listed(1, at)) for n, at in enumerate(places)], [list_of(*levels)], [(0, b"")])
    assert lines_of(body) == ["第一章 0", "第一条 1", "1. 2", "第二条 3", "2. 4", "第二章 5", "第三条 6", "1. 7"]


def test_properties_that_a_fast_save_noted_beside_the_text() -> None:
    paragraphs = [("甲\r", 0, b""), ("乙\r", 0, listed(1)), ("丙\r", 0, listed(1, 1))]
    changed = [(1, listed(1)), (0, b""), (0x0C << 1 | 2 << 8, b"")]
    body = word(paragraphs, [list_of(*[level(*each) for each in CHAPTERS])], [(0, b"")], changed=changed)
    assert lines_of(body) == ["一、 甲", "二、 乙", "1. 丙"]


def test_numbered_cells_rows_and_breaks() -> None:
    paragraphs = [
        ("\x07", 0, listed(1)),
        ("张三\x07", 0, b""),
        ("\x07", 0, ROW_END + listed(1)),
        ("\x07", 0, listed(1)),
        ("李四\x07", 0, b""),
    ]
    paragraphs += [
        ("\x07", 0, ROW_END),
        ("上页\f下页\r", 0, listed(1)),
        ("节尾\f", 0, listed(1)),
        ("\x13 REF a \x14域\x15\r", 0, listed(1)),
    ]
    body = word(paragraphs, [list_of(level(DECIMAL, "\x00."))], [(0, b"")])
    assert [line.rstrip() for line in lines_of(body)] == ["1. \t张三", "2. \t李四", "3. 上页", "下页", "4. 节尾", "5. 域"]


def test_a_file_of_another_program_shows_the_numbers_of_that_program() -> None:
    """The sample was written by LibreOffice 7.4 from an invented text; the labels are those of its own export to plain text."""
    assert [" ".join(line.split()) for line in lines_of((Path(__file__).parent / "lists_by_libreoffice.doc").read_bytes())] == [
        *(
            "关于某事的通知𠀀",
            "一、 总体要求",
            "正文段",
            "（一） 甲项",
            "（二） 乙项",
            "1. 小点",
            "1.1 细点",
            "二、 重点任务",
            "（一） 丙项",
        ),
        *(
            "第一条 适用范围",
            "第二条 办法",
            "第三条 直接条",
            "第五条 五起",
            "第一条 六",
            "① 圈",
            "I) 罗",
            "不编号",
            "三、 末",
            "② 张三",
            "③ 李四",
            "完",
        ),
    ]


def test_damaged_tables_cost_the_numbers_alone() -> None:
    texts = ["总则", "附则", "又一则"]
    whole = word(
        [(f"{t}\r", 1, listed(1)) for t in texts], [list_of(*[level(*c) for c in CHAPTERS])], [(0, b"\x01" + struct.pack("<II", 5, 0x10))]
    )
    cut = bytearray(whole)
    at = whole.index(struct.pack("<H", 0xA5EC)) + 0x9A + 8 * 74
    struct.pack_into("<II", cut, at, 1 << 30, 1 << 30)
    found = read_attachment(bytes(cut))
    assert (found.outcome, found.pages) == ("ok", ("\n".join(texts),))
    assert "not read: automatic numbers" in str(found.detail)
    picks = random.Random(20261127)
    for _ in range(300):  # in the table, in the pages of properties, and in the places that name them
        body = bytearray(whole)
        for _ in range(picks.choice((1, 4, 30))):
            place = picks.choice(
                (picks.randrange(at - 8 * 73, at + 8), picks.randrange(512, 4608), picks.randrange(4608, len(body) - 2048))
            )
            if not body.find("总则".encode("utf-16-le")) <= place < body.find("总则".encode("utf-16-le")) + 24:
                body[place] = picks.randrange(256)
        read_attachment(bytes(body))  # an outcome, never an exception
