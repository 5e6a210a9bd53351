"""Bytes to text, text to a tree, and a tree to lines: what lists and detail pages share."""

from __future__ import annotations

import codecs
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
from lxml import etree

MAX_CHARACTERS = 24_000_000
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_\-]{2,30})", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_\-]{2,30})", re.I)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([a-zA-Z0-9_\-]{2,30})", re.I)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNWANTED = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0x80, 0xA0), 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])  # fmt: skip
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul option select".split()
)
_SILENT = frozenset("script style noscript template head title meta link object embed iframe svg math textarea button".split())
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u2000-\u200a\u202f\u205f]+")


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """The text of a page and the encoding it was read in; never raises (reference/domain.md §4.4).

    A strict UTF-8 reading is believed over any label; gb2312 and gbk are read as gb18030.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _clean(body[len(bom) :].decode(name, "replace")), name
    try:
        return _clean(body.decode("utf-8")), "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(body) - 4 and len(body) > 64:  # cut in the middle of its last character
            return _clean(body.decode("utf-8", "ignore")), "utf-8"
    for label in _labels(body, content_type):
        name = _codec(label)
        if name and name != "utf-8":
            return _clean(body.decode(name, "replace")), name
    return _best_guess(body)


def _labels(body: bytes, content_type: str | None) -> list[str]:
    head = body[:4096]
    found = [m[1] for m in (_HEADER.search(content_type or ""),) if m]
    return found + [m[1].decode("ascii") for m in (_META.search(head), _XML.search(head)) if m]


def _codec(label: str) -> str | None:
    name = label.lower().replace("_", "-")
    if name in ("gb2312", "gbk", "gb-2312", "gb18030", "x-gbk", "cp936", "hz-gb-2312", "gb2312-80"):
        return "gb18030"
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def _best_guess(body: bytes) -> tuple[str, str]:
    """gb18030 unless Big5 or a broken UTF-8 reads with fewer unreadable characters."""
    sample = body[:200_000]
    scored = [(sample.decode(name, "replace").count("\ufffd"), n, name) for n, name in enumerate(("gb18030", "utf-8", "big5"))]
    name = min(scored)[2]
    return _clean(body.decode(name, "replace")), name


def _clean(text: str) -> str:
    """The text without control, zero-width and bidirectional characters and surrogates, at most MAX_CHARACTERS."""
    return text[:MAX_CHARACTERS].translate(_UNWANTED)


def parse(text: str) -> Any:
    """The tree of a page; never raises. Nesting beyond libxml2's own bound is flattened."""
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True, remove_pis=True)
        root = lxml.html.document_fromstring(text.encode("utf-8", "replace") or b"<html></html>", parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        root = lxml.html.document_fromstring(b"<html><body></body></html>")
    return root


def text_of(element: Any) -> str:
    """The element's text: a paragraph a line, cells of a table row parted by tabs, blanks collapsed."""
    pieces: list[str] = []
    _collect(element, pieces)
    lines = (_BLANKS.sub(" ", line.replace("\u3000", " ")).strip(" ") for line in "".join(pieces).split("\n"))
    return "\n".join(line.strip() for line in lines if line.strip())


def _collect(element: Any, pieces: list[str]) -> None:
    """Walk the element in order without recursion."""
    for event, node in etree.iterwalk(element, events=("start", "end", "comment")):
        if event == "start":
            _enter(node, pieces, skip=_inside_silent(node))
        elif event == "end":
            _leave(node, element, pieces)
        elif node.tail and not _inside_silent(node):
            pieces.append(_flat(node.tail))


def _inside_silent(node: Any) -> bool:
    parent = node
    for _ in range(3):
        if parent is None:
            return False
        if parent.tag in _SILENT:
            return True
        parent = parent.getparent()
    return False


def _enter(node: Any, pieces: list[str], *, skip: bool) -> None:
    if node.tag in _BLOCKS or node.tag == "br":
        pieces.append("\n")
    elif node.tag in ("td", "th") and node.getprevious() is not None:
        pieces.append("\t")
    if node.text and not skip:
        pieces.append(node.text if node.tag == "pre" else _flat(node.text))


def _leave(node: Any, root: Any, pieces: list[str]) -> None:
    if node.tag in _BLOCKS:
        pieces.append("\n")
    if node is not root and node.tail and not _inside_silent(node.getparent()):
        pieces.append(_flat(node.tail))


def _flat(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ")


def base_url(root: Any, url: str) -> str:
    """The address that relative links start from."""
    for base in root.iter("base"):
        if base.get("href"):
            return absolute(url, base.get("href")) or url
    return url


def absolute(base: str, href: str | None) -> str | None:
    """The absolute http(s) address of a link; None for anything else (javascript:, mailto:, not an address)."""
    href = re.sub(r"[\r\n\t]", "", href or "").strip()
    if not href or href.startswith("#"):
        return None
    try:
        made = urljoin(base, href.replace("\\", "/"))
        parts = urlsplit(made)
        _ = parts.port
    except ValueError:
        return None
    return made if parts.scheme in ("http", "https") and parts.hostname else None
