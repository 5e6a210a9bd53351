"""Short forms that a text defines: X（以下简称“Y”） (reference/domain.md §7.2 item 4)."""

from __future__ import annotations

import re

from notices.model import Alias

_DEFINED = re.compile(r"[（(]([^（）()\n]{0,40}?)(?:以下|下文|下面)?(?:均|统一)?(?:简称|统称|称)为?[:：]?([^（）()\n]{1,40})[）)]")
_QUOTED = re.compile("[“\"「《']([^”\"」》']{1,30})[”\"」》']")
_RUN = re.compile(r"[^，。；：、！？“”\"（）()\n\t\s》」]{2,60}$")
_LEAD = re.compile(
    "^(?:为了?|对于?|按照|根据|依据|关于|由|在|将|把|向|经|与|和|及|从|以|给|是|系|指|即|新建|开展|做好|进一步|加强|成立|设立|推进|实施|发布了?|制定了?|印发了?)+"
)
_TIME_PLACE = re.compile("^(?:\\d{2,4}年(?:度)?|\\d{1,2}月(?:份)?|\\d{1,2}日|今年|全[省市县区国]|本[省市县区]|我[省市县区国])+")
_MAX_ALIASES = 300
_SHORTEST_NAME = 6
_NOT_SHORT = ("中国", "我国", "国家", "全国", "本国")  # the country has too many names in too many texts


def read_aliases(text: str) -> tuple[Alias, ...]:
    """Every short form with the long form before it, each short form once."""
    if "称" not in text:
        return ()
    found: dict[str, Alias] = {}
    for match in _DEFINED.finditer(text):
        short = _short(match[2])
        long = _nearest(_long(text[max(0, match.start() - 200) : match.start()], short), short)
        if short and long and short != long and short not in _NOT_SHORT and len(found) < _MAX_ALIASES:
            found.setdefault(short, Alias(short, long))
    return tuple(found.values())


def _nearest(long: str | None, short: str) -> str | None:
    """A long run cut to where the characters of the short form begin: …登录商务部许可证事务局 for 许可证局."""
    if long is None or len(long) <= 24:
        return long
    place = len(long)
    for char in reversed(short):
        place = long.rfind(char, 0, place)
        if place < 0:
            return long
    return long[place:] if len(long) - place > len(short) else long


def _short(text: str) -> str:
    quoted = _QUOTED.search(text)
    return (quoted[1] if quoted else re.split("[，,。；]", text)[0]).strip(' “”"‘’')


def _long(before: str, short: str) -> str | None:
    """The title, the quoted words or the name in the run of words that the bracket explains."""
    before = before.rstrip()
    pairs = {"》": "《", "”": "“", "」": "「"}
    if before[-1:] in pairs:
        opener = before.rfind(pairs[before[-1]])
        return before[opener + 1 : -1] or None if opener >= 0 else None
    run = _RUN.search(before[-60:])
    if run is None:
        return None
    words = _LEAD.sub("", run[0])
    words = _named(_TIME_PLACE.sub("", words), short)
    return words if len(words) >= 2 else None


def _named(words: str, short: str) -> str:
    """The words without the description before the name: 一年一度的群众安全感…, but not 新型冠状病毒感染的肺炎疫情联防联控机制 for 病毒联防机制."""
    name = words[words.rfind("的") + 1 :]
    if "关于" in words or len(name) < _SHORTEST_NAME or (_in_order(short, words) and not _in_order(short, name)):
        return words
    return name


def _in_order(short: str, long: str) -> bool:
    """Whether the long form contains the characters of the short one in their order."""
    characters = iter(long)
    return all(char in characters for char in short)
