"""Places of personal data in a text: identity numbers, mobile numbers, bank accounts (reference/domain.md §5.2)."""

from __future__ import annotations

import re

_WIDE = {0xFF10 + n: 0x30 + n for n in range(10)} | {
    0xFF38: "X",
    0xFF58: "x",
    0xFF0D: "-",
    0x2010: "-",
    0x2011: "-",
    0x3000: " ",
    0xA0: " ",
}
_PERSON = re.compile(r"(?<![0-9A-Za-z])(\d{6})((?:18|19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{3}[\dXx])(?![0-9A-Za-z])")
_PERSON_15 = re.compile(r"(?<![0-9A-Za-z./-])[1-9]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?![0-9A-Za-z/-])")
_PERSON_WORD = re.compile(r"身份证|证件号|身份号|公民身份")
_ACCOUNT = re.compile(
    r"(?<![0-9A-Za-z./])(?<![0-9A-Za-z]-)(?:\d{16,19}|\d{4}(?:[ -]\d{4}){3}(?:[ -]?\d{1,3})?)(?![0-9A-Za-z/])(?!-[0-9A-Za-z])"
)
_LOOSE_ACCOUNT = re.compile(r"(?<![0-9A-Za-z./-])\d{9,30}(?![0-9A-Za-z/-])")
_ACCOUNT_WORD = re.compile(r"(?:账号|帐号|卡号|账户|帐户|户头|存折)[^\d\n]{0,12}$")
_MOBILE = re.compile(r"(?<![\d.])1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?!\d|[.,]\d|[ ]?(?:元|万|亿|吨|人|平方|立方))")
_CODE_BEFORE = re.compile(r"[0-9A-Za-z/-]{0,24}$")
_COUNTRY = re.compile(r"(?:\+|00)?86-?$|^-+$")
_OTHER_NUMBER = re.compile(
    r"(?:信用代码|机构代码|索引号|文号|批文|项目代码|案号|许可证|注册号|执照|编号|流水号|公告号|期号|招标)[^\n]{0,6}$"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

Span = tuple[int, int]


def personal_spans(text: str) -> list[Span]:
    """[start, end) of the characters to hide of each number: all but its ends."""
    plain = text.translate(_WIDE)
    if len(plain) != len(text):  # no character of the table is replaced by two, so this cannot be
        raise AssertionError("folding changed the length")
    return [*_persons(plain), *_accounts(plain), *_mobiles(plain)]


def _persons(text: str) -> list[Span]:
    found = [(m.start() + 6, m.end() - 2) for m in _PERSON.finditer(text) if _is_person(m)]
    found += [(m.start() + 6, m.end() - 2) for m in _PERSON_15.finditer(text) if _PERSON_WORD.search(_before(m, 20))]
    return found


def _is_person(match: re.Match[str]) -> bool:
    """By its check character, or by its shape when no word before it says that it is something else."""
    return _check_character(match[0]) or not _OTHER_NUMBER.search(_before(match, 20))


def _check_character(number: str) -> bool:
    """GB 11643: the eighteenth character of a citizen's number."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()


def _accounts(text: str) -> list[Span]:
    found = [(m.start() + 4, m.end() - 4) for m in _ACCOUNT.finditer(text) if _is_card(m)]
    found += [
        (m.start() + (2 if len(m[0]) < 16 else 4), m.end() - 4)
        for m in _LOOSE_ACCOUNT.finditer(text)
        if _ACCOUNT_WORD.search(_before(m, 24))
    ]
    return found


def _is_card(match: re.Match[str]) -> bool:
    """A long number is an account when a word before it says so, or when it begins and checks like a card's."""
    before = _before(match, 24)
    if _ACCOUNT_WORD.search(before):
        return True
    digits = [int(c) for c in match[0] if c.isdigit()]
    return digits[0] in (3, 4, 5, 6, 9) and not _OTHER_NUMBER.search(before) and _luhn(digits)


def _luhn(number: list[int]) -> bool:
    digits = number[::-1]
    return (sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])) % 10 == 0


def _mobiles(text: str) -> list[Span]:
    return [(m.start() + 3, m.end() - 4) for m in _MOBILE.finditer(text) if not _inside_code(m)]


def _inside_code(match: re.Match[str]) -> bool:
    """Whether the number goes on a code to its left that contains digits of its own: a credit code, an index number, a landline."""
    code = _CODE_BEFORE.search(_before(match, 24))
    left = code[0] if code else ""
    return any(c.isdigit() for c in left) and not _COUNTRY.search(left)


def _before(match: re.Match[str], most: int) -> str:
    return match.string[max(0, match.start() - most) : match.start()]
