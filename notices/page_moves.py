"""Where a page without a text of its own leads to: a refresh in its head, a script that sets the location, or the page in its only frame.

Old systems keep the address of a moved notice as such a page (大汉, 拓尔思 "转向链接"). One that waits for a cookie is a challenge and leads nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

from notices.page_class import PageClass, classify
from notices.text.html import absolute, base_url, decode, parse

_LARGEST = 65_536  # bytes: a page that only leads elsewhere has a few hundred
_LARGEST_FRAMED = 8_192  # bytes: a page of a frame and nothing else; longer ones are not read a second time
_MOST_CODE, _TRIED = 10_000, 10  # characters of scripts, and places in them that set the location
_FRAMED = re.compile(rb"<i?frame", re.I)
_HINT = re.compile(rb"refresh|location|navigate|<i?frame", re.I)
_CONTENT = re.compile(r"\s*\d*(?:\.\d*)?\s*[;,\s]\s*(?:url\s*=\s*)?([\"']?)(.+)", re.I | re.S)
_COMMENTS = re.compile(r"/\*.*?\*/|(?<![:\"'\w\\])//[^\n]*|<!--", re.S)
_OBJECT = r"(?:(?:window|self|top|parent|document|this)\s*\.\s*){0,3}"
_GIVEN = r"(?:(?P<q>[\"'])(?P<to>[^\"'<>\n]{1,2000})(?P=q)|(?P<name>[A-Za-z_$][\w$]{0,60}))\s*(?:[;)}\n,\"']|$)"
_SET = re.compile(r"(?<![\w.$])" + _OBJECT + r"location\s*(?:\.\s*href\s*)?=(?!=)\s*" + _GIVEN)
_CALLED = re.compile(r"(?<![\w.$])" + _OBJECT + r"(?:location\s*\.\s*(?:replace|assign)|navigate)\s*\(\s*" + _GIVEN)
_NOT_SEEN = re.compile(r"(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)|display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_PAGE = re.compile(r"\.(?:[sx]?html?|jspx?|aspx?|php|do|action)$|/[^/.]*$", re.I)
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|wps|ofd|pptx?|jpe?g|png|gif)\b|[?&]file=", re.I)
_FUNCTION = re.compile(r"function\s+([\w$]{1,60})\s*\(")
_BY_READER = re.compile(
    r"userAgent|navigator\.platform|screen\.(?:width|height)|innerWidth|onclick", re.I
)  # telephones are led to other pages
_JS_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_HOME = re.compile(r"/?(?:(?:index|default|main|home)\.(?:s?html?|jspx?|aspx?|php|do))?", re.I)


@lru_cache(maxsize=1)
def moved_to(body: bytes, url: str, content_type: str | None = None, refresh: str | None = None) -> str | None:
    """The address that a page of no words of its own leads to at once; None for every other page, and for one that leads to itself.

    `refresh` is the answer's header of that name, which says the same as the tag.
    """
    if len(body) > _LARGEST or not (refresh or _HINT.search(body)):
        return None
    text, _ = decode(body, content_type)
    refusal = classify(200, {}, text)
    if refusal is not None and refusal.page_class not in (PageClass.INTERSTITIAL, PageClass.EMPTY):
        return None
    if refusal is None and (len(body) > _LARGEST_FRAMED or not _FRAMED.search(body)):
        return None
    root = parse(text)
    target = _by_frame(root)
    if refusal is not None:
        target = _target(refresh) or _by_refresh(root) or _by_script(root) or target
    to = absolute(base_url(root, url), target)
    return None if to is None or to == absolute(url, url) else to


def is_home(url: str) -> bool:
    """Whether an address is the first page of its site."""
    parts = urlsplit(url)
    return not parts.query and bool(_HOME.fullmatch(parts.path))


def _by_refresh(root: etree._Element) -> str | None:
    for meta in root.iter("meta"):
        if (meta.get("http-equiv") or "").strip().lower() != "refresh" or any(True for _ in meta.iterancestors("noscript")):
            continue
        to = _target(meta.get("content"))
        if to:
            return to
    return None


def _by_frame(root: etree._Element) -> str | None:
    """The page that the only frame of a page shows where nothing else is to be seen; a frame with a file in it is the notice itself."""
    frames = [each for each in root.iter("frame", "iframe") if (each.get("src") or "").strip() and not _NOT_SEEN.search(_looks_of(each))]
    if len(frames) != 1 or next(root.iter("img", "embed", "object", "video", "form"), None) is not None:
        return None
    if any(text.strip() for body in root.iter("body") for text in _seen(body)):
        return None
    address = frames[0].get("src") or ""
    return address if _PAGE.search(urlsplit(address.strip()).path) and not _FILE.search(address) else None


def _looks_of(frame: etree._Element) -> str:
    return ";".join(f"{name}:{frame.get(name) or ''}" for name in ("width", "height", "style"))


def _seen(body: etree._Element) -> Iterator[str]:
    """The texts of a body that a browser with frames and scripts shows."""
    for each in body.iter():
        hidden = not isinstance(each.tag, str) or each.tag in ("script", "style", "noscript", "noframes", "iframe", "title")
        if not hidden and each.text:
            yield each.text
        if each is not body and each.tail and not any(up.tag in ("noscript", "noframes", "iframe") for up in each.iterancestors()):
            yield each.tail


def _target(content: str | None) -> str | None:
    """The address in "0; url=/a.html"; None where there is only a time."""
    found = _CONTENT.match((content or "").strip()[:_MOST_CODE])
    if not found:
        return None
    quote, target = found.groups()
    return target.partition(quote)[0].strip() if quote else target.strip()


def _by_script(root: etree._Element) -> str | None:
    """The address that a script sets when the page is shown: not in a function that nothing calls, nor for some readers only."""
    scripts = [each.text or "" for each in root.iter("script")]
    bodies = [each.get("onload") or "" for each in root.iter("body")]
    code = _COMMENTS.sub(" ", "\n".join([*scripts, *bodies])[:_MOST_CODE])
    if _BY_READER.search(code):
        return None
    for found in sorted([*islice(_SET.finditer(code), _TRIED), *islice(_CALLED.finditer(code), _TRIED)], key=lambda each: each.start()):
        to = _unescaped(found["to"]) if found["to"] else _value_of(found["name"], code)
        if to and _is_called(code, found.start()):
            return to
    return None


def _value_of(name: str, code: str) -> str | None:
    found = re.search(r"(?<![\w.$])" + re.escape(name) + r"\s*=\s*([\"'])([^\"'<>\n]{1,2000})\1\s*(?:[;,\n]|$)", code)
    return _unescaped(found[2]) if found else None


def _is_called(code: str, place: int) -> bool:
    """Whether the code at a place runs by itself: in no named function, or in one that is called somewhere."""
    inside = None
    for function in _FUNCTION.finditer(code, 0, place):
        between = code[function.end() : place]
        if between.count("{") > between.count("}"):
            inside = function[1]
    return inside is None or len(re.findall(rf"(?<![\w$]){re.escape(inside)}(?![\w$])", code)) > 1


def _unescaped(text: str) -> str:
    return _JS_ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else m[3], text)
