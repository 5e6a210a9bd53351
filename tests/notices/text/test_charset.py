"""Encodings: labels as browsers take them, and bodies without one."""

from __future__ import annotations

import codecs

import pytest

from notices.text.charset import _LABELS, detect, encoding_of, names_utf8
from notices.text.html import decode

SIMPLIFIED = "关于开展汛期安全检查的通知，各乡镇：请认真贯彻执行，并于六月底前报送落实情况。"
TRADITIONAL = "關於開展汛期安全檢查的通知，各鄉鎮：請認真貫徹執行，並於六月底前報送落實情況。"


@pytest.mark.parametrize(
    "label", ["gb2312", "GB_2312-80", "gb2312-80", "euc_cn", "EUC-CN", "iso-ir-58", "csISO58GB231280", "x-gbk", "windows-936"]
)
def test_every_label_of_the_national_set_means_the_widest_one(label: str) -> None:
    page = f'<meta charset="{label}">朱镕堃、李喆、赵瑄'.encode("gb18030")
    assert decode(page) == (f'<meta charset="{label}">朱镕堃、李喆、赵瑄', "gb18030")
    assert decode("朱镕堃".encode("gb18030"), f"text/html; charset={label}")[0] == "朱镕堃"


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("Big5-HKSCS", "big5hkscs"),
        ("cn-big5", "big5hkscs"),
        ("x-x-big5", "big5hkscs"),
        ("x-sjis", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("windows-1251", "cp1251"),
        ("iso-8859-1", None),
        ("us-ascii", None),
        ("utf-7", None),
        ("idna", None),
        ("unicode_escape", None),
        ("", None),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label: str, encoding: str | None) -> None:
    assert encoding_of(label) == encoding


def test_every_encoding_named_is_one_that_decodes_text() -> None:
    for encoding in _LABELS:
        assert isinstance(b"<a>\xb0\xa1".decode(codecs.lookup(encoding).name, "replace"), str)


def test_utf8_by_any_of_its_labels() -> None:
    assert all(map(names_utf8, ("utf8", "UTF-8", "unicode-1-1-utf-8")))
    assert not names_utf8("utf-16")


@pytest.mark.parametrize("length", [4, 9, len(TRADITIONAL), 30 * len(TRADITIONAL)])
def test_page_without_a_label_is_read_by_its_commonest_characters(length: int) -> None:
    simplified, traditional = (SIMPLIFIED * 30)[:length], (TRADITIONAL * 30)[:length]
    assert decode(simplified.encode("gb18030")) == (simplified, "gb18030")
    assert decode(traditional.encode("big5")) == (traditional, "big5hkscs")
    assert decode(traditional.encode("gb18030")) == (traditional, "gb18030")


def test_bytes_that_are_no_pairs_are_of_the_national_set() -> None:
    assert detect(b"") == detect(b"\xff\xfe\xfd") == detect(b"abc\x80") == "gb18030"
    assert detect("通知".encode("utf-16-le")) == "gb18030"  # no zeros: Chinese alone in UTF-16 needs a mark
    assert detect("<p>通知</p>".encode("utf-16-be")) == "utf-16-be"
