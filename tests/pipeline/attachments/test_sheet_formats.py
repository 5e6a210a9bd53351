"""Numbers in sheets are read as a spreadsheet shows them, of xls as of xlsx."""

from __future__ import annotations

import struct
from datetime import datetime, time

import pytest

from pipeline.attachments.cells.number_formats import shape_of, shown_as
from pipeline.attachments.read import read_attachment
from tests.support import made_files as made
from tests.support.made_files import biff, biff_number, biff_styles, biff_text

DAY = 46086  # 2026-03-05
FORMATS = [0, 10, "00000", 'yyyy"年"m"月"d"日";@', "#,##0.00_ ", "h:mm", 57, "yyyy/m/d h:mm", '"第"000"号"', "[Red]0.0;[Blue]-0.0"]
VALUES = [0.5, 0.9735, 123, DAY, 1234567.891, 0.3541666666666667, DAY, DAY + 0.75, 7, -2.25]
SHOWN = ["0.5", "97.35%", "00123", "2026年3月5日", "1,234,567.89", "8:30", "2026年3月", "2026/3/5 18:00", "第007号", "-2.3"]


def test_numbers_of_an_xls_are_read_as_they_are_shown() -> None:
    cells = biff_text(0, 1, "合格率") + b"".join(biff_number(1, n + 1, n, value) for n, value in enumerate(VALUES))
    found = read_attachment(made.xls_of(cells, head=biff_styles(FORMATS)))
    assert (found.outcome, found.media_type, found.detail) == ("ok", "xls", None)
    assert found.pages[0].split("\n")[:2] == ["表一", "合格率"]
    assert found.pages[0].split("\n")[2].split("\t") == SHOWN


def test_short_numbers_and_formulas_of_an_xls_have_their_formats() -> None:
    def short(number: int) -> int:
        return number << 2 | 2

    several = biff(0xBD, struct.pack("<HHHIHIH", 2, 1, 1, short(5), 2, short(42), 2))
    one = biff(0x27E, struct.pack("<HHHI", 3, 1, 2, short(42)))
    formula = biff(0x06, struct.pack("<HHHdHIH", 3, 2, 1, 0.25, 0, 0, 0))
    found = read_attachment(made.xls_of(several + one + formula, head=biff_styles([0, "0%", "0000"])))
    assert found.pages == ("表一\n500%\t0042\n0042\t25%",)


def test_chart_within_a_sheet_is_no_end_of_its_cells() -> None:
    chart = biff(0x809, struct.pack("<HHHHII", 0x600, 0x20, 0, 0, 0, 0)) + biff_number(0, 0, 1, 9) + biff(0x0A, b"")
    found = read_attachment(made.xls_of(biff_number(0, 0, 1, 0.5) + chart + biff_number(1, 0, 1, 0.75), head=biff_styles([0, "0%"])))
    assert found.pages[0].split("\n")[1] == "50%"


def test_days_of_a_calendar_since_1904_are_shown_right() -> None:
    head = biff(0x22, b"\1\0") + biff_styles([0, 57, "000"])
    found = read_attachment(made.xls_of(biff_number(0, 0, 1, 44000) + biff_number(0, 1, 2, 7), head=head))
    assert found.pages == ("表一\n2024年6月\t007",)


def test_workbook_of_excel_95_has_its_formats_too() -> None:
    code, name = '0.0"元"'.encode("gbk"), "表一".encode("gbk")
    styles = biff(0x42, struct.pack("<H", 936)) + biff(0x41E, struct.pack("<HB", 164, len(code)) + code)
    styles += biff(0xE0, struct.pack("<HH", 0, 0) + b"\0" * 12) + biff(0xE0, struct.pack("<HH", 0, 164) + b"\0" * 12)
    head = biff(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + styles
    sheet = biff(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0)) + biff_number(0, 0, 1, 1.25) + biff(0x0A, b"")
    at = len(head) + 4 + 7 + len(name) + 4
    book = head + biff(0x85, struct.pack("<IBBB", at, 0, 0, len(name)) + name) + biff(0x0A, b"") + sheet
    assert read_attachment(made.ole({"Book": book})).pages[0].split("\n")[1] == "1.3元"


@pytest.mark.parametrize(("code", "value", "shown"), list(zip(FORMATS, VALUES, SHOWN, strict=True))[2:6])
def test_numbers_of_an_xlsx_are_read_by_the_same_rules(code: str, value: float, shown: str) -> None:
    assert shown_as(value, shape_of(code)) == shown


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0.00", 1.005, "1.01"), ("0", 0.5, "1"), ("0.00", -0.001, "0.00"), ("#,##0", -1234567, "-1,234,567"), ("#.##", 0.5, ".5"),
        ("0.0#", 2, "2.0"), ("[$¥-804]#,##0.00", 5, "¥5.00"), ('0"元"', 12, "12元"), ('"No."00', 3, "No.03"), ("000000000000000000", 5, "0" * 17 + "5"),
        ("yyyy-mm-dd", datetime(2026, 3, 5), "2026-03-05"), ("yyyy\\-mm\\-dd\\ hh:mm:ss", datetime(2026, 3, 5, 9, 7, 1), "2026-03-05 09:07:01"),
        ("h:mm AM/PM", time(13, 5), "1:05 PM"), ("上午/下午h时mm分", 0.5, "下午12时00分"), ("mm:ss", 0.0007, "01:00"), ("[$-804]yyyy年m月;@", 46086, "2026年3月"),
        ("0.00%", 0.00005, "0.01%"),
    ],
)  # fmt: skip
def test_value_is_shown_by_its_format(code: str, value: object, shown: str) -> None:
    assert shown_as(value, shape_of(code)) == shown


@pytest.mark.parametrize(
    "code",
    ["General", "@", "G/通用格式", "0.00E+00", "# ?/?", "000-0000", '0!.0,"万"', "0,", "[h]:mm", "d-mmm-yy", "aaaa", "", '"合计"', '"'],
)
def test_format_that_is_not_known_leaves_the_value(code: str) -> None:
    assert shape_of(code) == ""


@pytest.mark.parametrize(
    ("code", "value"), [("m月d日", 0.5), ("0.00", 1e300), ("0.00", float("nan")), ("m月d日", time(1, 2)), ("h:mm", -1.0)]
)
def test_value_that_a_format_cannot_show_stays(code: str, value: object) -> None:
    assert shown_as(value, shape_of(code)) is None
