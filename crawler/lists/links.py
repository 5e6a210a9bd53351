"""The target and the title of a link in a list."""

from __future__ import annotations

import re

from lxml import etree

from crawler.lists.closing import is_span
from notices.text.html import absolute
from notices.text.whitespace import collapse_whitespace, remove_whitespace

CUT = "javascript:;"
"""The target of a link whose page does not give it: a mirror cut it off, or only a script knows it."""

_SCRIPT = re.compile(r"^\s*javascript\s*:", re.I)
# Scripts that open a page: window.open(…), location.href=…, openInfo(…), gotoUrl(…), jumpTo(…).
_CALL = re.compile(
    r"""(?:window\.open|location(?:\.href)?\s*=|location\.(?:replace|assign)\s*\(|open\w*\s*\(|goto\w*\s*\(|to\w*url\s*\(|jump\w*\s*\()"""
    r"""\s*\(?\s*['"]([^'"\s]{1,500})['"]""",
    re.I,
)
_BULLET = re.compile(r"^[\s·•●■□◆◇▪▶►>»※*☆★\-–—|]+(?=\S)")
# Marks around a title that are not part of it: pinned (置顶), new.
_MARKS = re.compile(r"^\s*(?:\[置顶\]|【置顶】|置顶(?=[\s:：]))\s*|\s*(?:(?<![A-Za-z])(?:new|New|NEW)!?)\s*$")
# A label before a title, and the lines of a card that say where and when: they are not the title.
_LABELLED = re.compile(r"^\s*[\[【]?(?:标题|文章标题|信息标题|文件名称|公告名称)[\]】]?\s*[:：]\s*(?=\S)")
_ABOUT = re.compile(
    r"^\s*[\[【]?(?:来源|信息来源|发布(?:机构|单位|部门|者|人|时间|日期)|作者|浏览|阅读|点击|时间|日期|文号|索引号|分类|栏目)\S{0,4}?\s*[:：]"
)
# The state of a consultation or a recruitment before or after its title: it changes while the notice does not.
_STATE = (
    r"(?:进行中|未开始|即将开始|已结束|已截止|已完成|结束|征集中|正在征集|征集结束|报名中|调查中|公示中|已反馈|反馈中|已公布|办理中|已办结)"
)
_STATES = re.compile(rf"^\s*[\[【(（「]\s*{_STATE}\s*[\]】)）」]\s*(?:[-—–:：|·]\s*)?(?=\S)|(?<=\S)\s*[\[【「]\s*{_STATE}\s*[\]】」]\s*$")
# A function of the site's own with the address of a page: goDetail('t20260920_1.html').
_PAGE_CALL = re.compile(
    r"""\b\w{2,40}\s*\(\s*['"]([^'"\s]{1,400}\.(?:[sj]?html?|jspx?|aspx?|php|do|action)(?:\?[^'"\s]{0,200})?)['"]""", re.I
)
_CUT_OFF = re.compile(r"\s*(?:\.{2,}|…+|。{2,})\s*$")
# Tooltips of several labelled lines: 标题：… 发布时间：…
_TOOLTIP = re.compile(r"(?:标题|文章标题|信息标题)\s*[:：]\s*([^\r\n]+)")
_TAG = re.compile(r"<[^<>]{1,200}>")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = ("p", "div")
_PIECES = ("p", "div", "span", "i", "em", "b", "strong")
# Class names of the title and of the date inside a link, in English and pinyin: bt, biaoti 标题, riqi 日期, fbsj 发布时间.
_TITLED = re.compile(r"(?:^|[\s_-])(?:\w*tit(?:le)?|bt|biaoti|name)(?=$|[\s_-])", re.I)
_DATED = re.compile(r"(?:^|[\s_-])(?:date|time|day|year|month|riqi|shijian|fbsj|rq|sj)\w*(?=$|[\s_-])|-?date$|-?time$", re.I)


def link_target(element: etree._Element, base: str) -> str | None:
    """The absolute address; CUT when it cannot be read; None when the link does not lead to a page."""
    href = (element.get("href") or "").strip()
    script = href if _SCRIPT.match(href) else ""
    if href and not script and href != "#":
        if href.startswith("#"):
            return None
        return absolute(base, href)
    code = f"{element.get('onclick') or ''} {script}"[:2000]
    call = _CALL.search(code) or _PAGE_CALL.search(code)
    if call and any(mark in call[1] for mark in "./?"):
        return absolute(base, call[1])
    return CUT if script or href == "#" else None


def own_text(element: etree._Element) -> str:
    """A link's text, at most 1,000 characters."""
    text = element.text
    if len(element):
        text = "".join(element.itertext("*") if len(element) < 50 else element.xpath(".//text()"))
    return collapse_whitespace(text[:1000]) if text else ""


def title_of(element: etree._Element, text: str) -> str:
    """The title of a link's target: the tooltip when the text is cut short, else the text without marks and dates."""
    tip = _tooltip(element.get("title") or "")
    text = _shown_title(element, text)
    if not text:
        return tip or next((collapse_whitespace(i.get("alt") or "") for i in element.iter("img")), "")
    shown = _STATES.sub("", _LABELLED.sub("", _BULLET.sub("", _MARKS.sub("", text)))).strip() or text
    if not tip:
        return shown
    core, whole = remove_whitespace(_CUT_OFF.sub("", shown)), remove_whitespace(tip)
    cut_off = bool(_CUT_OFF.search(shown))
    if whole.startswith(core) and (cut_off or len(core) >= 8):
        return tip
    return tip if cut_off and core[:6] and core[:6] in whole and len(whole) > len(core) else shown


def _tooltip(tip: str) -> str:
    """The title attribute as a title: tags dropped, the labelled line of a multi-line tooltip."""
    if "<" in tip:
        tip = _TAG.sub(" ", tip)
    named = _TOOLTIP.search(tip)
    if named:
        return collapse_whitespace(named[1])
    first = tip.strip().split("\n")[0] if re.search(r"\n\s*(?:发布|时间|日期|来源|作者)", tip) else tip
    return collapse_whitespace(first)[:500]


def _shown_title(element: etree._Element, text: str) -> str:
    """The text of the part with the title, when a link wraps a whole entry."""
    if not len(element):
        return text
    parts = [part for part in element.iter(*_HEADINGS, *_PIECES) if part is not element][:40]
    for part in parts:
        names = f"{part.get('class') or ''} {part.get('id') or ''}"
        if part.tag in _HEADINGS or (len(names) > 1 and _TITLED.search(names) and not _DATED.search(names)):
            shown = own_text(part)
            if len(shown) >= 4 and not _is_date(shown):
                return shown
    lines = [shown for part in parts if part.tag in _BLOCKS and not _has_block(part) and (shown := own_text(part))]
    told = [line for line in lines if not _is_date(line) and not _ABOUT.match(line)]
    if len(lines) > 1 and told:
        return next((line for line in told if len(line) >= 6), told[0])
    return _without_dates(parts, text)


def _has_block(part: etree._Element) -> bool:
    return any(inner.tag in _BLOCKS for inner in part.iterdescendants(*_BLOCKS))


def _without_dates(parts: list[etree._Element], text: str) -> str:
    dated = [p for p in parts if (shown := own_text(p)) and len(shown) <= 40 and _is_date(shown)]
    for part in dated:
        shown = own_text(part)
        if text.endswith(shown):
            text = text[: -len(shown)]
        elif text.startswith(shown):
            text = text[len(shown) :]
    return text.strip()


def row_title(row: etree._Element) -> str:
    """The longest text of a row that is neither a link's nor a date: the title where the link only reads 查看."""
    texts = (
        collapse_whitespace(part.text or "") for part in row.iter("td", "span", "p", "div", "h3", "h4", "h5", "li", "dt", "em", "strong")
    )
    return max((text for text in texts if text and not _is_date(text)), key=len, default="")


def _is_date(text: str) -> bool:
    return is_span(text) or bool(re.fullmatch(r"[\[(（【]?\s*(?:发布)?(?:时间|日期)?[:：]?\s*[\d年月日/.\-: ]+\s*[\])）】]?", text))
