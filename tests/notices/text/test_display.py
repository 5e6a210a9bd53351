"""Shown text drives nothing and shows no personal data."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.text.display import csv_cell, masked, safe


@given(st.text(alphabet=st.characters(), max_size=80))
def test_shown_text_holds_no_control_character(text: str) -> None:
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in safe(text))


def test_escape_sequences_and_bidi_are_written_out() -> None:
    assert safe("\x1b[31m红\x07\u202e倒") == "␛[31m红␇\\u202e倒"
    assert safe("一\n二") == "一 二"
    assert safe("一\n二", one_line=False) == "一\n二"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13900000000。", "电话139****0000。"),
        ("身份证号：999900199402310017", "身份证号：999900**********17"),
        ("110101199003070036", "110101**********36"),
        ("账号6222020200112233445", "账号6222***********3445"),
        ("卡号6222 0202 0011 2233 445", "卡号6222 **** **** **** 445"),
        ("开户银行：某行，账号：1234567890123", "开户银行：某行，账号：12*******0123"),
        ("电话：139 0000 0000", "电话：139 **** 0000"),
        ("身份证号９９９９００１９９４０２３１００１７", "身份证号９９９９００**********１７"),
    ],
)
def test_personal_data_is_starred_out(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "国办发〔2017〕47号",
        "热线12345、0371-12340",
        "信用代码91410700MA9ABCDE12",
        "索引号11441200MB2C91453G/2026-00271",
        "金额13900000000000元",
        "投资138 0000 0000元",
        "（2023）某0105民初12345号",
        "公告编号2023110112345678",
        "000014349/2017-00110",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert masked(text) == text


@given(st.text(alphabet="0123456789Xx账号 ，a/-.", max_size=60))
def test_masking_keeps_the_length(text: str) -> None:
    assert len(masked(text)) == len(text)


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "＝1"])
def test_no_cell_is_a_formula(value: str) -> None:
    assert csv_cell(value) == "'" + value


def test_plain_cells_stay() -> None:
    assert [csv_cell(v) for v in ("通知", None, 3)] == ["通知", "", "3"]
