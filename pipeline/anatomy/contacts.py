"""Phones, hotlines, e-mail and web addresses: inert text, never acted on (reference/domain.md §5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from notices.model import Contact

_PHONE = re.compile(
    r"(?<![\d.\-—])(?:[（(](0\d{2,3})[）)]|(0\d{2,3}))[ \-—–－]{0,2}(\d{3,4}[ ]?\d{4}|\d{5}(?!\d))((?:转|-)\d{1,5}(?!\d))?(?!\d)"
)
_MOBILE = re.compile(r"(?<![\dA-Za-z.\-])(1[3-9]\d{9})(?![\dA-Za-z])")
_HOTLINE = re.compile(r"(?<![\d.\-—A-Za-z])(12[1-9]\d{2}|9[56]\d{3})(?![\d.]|[\-—]\d|[万亿元人个名年件户吨])")
_LOCAL = re.compile(r"(?:电\s*话|传\s*真|热\s*线|手\s*机)[（(]?[^\d\n]{0,6}[:：]\s*(\d{7,8})(?!\d)")
_EMAIL = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._+-]{0,63})\s?(?:@|＠|#|\(at\)|（at）)\s?([A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){1,4})"
)
_URL = re.compile(
    r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%-]{4,300}"
    r"|(?<![A-Za-z0-9@＠._/-])(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,5}(?:cn|com|net|org|gov|edu)(?![A-Za-z0-9-])(?:/[A-Za-z0-9._~/?=&%-]{0,200})?"
)
_LABEL = re.compile("((?:[\u3400-\u9fff]{2}人?)?(?:电话|传真|热线|邮箱|邮件|网址|网站|链接|手机))[^\u3400-\u9fff\n]{0,4}$")
# A line without five digits, an @ or a dot between Latin letters contains no contact.
_MAY_CONTAIN = re.compile(r"\d{5}|\d{4}[ )）—–－-]\d|[@＠#]|[A-Za-z0-9]\.[A-Za-z]|[(（]at[)）]|[(（]0\d\d")
_MAX_CONTACTS = 500


def read_contacts(text: str) -> tuple[Contact, ...]:
    """Every contact once, in the order of the text."""
    text = "\n".join(line for line in text.split("\n") if _MAY_CONTAIN.search(line))
    found: dict[str, tuple[int, Contact]] = {}
    for start, kind, value in _all(text):
        if value not in found and len(found) < _MAX_CONTACTS:
            label = _LABEL.search(text[max(0, start - 16) : start])
            found[value] = (start, Contact(kind, value, label[1] if label else None))
    return tuple(contact for _, contact in sorted(found.values(), key=lambda item: item[0]))


def _all(text: str) -> Iterator[tuple[int, str, str]]:
    if any(mark in text for mark in ("@", "＠", "(at)", "（at）", "#")):
        for match in _EMAIL.finditer(text):
            yield match.start(), "email", f"{match[1]}@{match[2]}".rstrip(".-")
    if "." in text:
        for match in _URL.finditer(text):
            if text[match.end() : match.end() + 1] not in ("@", "＠"):
                yield match.start(), "web", match[0].rstrip(".,;:")
    for match in _PHONE.finditer(text):
        number = match[3].replace(" ", "")
        yield match.start(), "phone", f"{match[1] or match[2]}-{number}{match[4] or ''}"
    for match in _MOBILE.finditer(text):
        yield match.start(), "mobile", match[1]
    for match in _HOTLINE.finditer(text):
        yield match.start(), "hotline", match[1]
    if "：" in text or ":" in text:
        for match in _LOCAL.finditer(text):
            yield match.start(1), "phone", match[1]
