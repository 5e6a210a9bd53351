"""Folding: the one form in which texts and queries are compared, character by character.

Every character folds by itself, whatever is beside it; so the folded form of any part of a text is a part of the
folded text, and a search for a part finds the whole.
"""

from __future__ import annotations

import unicodedata
from array import array
from itertools import pairwise

from notices.text.han_table import SIMPLIFIED, TRADITIONAL
from notices.text.radical_table import IDEOGRAPHS, RADICALS

FOLDING = 2  # raise when a text may fold otherwise than before: an index folded otherwise is rebuilt

_QUOTES = "\"'`´“”„‟‘’‚‛«»‹›「」『』﹁﹂﹃﹄〝〞〟＂＇″′"
_DASHES = "-‐‑‒–—―−－﹘﹣⸺⸻─━〜～~∼ー"
_DOTS = "·・‧•∙⋅･᛫•"
_OPEN, _CLOSE = "([{〔【［｛（﹝〖〘〚⟨⟦﹙﹛", ")]}〕】］｝）﹞〗〙〛⟩⟧﹚﹜"
_ANGLES_OPEN, _ANGLES_CLOSE = "〈《<＜«", "〉》>＞»"
_ZEROS = "○◯〇"
# Default ignorable characters that have the category of marks or of alphabets: variation selectors (UTS #37, emoji), the grapheme joiner, Hangul fillers.
_IGNORED = frozenset(
    [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, *range(0xFE00, 0xFE10), 0xFFA0, *range(0xE0100, 0xE01F0)]
)
# Variants that OpenCC's character table leaves as they are, because a phrase or a region decides there (瞭解 but 瞭望, 顯著 but 看著), or because the
# form is an old or Taiwanese one. A query and a text fold alike, so a wrong guess costs nothing but a distinction.
_VARIANTS = dict(
    zip("瞭著藉甦覆衹祇徧痺塡愼淸靑戱戯甎窰搾擧衞廻暱倣簷賸妳", "了着借苏复只只遍痹填慎清青戏戏砖窑榨举卫回昵仿檐剩你", strict=True)
)

_FIXED = {
    **dict.fromkeys(_QUOTES, ""),
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_DOTS, "·"),
    **dict.fromkeys(_OPEN, "("),
    **dict.fromkeys(_CLOSE, ")"),
    **dict.fromkeys(_ANGLES_OPEN, "<"),
    **dict.fromkeys(_ANGLES_CLOSE, ">"),
    **dict.fromkeys(_ZEROS, "〇"),
}


class _Table(dict[int, str]):
    """The folded form of each code point, computed when first asked for: loading costs nothing and memory follows use."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


def _fold_character(char: str) -> str:
    if char in _FIXED:
        return _FIXED[char]
    if ord(char) in _IGNORED or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"):
        return ""
    made = unicodedata.normalize("NFKC", char)
    if made != char:
        return "".join(map(_fold_character, made))
    lower = char.lower()
    simple = _HAN.get(lower, lower)
    return simple if simple == char else "".join(map(_fold_character, simple))


_HAN = dict(zip(TRADITIONAL + RADICALS, SIMPLIFIED + IDEOGRAPHS, strict=True)) | _VARIANTS
_TABLE = _Table()
_SIMPLE = str.maketrans(TRADITIONAL, SIMPLIFIED)


def fold(text: str) -> str:
    """The text in its comparable form: compatibility forms, case, traditional characters, quotes, blanks, brackets, dashes."""
    return text.translate(_TABLE)


def simplified(text: str) -> str:
    """The text with each traditional character as the simplified one, position by position; everything else as it is."""
    return text.translate(_SIMPLE)


def fold_map(text: str) -> tuple[str, array[int]]:
    """The folded text and, for each of its characters, the index of the original character it came from."""
    pieces = list(map(_TABLE.__getitem__, map(ord, text)))
    sizes = list(map(len, pieces))
    if sizes.count(1) == len(sizes):
        return "".join(pieces), array("i", range(len(sizes)))
    return "".join(pieces), array("i", [index for index, size in enumerate(sizes) for _ in range(size)])


def grams(folded: str) -> list[str]:
    """The overlapping character pairs of a folded run, and its last character alone."""
    return [*map("".join, pairwise(folded)), folded[-1]] if folded else []
