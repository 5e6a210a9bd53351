"""The block of a page that contains its main text: a known container (reference/domain.md §4.6), else the one with most text outside links."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

from notices.text.html import BLOCKS, SILENT, is_hidden, one_line
from notices.text.whitespace import remove_whitespace
from pipeline.parse.element_names import names_boilerplate, names_main_text
from pipeline.parse.labels import is_label_line

_MARKS = "，。；：、"
_FOOTER = re.compile(
    "版权所有|ICP备|公网安备|主办单位|网站标识码|技术支持|copyright|邮编|分辨率|浏览器|(?:主办|承办|维护)(?:[:：]|$)", re.I
)
_SHOWN = re.compile(r"\.(?:pdf|swf|ofd)[\"'?]", re.I)
_BLOCKS_OF_TEXT = frozenset(
    ("body", "div", "td", "section", "article", "main", "center", "form", "table", "tbody", "tr", "html", "ucapcontent", "dl", "dd")
)
_ANNEX = re.compile(r"附\s?[件表录]\s?[\d一二三四五六七八九十]{0,3}[:：]?")
_SHORTEST_ANNEX = 20
_SECTIONS = 3  # levels of an editor's sections
_MEDIA = ("img", "iframe", "embed", "object", "video")


def main_block(root: etree._Element) -> tuple[etree._Element, bool]:
    """The element that contains the main text, and whether its name says so; <body> if no narrower one does."""
    body = next(root.iter("body"), root)
    known = _known(root)
    if known is not None and _visible_length(known) >= 100:
        return known, True
    dense = _densest(body)
    times = 1 if known is not None and _is_line_under_title(known) else 4
    if known is None or (_visible_length(dense) > times * _visible_length(known) + 100 and not _has_media(known)):
        return dense, False
    return known, True


def _known(root: etree._Element) -> etree._Element | None:
    """The known container with most text; of nested ones the outermost, unless half its text is outside the inner one."""
    best: etree._Element | None = None
    weight = 0
    for element in root.iter("div", "td", "font", "span", "section", "article", "main", "ucapcontent", "table", "form", "dd"):
        if not names_main_text(element):
            continue
        own = (0 if _is_footer(element) else _running_length(element)) + (50 if _has_media(element) else 1)
        if own > weight:
            best, weight = element, own
    return best


def _is_line_under_title(element: etree._Element) -> bool:
    """Whether a container is nothing but the line 时间：… 来源：… 点击：…: EmpireCMS calls its cell info_text."""
    text = one_line("".join(islice(element.itertext(), 30)))
    return len(text) <= 120 and is_label_line(text)


def _is_footer(element: etree._Element) -> bool:
    """Whether a container is nothing but the site's footer: templates give both one class."""
    text = remove_whitespace("".join(islice(element.itertext(), 100)))
    return len(text) < 300 and "。" not in text and len(_FOOTER.findall(text)) >= 2


def _visible_length(element: etree._Element) -> int:
    """The characters of visible text in an element, those of links counted a quarter."""
    silent = sum(_length(script.text or "") for script in element.iter("script", "style", "noscript", "textarea"))
    linked = sum(_length("".join(a.itertext())) for a in element.iter("a"))
    return max(0, _length("".join(element.itertext())) - silent - linked * 3 // 4)


def _running_length(element: etree._Element) -> int:
    """The visible length of a container, next to nothing for a list of other articles in the text's class: links without a sentence."""
    length = _visible_length(element)
    links = [_length("".join(a.itertext())) for a in element.iter("a")]
    is_list = len(links) > 1 and 2 * sum(links) >= length and not any("。" in text for text in element.itertext("*"))
    return length // 16 if is_list else length


def _length(text: str) -> int:
    return len(remove_whitespace(text))


def _has_media(element: etree._Element) -> bool:
    if next(element.iter(*_MEDIA), None) is not None:
        return True
    return any(_SHOWN.search((script.text or "")[:20_000]) for script in element.iter("script"))


def _densest(body: etree._Element) -> etree._Element:
    """The deepest block that still contains three quarters of the page's running text."""
    scale = _Scale(names_count=True)
    scale.weigh(body)
    if not scale.sentences and any("。" in text for text in body.itertext("*")):
        scale = _Scale(names_count=False)  # the article is inside a block that is named like a pager or a menu
        scale.weigh(body)
    weights, node = scale.weights, body
    while True:
        inner = max((child for child in node if child in weights), key=lambda child: weights[child], default=None)
        if inner is None or weights[inner] * 4 < weights[node] * 3 or _has_annex(inner):
            break
        node = inner
    return _with_text_beside(_block_around(node, body), body)


def _with_text_beside(node: etree._Element, body: etree._Element) -> etree._Element:
    """The block around blocks that are all text: an editor's sections are parts of one text, whichever of them is longest."""
    for _ in range(_SECTIONS):
        parent = node.getparent()
        if node is body or parent is None or parent is body or (parent.tag not in _BLOCKS_OF_TEXT and parent.tag != "p"):
            break
        beside = [child for child in parent if child is not node]
        if not beside or not all(map(_is_only_text, beside)) or not any("。" in text for child in beside for text in child.itertext("*")):
            break
        node = parent
    return node


def _is_only_text(element: etree._Element) -> bool:
    """Whether a block has no part of a template: nothing, pictures, or paragraphs without links, names and forms."""
    if element.tag in SILENT or element.tag in ("br", "hr", "img"):
        return True
    if element.tag not in ("p", "section", "span", "font", "div") or element.get("class") or element.get("id"):
        return False
    if next(element.iter("a", "ul", "form", "input", "h1", "h2"), None) is not None:
        return False
    text = remove_whitespace("".join(element.itertext()))
    return not text or ("。" in text and not _FOOTER.search(text))


def _block_around(node: etree._Element, body: etree._Element) -> etree._Element:
    """The block around a paragraph: one long paragraph is not the whole notice."""
    while node is not body and (
        node.tag not in _BLOCKS_OF_TEXT or node.tag in ("table", "tbody", "tr") or not any(c.tag in BLOCKS or c.tag == "br" for c in node)
    ):
        parent = node.getparent()
        if parent is None:
            break
        node = parent
    return node


def _has_annex(block: etree._Element) -> bool:
    """Whether an annex follows a block: 附件 on a line of its own, then its table or text, in the block that contains both."""
    after = block.itersiblings()
    for sibling in islice(after, 10):
        if _ANNEX.fullmatch(remove_whitespace("".join(islice(sibling.itertext(), 10))[:20])):
            return any(e.tag == "table" or _visible_length(e) >= _SHORTEST_ANNEX for e in islice(after, 5))
    return False


class _Scale:
    """The weight of every block of a page: its running text, that of links and boilerplate left out.

    `names_count`: blocks named like boilerplate are left out. `sentences` counts the 。 of the text that has a weight.
    """

    def __init__(self, *, names_count: bool) -> None:
        self.weights: dict[etree._Element, int] = {}
        self.sentences = 0
        self._names_count = names_count

    def weigh(self, element: etree._Element) -> tuple[int, int]:
        """The running text and the link text of an element; blocks of links weigh nothing. At most 256 deep."""
        text, sentences = _weight(element.text), _stops(element.text)
        before, links = self.sentences, 0
        for child in element:
            if child.tag == "a":
                links += sum(_length(piece) for piece in child.itertext())
            elif child.tag not in SILENT and not self._is_boilerplate(child):
                more, linked = self.weigh(child)
                text, links = text + more, links + linked
            text, sentences = text + _weight(child.tail), sentences + _stops(child.tail)
        self.sentences += sentences
        if element.tag in BLOCKS or element.tag == "td":
            if links > text or (2 * links >= text and self.sentences == before):
                text = links = 0
                self.sentences = before
            self.weights[element] = text
        return text, links

    def _is_boilerplate(self, element: etree._Element) -> bool:
        if element.tag in ("nav", "footer", "aside") or is_hidden(element):
            return True
        return self._names_count and names_boilerplate(element)


def _stops(text: str | None) -> int:
    return text.count("。") if text else 0


def _weight(text: str | None) -> int:
    """Running text counts its characters and, more, its punctuation; a footer's counts nothing."""
    if not text or text.isspace():
        return 0
    length = _length(text)
    return 0 if 8 < length < 300 and _FOOTER.search(text) else length + 5 * sum(map(text.count, _MARKS))
