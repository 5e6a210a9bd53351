"""Which keys of the objects of an array contain title, address and day when none has a known name: those whose values look so in nearly all of them.

Systems name them in English, in pinyin (fbsj, riqi), by initials (bt, mc) or by numbers; what the values are does not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_SHARE = 0.8  # of the objects that have to bear a key out
_LOOKED_AT = 60  # objects
_HAN = re.compile(r"[\u4e00-\u9fff]")
_PAGE = re.compile(
    r"(?:https?:)?//[^\s<>]{4,500}|\.{0,2}/[^\s<>]{2,500}|[\w./-]{1,300}\.(?:[sx]?html?|jspx?|aspx?|php|do|action)(?:\?[^\s<>]{0,300})?",
    re.I,
)
_NO_PAGE = re.compile(r"\.(?:jpe?g|png|gif|bmp|webp|svg|ico|css|js|mp4)(?:\?|$)", re.I)
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|wps|ofd|zip|rar)(?:\?|$)", re.I)
_TITLE_NAMES = re.compile(r"title|subject|topic|caption|headline|biaoti|mingcheng|name|bt$|^bt|mc$|^mc")
_OTHER_TEXTS = re.compile(
    r"content|summary|abstract|intro|desc|remark|text|body|dept|depart|organ|org|unit|source|author|editor|user|person|keyword|tag|column|channel"
    r"|categ|class|type|site|region|area|status|state|danwei|laiyuan|neirong|zhaiyao|bumen|jigou"
)
_ADDRESS_NAMES = re.compile(r"url|href|link|path|addr|lianjie|dizhi")
_OTHER_ADDRESSES = re.compile(r"img|image|pic|photo|thumb|logo|icon|cover|avatar|video|attach|qrcode|wap|mobile|tupian|fujian")
_TIME_NAMES = re.compile(r"time|date|day|rq|sj|riqi|shijian")
_PUBLISHED = re.compile(r"pub|rel|issue|show|disp|send|fb|fab|fw|post")
_CHANGED = re.compile(r"upd|modif|edit|last|change|audit|check|xg|gx|sh")
_NOT_PUBLISHED = re.compile(
    r"end|close|expir|dead|stop|invalid|jz|jiezhi|jiesu|sx|shixiao|effect|valid|begin|start|ks|birth|write|cw|chengwen"
)

Folded = Mapping[str, object]


def guessed_title(items: Sequence[Folded]) -> str | None:
    """The key of the titles: Chinese texts of some length that differ from one object to the next."""

    def is_title(value: object) -> bool:
        return isinstance(value, str) and 4 <= len(value) <= 400 and len(_HAN.findall(value)) >= 4

    def rank(key: str) -> tuple[bool, bool, float]:
        lengths = [len(value) for item in items[:_LOOKED_AT] if isinstance(value := item.get(key), str)]
        return not _TITLE_NAMES.search(key), bool(_OTHER_TEXTS.search(key)), -sum(lengths) / max(1, len(lengths))

    found = [key for key in _borne_out(items, is_title) if _TITLE_NAMES.search(key) or not _OTHER_TEXTS.search(key)]
    return min((key for key in found if _differs(items, key)), key=rank, default=None)


def guessed_address(items: Sequence[Folded]) -> str | None:
    """The key of the addresses of pages; of pictures and of attached files only where there is no other."""

    def is_address(value: object) -> bool:
        return isinstance(value, str) and _PAGE.fullmatch(value.strip()) is not None and not _NO_PAGE.search(value)

    def rank(key: str) -> tuple[bool, bool, bool]:
        files = any(_FILE.search(str(item.get(key))) for item in items[:_LOOKED_AT])
        return bool(_OTHER_ADDRESSES.search(key)), files, not _ADDRESS_NAMES.search(key)

    return min((key for key in _borne_out(items, is_address) if _differs(items, key)), key=rank, default=None)


def guessed_day(items: Sequence[Folded], is_day: Callable[[object], bool]) -> str | None:
    """The key of the days of publication: a day in nearly all objects, and no name that says that something else happened on it.

    A number alone may be an identifier; it is a time only under a name of one.
    """

    def may_be(value: object) -> bool:
        return (not isinstance(value, str) or len(value) <= 40) and is_day(value)

    def rank(key: str) -> tuple[bool, bool, bool]:
        return bool(_CHANGED.search(key)), not _PUBLISHED.search(key), not _TIME_NAMES.search(key)

    keys = [key for key in _borne_out(items, may_be) if not _NOT_PUBLISHED.search(key)]
    named = [key for key in keys if _TIME_NAMES.search(key) or not any(_is_number(item.get(key)) for item in items[:_LOOKED_AT])]
    return min(named, key=rank, default=None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal())


def _borne_out(items: Sequence[Folded], fits: Callable[[object], bool]) -> list[str]:
    """The keys, in their order, whose values are such in nearly all of the objects."""
    some = items[:_LOOKED_AT]
    keys = dict.fromkeys(key for item in some[:5] for key in item)
    return [key for key in keys if sum(fits(item.get(key)) for item in some) >= _SHARE * len(some)]


def _differs(items: Sequence[Folded], key: str) -> bool:
    values = [str(item.get(key)) for item in items[:_LOOKED_AT]]
    return 2 * len(set(values)) > len(values)
