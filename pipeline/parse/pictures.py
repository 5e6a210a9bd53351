"""Pictures that are the text of a notice: a scan that a page shows in place of its text is a file of the notice, so that it is fetched and recognised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml import etree

from notices.model import AttachmentLink
from notices.text.html import absolute, one_line
from pipeline.parse.element_names import names_boilerplate

MOST_PICTURES = 30
"""So many pictures of one text are files of it; the others are not asked for."""
_LEAST_SIDE = 200  # pixels, where the page states a size: a page of paper is wider, an icon is not
_PICTURE = re.compile(r"\.(?:jpe?g|png|bmp|gif|tiff?|webp)$", re.I)
# What furniture is called in its address or in its words: icons of file types, buttons, codes to scan, counters.
_FURNITURE = re.compile(
    r"(?:^|[/_.\-])(?:icons?|ico|logo|btn|button|bg|banner|share|wechat|weixin|weibo|qr|qrcode|ewm|print|close|arrow|dot|line|blank|spacer|loading|filetypeimages|emoji|ueditor/themes)(?:[/_.\-\d]|$)",
    re.I,
)
_WORDS = re.compile(r"二维码|图标|分享|打印|关闭|logo|微信|扫一扫", re.I)


def text_pictures(body: etree._Element, base: str) -> Iterator[AttachmentLink]:
    """The pictures in the text of a page that are plausibly pages of paper, in page order, each address once."""
    seen: set[str] = set()
    for picture in islice(body.iter("img"), 500):
        url = next(
            (found for found in (absolute(base, picture.get(name)) for name in ("src", "data-src", "data-original", "oldsrc")) if found),
            None,
        )
        if url is None or url in seen or len(seen) >= MOST_PICTURES or not _is_content(picture, url):
            continue
        seen.add(url)
        yield AttachmentLink(_name(picture, url), url)


def _is_content(picture: etree._Element, url: str) -> bool:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme not in ("http", "https") or not _PICTURE.search(path) or _FURNITURE.search(path):
        return False
    words = f"{picture.get('alt') or ''} {picture.get('title') or ''} {picture.get('class') or ''}"
    if _WORDS.search(words) or any(side is not None and side < _LEAST_SIDE for side in (_side(picture, "width"), _side(picture, "height"))):
        return False
    return not any(names_boilerplate(each) for each in islice(picture.iterancestors(), 4))


def _side(picture: etree._Element, name: str) -> float | None:
    """A side in pixels, from the attribute or the style; None where the page states none."""
    stated = re.search(rf"(?:^|;)\s*{name}\s*:\s*(\d{{1,5}})(?:\.\d+)?px", picture.get("style") or "", re.I)
    value = stated[1] if stated else (picture.get(name) or "").strip().removesuffix("px")
    return float(value) if value.isdigit() else None


def _name(picture: etree._Element, url: str) -> str:
    """The words of the page for it where they name a picture, else the name in its address."""
    for value in (picture.get("title"), picture.get("alt")):
        words = one_line(value or "")[:200]
        if _PICTURE.search(words):
            return words
    return one_line(unquote(urlsplit(url).path.rsplit("/", 1)[-1]))
