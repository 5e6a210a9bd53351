"""Values of a page's head: the <meta> tags of the 网站发展指引 (reference/domain.md §3.1) and values in inline scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from lxml import etree

from notices.text.dates import parse_date
from notices.text.html import one_line
from pipeline.parse.labels import names_nobody

# Days of publication in scripts: TRS docpubtime, VSB pubdate, ASP sites fbsj and fbrq (发布时间, 发布日期), JSON publishTime.
_SCRIPT_DATE = re.compile(
    r"\b(?:pub_?da?t[ae]|pubtime|publish_?(?:date|time)|fb_?(?:sj|rq)|fabushijian|docpubtime|release_?(?:date|time)|create_?time)\w{0,10}[\"']?\s{0,4}[:=]\s{0,4}"
    r"[\"']([^\"'\n]{6,40})[\"']",
    re.I,
)
# Document numbers in scripts: TRS FILENUM, wenhao and fwzh (文号, 发文字号), JSON pcode.
_SCRIPT_NUMBER = re.compile(r"\b(?:filenum|wenhao|fwzh|docno|pcode|refno)[\"']?\s{0,4}[:=]\s{0,4}[\"']([^\"'\n]{4,60})[\"']", re.I)
NUMBER_TAGS = ("filenum", "filenumber", "wenhao", "fwzh", "docno", "documentnumber")  # names of <meta> that templates give a number
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SCRIPT_WORDS = ("pub", "fabu", "fbsj", "fb_", "fbrq", "release", "create", "filenum", "wenhao", "fwzh", "docno", "pcode", "refno")
# Values of a template whose tags nobody filled: each names what it should be.
_TEMPLATE = frozenset(
    [
        "网站名称",
        "网站域名",
        "政府网站标识码",
        "栏目名称",
        "栏目描述",
        "栏目关键词",
        "栏目类别",
        "标题",
        "发布时间",
        "来源",
        "关键词",
        "描述",
        "作者",
        "摘要",
        "图片",
        "网址",
    ]
)


def meta_tags(root: etree._Element) -> Mapping[str, str]:
    """The page's named tags by lower-case name: the first non-empty value, "" for a tag that is present but empty."""
    tags: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("name") or meta.get("property")
        if name:
            value = one_line(meta.get("content") or "")
            key = name.strip().lower()
            tags[key] = tags.get(key) or ("" if value in _TEMPLATE else value)
    return tags


def first_of(tags: Mapping[str, str], *names: str) -> str | None:
    """The first non-empty of these tags."""
    return next((tags[name] for name in names if tags.get(name)), None)


def tag_date(tags: Mapping[str, str]) -> date | None:
    """The day of PubDate and of the tags that other systems use for it."""
    for name in ("pubdate", "publishdate", "firstpublishedtime", "publish_time", "article:published_time", "publishtime"):
        found = parse_date(tags.get(name, "").replace("——", "-").replace("T", " "))
        if found:
            return found
    return None


def tag_source(tags: Mapping[str, str], title: str | None) -> str | None:
    """ContentSource; 本网 and other placeholders mean the site's name. A source that repeats the title is not one."""
    source = first_of(tags, "contentsource", "source")
    if source is None or source == title:
        return None
    return (tags.get("sitename") or None) if names_nobody(source) else source


def script_values(root: etree._Element) -> tuple[date | None, str | None]:
    """The publishing day and the document number that inline scripts print (var pubdata='…', var FILENUM = "…")."""
    day = number = None
    for script in root.iter("script"):
        text = (script.text or "")[:20_000]
        lower = text.lower()
        if not any(word in lower for word in _SCRIPT_WORDS):
            continue
        if day is None and (match := _SCRIPT_DATE.search(text)):
            day = parse_date(match[1])
        if number is None and (match := _SCRIPT_NUMBER.search(text)):
            number = one_line(_unicode(match[1]))
    return day, number


def _unicode(literal: str) -> str:
    """A literal with its \\uXXXX escapes resolved, as JSON that is ASCII alone has them."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), literal)
