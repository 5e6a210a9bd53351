"""Encodings of pages: what a label means, and what a body without one is in."""

from __future__ import annotations

import re

# The Encoding Standard (WHATWG, §4.2) with labels of our sites that it lacks (euc_cn, ms936, big5-eten); compared without blanks, - and _.
# Left out: labels that servers send by default (iso-8859-1, windows-1252, us-ascii) or that strict decoding disproved (utf-8), utf-16, which
# a page in bytes of ASCII is not, and whatever only Python knows (utf-7, idna, punycode).
_LABELS = {
    "gb18030": "gb18030 gbk gb2312 gb231280 gb23121980 chinese csgb2312 csiso58gb231280 isoir58 xgbk cp936 ms936 windows936 936 euccn xeuccn hzgb2312",
    "big5hkscs": "big5 big5hkscs cnbig5 csbig5 xxbig5 big5eten big5tw cp950 ms950 windows950 950",
    "cp932": "shiftjis csshiftjis ms932 mskanji sjis windows31j xsjis cp932",
    "euc_jp": "eucjp cseucpkdfmtjapanese xeucjp",
    "iso2022_jp": "iso2022jp csiso2022jp",
    "cp949": "euckr cseuckr csksc56011987 isoir149 korean ksc56011987 ksc56011989 ksc5601 windows949 cp949",
    "koi8_r": "koi8r cskoi8r koi koi8",
    "koi8_u": "koi8u koi8ru",
    "cp866": "ibm866 866 cp866 csibm866",
    "mac_roman": "macintosh csmacintosh mac xmacroman",
    "mac_cyrillic": "xmaccyrillic xmacukrainian",
    "cp874": "windows874 dos874 iso885911 tis620",
    "iso8859_2": "iso88592 csisolatin2 isoir101 latin2 l2",
    "iso8859_5": "iso88595 csisolatincyrillic cyrillic isoir144",
    "iso8859_7": "iso88597 csisolatingreek greek ecma118 elot928 isoir126",
    "iso8859_15": "iso885915 csisolatin9 l9",
    **{f"cp{n}": f"windows{n} cp{n} xcp{n}" for n in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
}
_ENCODINGS = {label: encoding for encoding, labels in _LABELS.items() for label in labels.split()}
_UTF8 = frozenset(("utf8", "unicode11utf8", "unicode20utf8", "xunicode20utf8"))

_SAMPLE = 200_000  # bytes: more of a page tells no more
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
# The common half of each set: level 1 and the punctuation. 97 characters of 100 in Chinese text are of level 1 (GB/T 2312 rows 16-55, Big5 A4-C6).
_COMMON_GB = re.compile(rb"[\xb0-\xd7\xa1-\xa3][\xa1-\xfe]")
_COMMON_BIG5 = re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]")
_NOT_BIG5 = re.compile(rb"[\x81-\x86\xfa-\xfe].|.[\x80-\xa0]", re.S)
_MAX_STRAY = 0.01


def encoding_of(label: str) -> str | None:
    """The codec that a label of a header or a page names; None for a label that says nothing about bytes that are not UTF-8."""
    return _ENCODINGS.get(_plain(label))


def names_utf8(label: str) -> bool:
    """Whether a label names UTF-8."""
    return _plain(label) in _UTF8


def detect(body: bytes) -> str:
    """The codec of a body that no label explains and that is not UTF-8: UTF-16 without a mark has zeros in half its places; else gb18030 or Big5."""
    zeros = body[:2000].count(0)
    if zeros > len(body[:2000]) // 4:
        return "utf-16-le" if body[1:2] == b"\0" else "utf-16-be"
    pairs = _PAIR.findall(body[:_SAMPLE])
    stray = sum(1 for pair in pairs if _NOT_BIG5.match(pair))
    if stray > _MAX_STRAY * len(pairs):
        return "gb18030"
    in_gb, in_big5 = (sum(1 for pair in pairs if common.match(pair)) for common in (_COMMON_GB, _COMMON_BIG5))
    return "big5hkscs" if in_big5 > in_gb else "gb18030"


def _plain(label: str) -> str:
    return re.sub("[-_\\s:.]", "", label).lower()
