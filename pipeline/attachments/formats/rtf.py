"""RTF: text of the body, notes and text boxes."""

from __future__ import annotations

import re

from notices.attachment import AttachmentText
from pipeline.attachments.limits import joined, text_result

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
)
_SILENT = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata datastore latentstyles listtable listoverridetable generator xmlnstbl "
    b"rsidtbl filetbl revtbl colorschememapping fldinst objdata bkmkstart bkmkend nonesttables".split()
)
# text inside a group that readers may skip; a paragraph's automatic number as the writing program showed it is among it
_SPOKEN = frozenset((b"shptxt", b"fldrslt", b"objresult", b"listtext", b"pntext"))
_SYMBOL_BULLET = b"\xb7"  # of the font Symbol, in which Word marks the paragraphs of a list; alone it is no Chinese character
_BREAKS = {b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t", b"nestcell": "\t"}
_SIGNS = {b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•"}
_SYMBOLS = {b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\"}
_CODE_PAGES = {932: "cp932", 949: "cp949", 950: "big5hkscs"}


def rtf(body: bytes) -> AttachmentText:
    """The text; bytes are read as gb18030 unless the file names a Japanese, Korean or Taiwanese code page."""
    page = re.search(rb"\\ansicpg(\d{1,5})", body[:2000])
    reader = _Reading(_CODE_PAGES.get(int(page[1]) if page else 936, "gb18030"))
    at = 0
    while match := _TOKEN.search(body, at):
        at = match.end() + reader.read(match)
    return text_result([joined([reader.text()])])


class _Reading:
    """The state of reading one RTF file."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._pieces: list[str] = []
        self._raw = bytearray()
        self._stack: list[tuple[bool, int]] = []
        self._silent, self._per_unicode, self._skip = False, 1, 0

    def read(self, match: re.Match[bytes]) -> int:
        """Take in one token; how many bytes after it are no RTF."""
        hexed, word, number, symbol, brace, plain = match.groups()
        if hexed:
            self._byte(bytes([int(hexed, 16)]))
        elif plain:
            self._byte(plain)
        elif brace:
            self._group(brace)
        elif symbol:
            self._symbol(symbol)
        elif word == b"bin":
            return max(0, int(number or 0))
        elif word:
            self._word(word, int(number) if number else None)
        return 0

    def text(self) -> str:
        """All that was said so far."""
        self._flush()
        return "".join(self._pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _byte(self, data: bytes) -> None:
        dropped = min(self._skip, len(data))
        self._skip -= dropped
        if not self._silent:
            self._raw += data[dropped:]

    def _say(self, text: str) -> None:
        self._flush()
        if not self._silent:
            self._pieces.append(text)

    def _flush(self) -> None:
        if self._raw:
            self._pieces.append("•" if self._raw == _SYMBOL_BULLET else self._raw.decode(self._encoding, "replace"))
            self._raw.clear()

    def _group(self, brace: bytes) -> None:
        self._skip = 0
        if brace == b"{":
            self._stack.append((self._silent, self._per_unicode))
        elif self._stack:
            self._flush()
            self._silent, self._per_unicode = self._stack.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._flush()
            self._silent = True
        elif symbol in _SYMBOLS:
            self._say(_SYMBOLS[symbol])
        elif symbol in b"\r\n":
            self._say("\n")

    def _word(self, word: bytes, number: int | None) -> None:
        if word in _SILENT or word in _SPOKEN:
            self._flush()
            self._silent = word in _SILENT
        elif word == b"u" and number is not None:
            self._say(chr(number % 65536))
            self._skip = self._per_unicode
        elif word == b"uc" and number is not None:
            self._per_unicode = min(max(number, 0), 8)
        elif word in _BREAKS:
            self._say(_BREAKS[word])
        elif word in _SIGNS:
            self._say(_SIGNS[word])
