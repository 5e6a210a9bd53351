"""Text of formats that place lines on pages, PDF and OFD: wrapped lines joined to sentences, scans told from text."""

from __future__ import annotations

import re

from notices.attachment import AttachmentText
from notices.reference.headings import heading_of
from notices.text.whitespace import remove_whitespace

SCANNED_BELOW = 50  # characters a page: a page of images (reference/domain.md §4.6)
_BEFORE = re.compile(r"[\u3400-\u9fff，、；：“‘（《〔0-9A-Za-z]$")
_AFTER = re.compile(r"[\u3400-\u9fff，。、；：！？”’）》〕0-9A-Za-z]")
_HAN = re.compile(r"[\u3400-\u9fff\uff00-\uff5e\u3000-\u303f]")
_FULL = 0.75  # of the widest line: a shorter one ends its paragraph
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")
_FEW, _SOME, _MOST = 20, 0.05, 0.5  # Word's bullets are in private codes too: a few say nothing
_NARROW = 30  # columns: lines of headings, tables and forms, 15 characters wide


def with_private_codes(read: AttachmentText) -> AttachmentText:
    """The text that was read, as scanned when most of it is in codes that only its own fonts explain: then its image alone can be read."""
    text = "".join(read.pages)
    private = len(_PRIVATE.findall(text))
    if private < _FEW or private < _SOME * len(remove_whitespace(text)):
        return read
    detail = f"{private} of {len(remove_whitespace(text))} characters are in private codes"
    if private >= _MOST * len(remove_whitespace(text)):
        return read._replace(outcome="scanned", detail=detail)
    return read._replace(detail=f"{read.detail}; {detail}" if read.detail else detail)


def is_private(text: str) -> bool:
    """Whether most of a page is in codes that only its own fonts explain."""
    private = len(_PRIVATE.findall(text))
    return private >= _FEW and private >= _MOST * len(remove_whitespace(text))


def joined_lines(text: str) -> str:
    """The text with a line joined to the next one where it is full and ends inside a Chinese sentence."""
    lines = text.split("\n")
    widths = [_width(line) for line in lines]
    full = max(_NARROW, _FULL * max(widths))
    out = [lines[0]]
    for before, after, width in zip(lines, lines[1:], widths, strict=False):
        if width >= full and _goes_on(before.rstrip(), after.lstrip()):
            out[-1] = out[-1].rstrip() + after.lstrip()
        else:
            out.append(after)
    return "\n".join(out)


def _width(line: str) -> int:
    return len(line) + len(_HAN.findall(line))


def _goes_on(before: str, after: str) -> bool:
    if not (_BEFORE.search(before[-1:]) and _AFTER.match(after)) or after.isdigit():
        return False
    is_han = _HAN.match(before[-1:]) or _HAN.match(after)
    return bool(is_han) and not _opens_paragraph(after)


def _opens_paragraph(line: str) -> bool:
    """Whether a line begins a heading or an attachment; 1. and （1） also begin the second half of a wrapped line."""
    heading = heading_of(line)
    return line.startswith("附件") or (heading is not None and not heading.is_counted_in_digits)
