"""The title of a notice: from tags, the table, the headline on the page or <title>, wraps and site names undone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from notices.html import one_line, text_of
from pipeline.page_furniture import is_lead, squeeze

MAX_TITLE = 400
_HAN = "\u2e80-\u9fff\uf900-\ufaff《》（）〔〕“”、，。：；"
_WRAP = re.compile(rf"(?<=[{_HAN}])\s*\n\s*(?=[{_HAN}])")
_TAG = re.compile(r"<br\s*/?>|</?(?:p|span|font|b|strong|div)\b[^<>]{0,200}>", re.I)
_SPLIT = re.compile(r"\s*(?:[_|｜]|--+|—+|::|>>|»|\s[-－–]\s|(?<=[^\dA-Za-z])[-－–](?=[^\dA-Za-z]))\s*|\s{1,4}")
_TITLE_CLASS = re.compile(
    r"(?:^|[-_ ])(?:\w*title\w*|tit|bt|biaoti|headline|headtit|subject|arti?\w*[-_]?(?:tit|h1|head)|con[-_]?tit\w*|wzbt|xl[-_]?tit\w*)(?=$|[-_ \d])",
    re.I,
)
_GENERIC = re.compile(
    r"(?:首页|网站首页|正文|详情|详细(?:内容|信息|页)?|内容页?|信息详情|新闻(?:中心|详情|详细)|文章(?:详情|内容)|通知公告|公告公示|政策文件|信息公开|政务公开|政府信息公开|无标题(?:文档)?|untitled\w*|标题|文章|列表|栏目)",
    re.I,
)


def find_title(root: etree._Element, tags: Mapping[str, str], table: str | None, head: Sequence[str]) -> tuple[str | None, str]:
    """The title and where it came from. `head` holds the lines over the main text, the nearest last."""
    tag = _tag_title(tags)
    page = page_title(root)
    names = [name for name in (tags.get("sitename"), tags.get("columnname")) if name]
    headlines = list(_headlines(root))
    if tag and tag.endswith(("...", "…", "..")):
        tag, page = None, tag
    if tag:
        return _fuller(tag, headlines), "tag"
    if table and len(table) >= 4 and not _GENERIC.fullmatch(table):
        return _fuller(table, headlines), "table"
    for found in (_matching(headlines, page), _matching([*reversed(head)], page), _by_heading(root, headlines), _stripped(page, names)):
        if found:
            return found, "line" if found in headlines or found in head else "title"
    return _last_line(head), "line"


def page_title(root: etree._Element) -> str:
    """The text of <title>."""
    title = next(root.iter("title"), None)
    return undo_wraps("".join(title.itertext())) if title is not None else ""


def undo_wraps(text: str) -> str:
    """A title in one line: <br> and line breaks between Chinese characters vanish, entities are resolved."""
    if "&" in text:
        text = html.unescape(text)
    return one_line(_WRAP.sub("", _TAG.sub("\n", text[:4000])))[:MAX_TITLE]


def _tag_title(tags: Mapping[str, str]) -> str | None:
    for name in ("articletitle", "og:title", "title"):
        value = undo_wraps(tags.get(name, ""))
        if len(value) >= 4 and value not in (tags.get("sitename"), tags.get("columnname")) and not _GENERIC.fullmatch(value):
            return value
    return None


def _headlines(root: etree._Element) -> Iterator[str]:
    """The texts of headings and of blocks named like a title, in page order."""
    for element in root.iter("h1", "h2", "h3", "div", "p", "td", "span", "ucaptitle", "li", "dt"):
        if element.tag in ("h1", "h2", "h3", "ucaptitle") or _TITLE_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            if sum(1 for _ in element.iter()) > 60:
                continue
            text = undo_wraps("\n".join(line for line in text_of(element).split("\n") if not is_lead(line)))
            if 4 <= len(text) < MAX_TITLE and not _GENERIC.fullmatch(text):
                yield text


def _fuller(title: str, headlines: Sequence[str]) -> str:
    """The spelling on the page where the tag lost its end."""
    short = squeeze(title)
    longer = [h for h in headlines if len(short) >= 20 and squeeze(h).startswith(short) and len(squeeze(h)) > len(short)]
    return longer[0] if longer and len(short) in (25, 30, 40, 50, 60, 64, 80, 100) else title


def _matching(lines: Sequence[str], page: str) -> str | None:
    """The longest line that <title> holds, or that holds the beginning of <title>."""
    whole = squeeze(page)
    if len(whole) < 4:
        return None
    held = [line for line in lines if len(squeeze(line)) >= 6 and squeeze(line) in whole and not _GENERIC.fullmatch(line)]
    if held:
        return max(held, key=lambda line: len(squeeze(line)))
    first = squeeze(_SPLIT.split(page.strip(". …"))[0])
    return next((line for line in lines if len(first) >= 8 and squeeze(line).startswith(first.rstrip(".…"))), None)


def _by_heading(root: etree._Element, headlines: Sequence[str]) -> str | None:
    """The only <h1>, else the longest headline that is no sentence."""
    tops = [text for h1 in root.iter("h1") if 6 <= len(text := undo_wraps(text_of(h1))) < MAX_TITLE and not _GENERIC.fullmatch(text)]
    if len(tops) == 1:
        return tops[0]
    likely = [h for h in headlines if 8 <= len(h) <= 150 and not h.endswith("。")]
    return max(likely, key=len) if likely else None


def _stripped(page: str, names: Sequence[str]) -> str | None:
    """<title> without the site's and the column's name."""
    parts = [part for part in _SPLIT.split(page) if part and part not in names and not _GENERIC.fullmatch(part)]
    parts = [part for part in parts if not re.search("(?:网站?|门户|政府网|人民政府|平台)$", part)] or parts
    best = max(parts, key=len, default="")
    return best if len(best) >= 4 else None


def _last_line(head: Sequence[str]) -> str | None:
    """The nearest line over the text that is long enough for a title."""
    return next((line for line in reversed(head[-6:]) if 6 <= len(line) <= 150 and not is_lead(line)), None)
