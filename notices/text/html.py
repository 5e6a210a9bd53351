"""Bytes to text, text to a tree, a tree to lines, for every reader of pages (reference/domain.md §4.4).

Nothing here raises on a page, whatever it contains; depth, attributes and size of what is parsed are bounded.
"""

from __future__ import annotations

import codecs
import re
from urllib.parse import urljoin, urlsplit

from lxml import etree

from notices.text.charset import detect, encoding_of, names_utf8

MAX_CHARACTERS = 2_000_000  # of one page, embedded images left out; the longest real notice pages have a tenth
_CAREFUL = 100_000  # from here on a page can have enough attributes in one tag to stall the parser, so they are counted first
_MAX_ATTRIBUTES = 5_000
_CHUNK = 20_000
_MAX_DEPTH = 256  # the parser's own bound
_MAX_ADDRESS = 4_000

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
_NAME = rb"[\"']?\s*([A-Za-z0-9_:.-]{2,40})"
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*" + _NAME + rb"|<\?xml[^>]{0,100}?encoding=" + _NAME, re.I)
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\uffff\ud800-\udfff]")
_BREAKS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_PLAIN = re.compile(
    "[\x20-\x7e\n\t\xa0-\xac\xae-\u200a\u2010-\u2027\u2030-\u205f\u2065-\ud7ff\ue000-\ufefe\uff00-\ufff8\U00010000-\U0010ffff]*+"
)
_DATA_ADDRESS = re.compile(r"data:[\w/+.;=-]{0,100}base64,[A-Za-z0-9+/=%\s]{400,}")

_INLINE_TAGS = re.compile(r"</?(?:font|span|b|strong|i|em|u|big|small|center|o:p|st1:\w+)(?:\s[^<>]*)?>", re.I)
_OTHER_TAGS = re.compile(r"(?:</?(?!(?:p|br|a|title|h1)[\s>/])[A-Za-z][^<>]*+>?\s*+)++", re.I)
_LONG_TAGS = re.compile(r"<(p|br|title|h1)\s[^<>]*>", re.I)
_CODE = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.I | re.S)

SILENT = frozenset(("script", "style", "noscript", "template", "head", "title", "select", "option", "button", "textarea", "svg", "input"))
_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr html legend li main nav ol p pre section table tbody tfoot thead tr ucapcontent ul"
)
BLOCKS = frozenset(_BLOCK_NAMES.split())
_CELLS = frozenset(("td", "th"))
_LINE, _CELL = "\x0b", "\x0c"  # mark breaks while text is collected: no page's text contains them
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|table|list-item|flex|grid)\b", re.I)
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)
_BREAKS_IN_HREF = re.compile(r"[ ]*[\t\n\r\f\v\x1c-\x1f\x85\u2028\u2029]+[ ]*")  # of an editor that wraps its lines; browsers drop them
_BLANKS = re.compile(r"[ \t\n\u3000\xa0\u2000-\u200a\u202f\u205f]+")
_SPACES = re.compile(r"[ \xa0]{2,}|\xa0")


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """The text of a page and the encoding it was read as. Strict UTF-8 wins over every label; gb2312 and gbk mean gb18030, as in browsers."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return clean(body[len(mark) :].decode(encoding, "replace")), encoding
    text = _strict_utf8(body)
    if text is not None:
        return clean(text), "utf-8"
    encoding = (
        "utf-8" if _is_nearly_utf8(body, 4 if _says_utf8(body, content_type) else 50) else _labelled(body, content_type) or detect(body)
    )
    return clean(body.decode(encoding, "replace")), encoding


def clean(text: str) -> str:
    """The text without NUL, lone surrogates, control and zero-width characters, its line ends unified."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if _PLAIN.fullmatch(text) else _INVISIBLE.sub("", _BREAKS.sub("\n", text))


def parse(text: str) -> etree._Element:
    """The root element of a page: at most 256 deep, comments left out. An empty page has an empty body."""
    if "base64," in text:
        text = _DATA_ADDRESS.sub("data:,", text)
    text = text[:MAX_CHARACTERS]
    for plainer in (str, _without_inline_tags):
        text = plainer(text)
        if len(text) > _CAREFUL and _is_flooded(text):
            break
        root, complete = _tree(text)
        if complete:
            return root
    return _tree(_bare(text))[0]


def text_of(element: etree._Element) -> str:
    """The visible text in lines: a paragraph, a <br> piece or a table row each; the cells of a row are separated by tabs."""
    return collapse_lines(_pieces(element))


def line_of(element: etree._Element) -> str:
    """The visible text of an element in one line."""
    return one_line(" ".join(text_of(element).split("\n")))


def one_line(text: str) -> str:
    """The text with every run of blanks as one blank, without those at its ends."""
    return _BLANKS.sub(" ", clean(text)).strip()


def collapse_lines(text: str) -> str:
    """The lines of a text without blanks at their ends; empty lines left out."""
    lines = (line.strip() for line in _SPACES.sub(" ", clean(text)).split("\n"))
    return "\n".join(line for line in lines if line)


def is_hidden(element: etree._Element) -> bool:
    """Whether the element itself is switched off by its style or attribute."""
    style = element.get("style")
    return (style is not None and "none" in style.lower() and bool(_HIDDEN.search(style))) or element.get("hidden") is not None


def _is_styled_block(element: etree._Element) -> bool:
    """Whether the element's own style makes a block of it: <span style="display:block">."""
    style = element.get("style")
    return style is not None and "display" in style and _BLOCK_STYLE.search(style) is not None


def base_url(root: etree._Element, url: str) -> str:
    """The address that relative links of a page start from: its <base href>, else its own."""
    for base in root.iter("base"):
        found = absolute(url, base.get("href"))
        if found:
            return found
    return url


def absolute(url: str, href: str | None) -> str | None:
    """The http(s) address a link leads to, without its fragment; None for scripts, mail, anchors and anything that is not an address."""
    target = _BREAKS_IN_HREF.sub("", href or "").strip(" \u3000\xa0\0").replace("\\", "/").replace(" ", "%20")
    if not target or target[0] == "#" or len(target) > _MAX_ADDRESS:
        return None
    try:
        parts = urlsplit(urljoin(url, target))
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c in parts.netloc for c in "<>\"'{}% "):
        return None
    return parts._replace(fragment="").geturl()


def _strict_utf8(body: bytes) -> str | None:
    """The body as UTF-8; a character that the end of the body cuts in two is dropped. None when it is not UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(body) - 3 or error.reason != "unexpected end of data" or not error.start:
            return None
        return body[: error.start].decode("utf-8")


def _labelled(body: bytes, content_type: str | None) -> str | None:
    """The encoding that the header, else the first 2,048 bytes, name; None for labels that say nothing."""
    header = _CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(body[:2048])
    labels = [header[1]] if header else []
    if meta:
        labels.append((meta[1] or meta[2]).decode("ascii"))
    return next((known for label in labels if (known := encoding_of(label))), None)


def _says_utf8(body: bytes, content_type: str | None) -> bool:
    """Whether header or page name UTF-8: a label alone proves nothing, but with it less proof is needed."""
    header, meta = _CHARSET.search(content_type or ""), _META_CHARSET.search(body[:2048])
    labels = [header[1] if header else "", (meta[1] or meta[2]).decode("ascii") if meta else ""]
    return any(map(names_utf8, labels))


def _is_nearly_utf8(body: bytes, valid_for_one_broken: int) -> bool:
    """Whether a body is UTF-8 but for a few damaged places: in another encoding hardly a character would be valid."""
    text = body[:200_000].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return (len(body[:200_000]) - len(text)) // 2 > valid_for_one_broken * broken


def _tree(text: str) -> tuple[etree._Element, bool]:
    """The root element, and whether the parser came to the end of the text."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        root = None
    error = parser.error_log.last_error
    complete = error is None or error.level != etree.ErrorLevels.FATAL
    if root is None:
        root = etree.fromstring("<html><body></body></html>", etree.HTMLParser())
    return root, complete


class _AttributeCount:
    """A parser target that builds nothing: building is what takes quadratic time."""

    def __init__(self) -> None:
        self.depth = self.most = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.most = max(self.most, len(attributes))

    def end(self, tag: str) -> None:
        self.depth -= 1

    def close(self) -> None:
        """Nothing is built."""


def _is_flooded(text: str) -> bool:
    """Whether a tag has more attributes than any real page's; read no further than the depth where the parser will stop."""
    count = _AttributeCount()
    parser = etree.HTMLParser(encoding="utf-8", target=count)  # type: ignore[call-overload]  # the stubs ask for all methods
    try:
        for start in range(0, len(text), _CHUNK):
            parser.feed(text[start : start + _CHUNK].encode("utf-8", "replace"))
            if count.most > _MAX_ATTRIBUTES or count.depth > _MAX_DEPTH:
                break
    except etree.LxmlError:
        return False
    return count.most > _MAX_ATTRIBUTES


def _without_inline_tags(text: str) -> str:
    """A page without font, span, b and the like: left open, they nest."""
    return _INLINE_TAGS.sub("", text)


def _bare(text: str) -> str:
    """A page with paragraphs, line breaks and links alone: for pages nested or decorated beyond what the parser takes."""
    text = _CODE.sub("", text) if text.count("<script") + text.count("<style") < 1000 else text
    return _LONG_TAGS.sub(r"<\1>", _OTHER_TAGS.sub("<p>", text))


def _pieces(element: etree._Element) -> str:
    """The text in document order with line breaks and tabs where blocks and cells begin and end; blanks of the source stay blanks."""
    out: list[str] = []
    _collect(element, out, _LINE)
    text = "".join(out).replace("\n", " ").replace("\t", " ")
    return text.replace(_LINE, "\n").replace(_CELL, "\t")


def _collect(element: etree._Element, out: list[str], brk: str) -> None:
    """Add an element's text. `brk` parts blocks: a line break, but a blank within the cells of a table's row. At most 256 deep."""
    if element.text:
        out.append(element.text if element.tag != "pre" else element.text.replace("\n", _LINE))
    for child in element:
        tag = child.tag
        if tag == "br":
            out.append(brk)
        elif tag not in SILENT and not is_hidden(child):
            if tag in BLOCKS or _is_styled_block(child):
                out.append(brk)
                _collect(child, out, brk)
                out.append(brk)
            elif tag in _CELLS:
                _collect_cell(child, out, brk)
            elif len(child):
                _collect(child, out, brk)
            else:
                out.append(child.text or "")
        if child.tail:
            out.append(child.tail)


def _collect_cell(cell: etree._Element, out: list[str], brk: str) -> None:
    """A cell of a data row stays on the row's line; a cell that contains a page's layout breaks into lines of its own."""
    line = _is_line(cell)
    if line and cell.getprevious() is not None:
        out.append(_CELL)
    _collect(cell, out, " " if line else brk)
    if not line:
        out.append(brk)


def _is_line(cell: etree._Element) -> bool:
    """Whether the row of a cell is a line of data: several cells and no table within this one."""
    row = cell.getparent()
    return row is not None and len(row) > 1 and next(cell.iter("table"), None) is None
