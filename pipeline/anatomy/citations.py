"""Relations to other documents, each with the sentence that says so (reference/domain.md §6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from notices.model import Alias, Citation, DocumentNumber
from notices.reference.numbers import find_numbers
from pipeline.anatomy.kinds import quoted_at
from pipeline.anatomy.lines import fold_title

_BRACKET = re.compile(r"\s{0,2}[（(]([^（）()\n]{2,120}(?:[（(〔\[]\d{4}[）)〕\]][^（）()\n]{0,60}){0,3})[）)]")
_NOT_REPEALED = re.compile("(?:不|未|没有|无需|并未|不予|不再予以|尚未)(?:予以|被|宣布)?(?:废止|失效)|继续有效|继续执行")
_REPEALED = re.compile(
    "^[^，。；]{0,24}?(?:同时|即行|予以|现予|均|一并|全文|相应|自行|停止|不再|宣布)*(?:废止|失效|停止执行|不再执行|停止施行)|^，?同时废止"
)
_REPEALING = re.compile("(?:废止|宣布失效|停止执行)(?:了|原)?[^，。；《》]{0,12}$")
_AMENDED = re.compile(
    "^[^，。；《》]{0,6}(?:作如下修改|进行(?:了)?(?:修改|修订)|予以修改|修改为|修订为|第[一二三四五六七八九十百]+条[^。；]{0,10}修改)"
)
_AMENDING = re.compile("(?:修改|修订|修正|补充)(?:了)?[^，。；《》]{0,4}$")
_REPLACING = re.compile("(?:代替|取代|替代)[^，。；《》]{0,6}$")
_FORWARDED = re.compile("^[^。；《》]{0,6}转发")
_ISSUED = re.compile("^[^。；《》]{0,30}?(?:印发|予以(?:公布|发布|公示)|现(?:予)?(?:公布|发布)|公布如下)")
_ISSUING = re.compile("(?:现将|印发|发布|公布)(?:了)?(?:修订后的|新修订的)?$")
_RESPONDED = re.compile("^[^。；《》]{0,12}收悉")
_BASIS = re.compile("(?:根据|按照|依据|依照|遵照|参照|贯彻落实|贯彻执行|贯彻|落实|执行|遵循|符合|结合|依)[^。；《》\n]{0,30}$")
_JOINED = re.compile("[、和与及，,以\\s]{0,4}(?:原?[^，。；、《》]{0,14})?$")
_TITLE_RULES = (
    ("repeals", re.compile("(?:废止|宣布失效)[^《]{0,10}$")),
    ("amends", re.compile("(?:修改|修订|修正)[^《]{0,8}$")),
    ("forwards", re.compile("(?:转发|批转)[^《]{0,20}$")),
    ("promulgates", re.compile("(?:印发|发布|公布|颁布|下发|颁发)[^《]{0,6}$")),
    ("corrects", re.compile("(?:更正|勘误)[^《]{0,8}$")),
    ("interprets", re.compile("(?:解读|一图读懂|图解|读懂)[^《]{0,8}$")),
    ("implements", re.compile("(?:贯彻|落实|实施|执行)[^《]{0,8}$")),
)
_GENERIC = re.compile("(?:管理|实施|暂行|试行)?(?:办法|通知|意见|方案|规定|条例|公告|决定|细则|规划|指南|通报|名单|纲要|计划|目录|请示|函)")
_MAX_CITATIONS = 1000
_MAX_MENTIONS = 3000
_WINDOW = 60
_STOPS = re.compile("[。；;\n]")


class Mention(NamedTuple):
    """A title in 《》, or a number alone, with its place; `numbers` are those in the bracket after it."""

    start: int
    end: int
    title: str | None
    numbers: tuple[DocumentNumber, ...]


Found = list[tuple[int, int, DocumentNumber]]


def read_citations(text: str, title: str | None, numbers: Found, aliases: tuple[Alias, ...]) -> tuple[Citation, ...]:
    """Relations that title and text state, each once, without the document's own short forms; `numbers` are the text's, but its own."""
    found: dict[tuple[str, str, str], Citation] = {}
    known = {fold_title(title or "")} | {alias.short for alias in aliases}
    for citation in (*_of_title(title or ""), *_of_text(text, numbers, known), *_self_repeals(text)):
        key = (citation.relation, fold_title(citation.target_title or ""), citation.target_key or "")
        found.setdefault(key, citation)
        if len(found) >= _MAX_CITATIONS:
            break
    return _without_repeats(list(found.values()))


def _without_repeats(citations: list[Citation]) -> tuple[Citation, ...]:
    """A plain citation of a document that has a stronger relation says nothing more."""
    strong = {fold_title(c.target_title) for c in citations if c.relation != "cites" and c.target_title}
    keys = {c.target_key for c in citations if c.relation != "cites" and c.target_key}
    return tuple(
        c
        for c in citations
        if c.relation != "cites" or not (fold_title(c.target_title or "") in strong or (c.target_key and c.target_key in keys))
    )


def _of_title(title: str) -> Iterator[Citation]:
    start = title.find("《")
    target = quoted_at(title, start) if start >= 0 else None
    if not target:
        return
    before, after = title[:start], title[start + len(target) + 2 :]
    relation = next((name for name, rule in _TITLE_RULES if rule.search(before)), None)
    if relation is None and re.match("[^《》]{0,8}(?:解读|问答|答记者问)", after):
        relation = "interprets"
    if relation:
        number = next((n for _, _, n in find_numbers(after)), None)
        yield _citation(relation, target, number, title)


def _of_text(text: str, numbers: Found, known: set[str]) -> Iterator[Citation]:
    mentions = _mentions(text, numbers[:_MAX_MENTIONS])
    relations = _relations(text, mentions)
    for mention, relation in zip(mentions, relations, strict=True):
        if mention.title is not None and (
            _GENERIC.fullmatch(mention.title) or mention.title in known or fold_title(mention.title) in known
        ):
            continue
        if relation is None and not mention.numbers:
            continue
        sentence = _sentence(text, mention)
        for number in mention.numbers or (None,):
            yield _citation(relation or "cites", mention.title, number, sentence)


def _mentions(text: str, numbers: Found) -> list[Mention]:
    """Titles with the numbers in the bracket after them, then numbers without a title."""
    starts = [start for start, _, _ in numbers]
    mentions: list[Mention] = []
    place, at = text.find("《"), 0
    while place >= 0 and len(mentions) < _MAX_MENTIONS:
        title = quoted_at(text, place)
        end = place + len(title) + 2 if title else place + 1
        if title and "\n" not in title and len(title) > 2:
            while at < len(numbers) and starts[at] < place:
                mentions.append(Mention(numbers[at][0], numbers[at][1], None, (numbers[at][2],)))
                at += 1
            bracket = _BRACKET.match(text, end)
            roof = bracket.end() if bracket else end
            inside = []
            while at < len(numbers) and starts[at] < roof:
                if starts[at] >= end:
                    inside.append(numbers[at][2])
                at += 1
            end = roof if inside or (bracket and not re.search("称", bracket[1])) else end
            mentions.append(Mention(place, end, title, tuple(inside)))
        place = text.find("《", end)
    mentions += [Mention(start, end, None, (number,)) for start, end, number in numbers[at:]]
    return mentions


def _relations(text: str, mentions: list[Mention]) -> list[str | None]:
    """The relation of each mention; mentions joined by 、 or 和 share the words before the first and after the last."""
    relations = [_relation(text, mention, index, mentions) for index, mention in enumerate(mentions)]
    for index in range(len(mentions) - 2, -1, -1):
        if (
            relations[index] in (None, "cites")
            and relations[index + 1] == "repeals"
            and _joined(text, mentions[index], mentions[index + 1])
        ):
            relations[index] = "repeals"
    for index in range(1, len(mentions)):
        if (
            relations[index] is None
            and relations[index - 1] in ("cites", "repeals")
            and _joined(text, mentions[index - 1], mentions[index])
        ):
            relations[index] = relations[index - 1]
    return relations


def _joined(text: str, one: Mention, other: Mention) -> bool:
    between = text[one.end : other.start]
    return len(between) <= 20 and _JOINED.match(between) is not None and not _STOPS.search(between)


def _relation(text: str, mention: Mention, index: int, mentions: list[Mention]) -> str | None:
    floor = max(mentions[index - 1].end if index else 0, mention.start - _WINDOW)
    roof = min(mentions[index + 1].start if index + 1 < len(mentions) else len(text), mention.end + _WINDOW)
    before = _STOPS.split(text[floor : mention.start])[-1]
    after = _STOPS.split(text[mention.end : roof])[0]
    if _NOT_REPEALED.search(after) or _NOT_REPEALED.search(before[-12:]):
        return "cites"
    rules = (
        ("repeals", _REPEALED.search(after) or _REPEALING.search(before)),
        ("responds", _RESPONDED.search(after)),
        ("forwards", _FORWARDED.search(after)),
        ("promulgates", mention.title and (_ISSUED.search(after) or _ISSUING.search(before)) and not mention.numbers),
        ("amends", _AMENDED.search(after) or _AMENDING.search(before)),
        ("replaces", _REPLACING.search(before)),
        ("cites", _BASIS.search(before)),
    )
    return next((name for name, said in rules if said), None)


def _self_repeals(text: str) -> Iterator[Citation]:
    """本…全文废止, or 全文废止 without a subject: the document itself, so no target."""
    if "废止" not in text:
        return
    for match in re.finditer(
        "(?:本(?:办法|通知|规定|意见|公告|细则|条例|通告)[^，。；《》\n]{0,12}|(?:^|[。；\n])[\\s\u3000（(]*)(?:全文)废止", text
    ):
        yield Citation("repeals-self", None, None, None, match[0].strip("。；\n （("))


def _citation(relation: str, title: str | None, number: DocumentNumber | None, sentence: str) -> Citation:
    return Citation(relation, title, number.display if number else None, number.key if number else None, sentence)


def _sentence(text: str, mention: Mention) -> str:
    floor, roof = max(0, mention.start - 150), min(len(text), mention.end + 150)
    first = max(text.rfind(stop, floor, mention.start) for stop in "。；\n") + 1
    stops = [place for stop in "。；\n" if (place := text.find(stop, mention.end, roof)) >= 0]
    return text[max(first, floor) : min(stops) if stops else roof].strip()
