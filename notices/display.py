"""Archived text made fit to be shown: nothing in it drives the terminal or a spreadsheet, personal data is masked."""

from __future__ import annotations

import re
import unicodedata

_MOBILE = re.compile(r"(?<![\d.])1[3-9]\d[\d]{8}(?!\d)")
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])")
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z/.\-])\d{16,19}(?![0-9A-Za-z/\-])")
_ACCOUNT_WORD = re.compile(r"账号|帐号|卡号|账户|帐户|银行")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def safe(text: str, *, one_line: bool = True) -> str:
    """The text with control, bidirectional and zero-width characters written out; line breaks become blanks in one line."""
    kept = "\n" if not one_line else ""
    if one_line:
        text = text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return "".join(c if c in kept or _harmless(c) else _written_out(c) for c in text.replace("\t", " "))


def _harmless(char: str) -> bool:
    return " " <= char <= "~" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _written_out(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"\\u{code:04x}"


def masked(text: str) -> str:
    """The text, as long as before, with identity numbers, mobile numbers and bank accounts starred out but for their ends."""
    if not any(c.isdigit() for c in text):
        return text
    text = _IDENTITY.sub(lambda m: _starred(m[0], 6, 2), text)
    text = _ACCOUNT.sub(lambda m: _starred(m[0], 4, 4) if _is_account(m) else m[0], text)
    return _MOBILE.sub(lambda m: _starred(m[0], 3, 4), text)


def _starred(number: str, head: int, tail: int) -> str:
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]


def _is_account(match: re.Match[str]) -> bool:
    """A run of digits is an account when a word before it says so or its check digit holds."""
    before = match.string[max(0, match.start() - 12) : match.start()]
    return bool(_ACCOUNT_WORD.search(before)) or _luhn(match[0])


def _luhn(number: str) -> bool:
    digits = [int(d) for d in reversed(number)]
    total = sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])
    return total % 10 == 0


def csv_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text
