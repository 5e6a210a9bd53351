"""The elements of a title: kind, carried text, version and status marks (reference/domain.md §1.2)."""

from __future__ import annotations

import re

from notices.reference.kinds import CANONICAL_KINDS
from notices.reference.numbers import find_numbers
from notices.text.whitespace import remove_whitespace

STATUTORY = ("决议", "决定", "命令", "令", "公报", "公告", "通告", "意见", "通知", "通报", "报告", "请示", "批复", "议案", "函", "纪要")
_COMMON = (
    "公示", "预公告", "方案", "实施方案", "工作方案", "办法", "规定", "细则", "实施细则", "条例", "规划", "纲要", "计划",
    "行动计划", "要点", "指南", "指引", "规范", "标准", "目录", "清单", "名单", "措施", "若干措施", "举措", "解读", "一图读懂",
    "问答", "答记者问", "简报", "倡议书", "公开信", "一封信", "招标公告", "中标公告", "采购公告", "成交公告", "招聘公告", "年报",
    "年度报告", "预案", "应急预案", "规则", "章程", "制度", "守则", "总结", "讲话", "提示", "建议", "说明", "导则", "规程",
    "议程", "声明", "名录", "预算", "决算", "统计公报",
)  # fmt: skip
_KIND_END = re.compile("(?:" + "|".join(sorted((*STATUTORY, *_COMMON), key=len, reverse=True)) + ")$")
_QUOTED = re.compile("《[^《》]*》")
_MAX_DEPTH = 6
_TRAILING_BRACKET = re.compile(r"\s*(?:[（(][^（）()]{0,60}[）)]|[〔\[【][^〔〕\[\]【】]{0,60}[〕\]】])$")
_STATUS = re.compile(r"[【（(\[](已?(?:失效|废止|过期|修改|停止执行|宣布失效)|部分失效|部分废止|现行有效|尚未生效|继续有效)[】）)\]]")
_VERSION = re.compile(
    r"[（(]((?:试行|暂行|修订|修正|草案|征求意见稿|送审稿|修订版|修订稿|试行版|(?:\d{4}年?)?(?:修订|修正|版|年版)[版本稿]?|第[一二三四五六七八九十\d]{1,3}版[^（）()]{0,10}"
    r"|\d{4}年?[^（）()]{0,6}版))[）)]"
)
_VERSION_WORD = re.compile("(暂行|试行)(?:规定|办法|条例|细则|标准|规则)")
_CARRYING = re.compile("(?:印发|发布|公布|下发|转发|批转|颁布|颁发)\\s*")
_CARRIED_BARE = re.compile("(?:关于|^[^关]{0,40})(?:印发|转发|批转|下发)(.{4,120}?)的(?:紧急|补充)?通知$")


def kind_of(title: str) -> tuple[str | None, str | None, str | None]:
    """Kind, carried kind and carried title: `关于印发《…方案》的通知` is a 通知 that carries a 方案."""
    bare = _bare(title)
    outer = _without_quoted(bare)
    carried = _carried_title(bare)
    carried_kind = _ending(_without_quoted(_inner(_bare(carried)))) if carried else None
    kind = _ending(outer) or _number_kind(outer) or (_ending(_inner(bare)) if bare.endswith("》") else None)
    if kind is None and ("解读" in outer or "一图读懂" in outer or "图解" in outer):
        kind = "解读"
    return kind, carried_kind, carried


def status_marks(title: str) -> tuple[str, ...]:
    """Marks of validity: 已失效, 已废止."""
    return tuple(dict.fromkeys(_STATUS.findall(title)))


def version_marks(title: str) -> tuple[str, ...]:
    """Marks of an edition: 试行, 修订, 第二版, 征求意见稿."""
    return tuple(dict.fromkeys(_VERSION.findall(title) + _VERSION_WORD.findall(title)))


def _bare(title: str) -> str:
    """The title without status marks, brackets at its end and blanks."""
    bare = _STATUS.sub("", remove_whitespace(title[:500]))
    for _ in range(4):
        cut = _TRAILING_BRACKET.sub("", bare)
        if cut == bare or not cut:
            break
        bare = cut
    return bare


def _without_quoted(title: str) -> str:
    for _ in range(4):
        cut = _QUOTED.sub("", title)
        if cut == title:
            break
        title = cut
    return title


def _ending(title: str) -> str | None:
    match = _KIND_END.search(title)
    return CANONICAL_KINDS.get(match[0], match[0]) if match else None


def _number_kind(title: str) -> str | None:
    """The kind that a number in place of a title names: 海关总署公告2020年第24号."""
    numbers = find_numbers(title)
    return numbers[-1][2].kind or None if numbers and numbers[-1][1] >= len(title) - 1 else None


def _inner(title: str) -> str:
    """The text inside the outermost 《》 that ends the title, or the title."""
    return title[title.index("《") + 1 : -1] if title.endswith("》") and "《" in title else title


def _carried_title(bare: str) -> str | None:
    for match in _CARRYING.finditer(bare):
        if bare[match.end() : match.end() + 1] == "《":
            return quoted_at(bare, match.end()) or None
    unquoted = _CARRIED_BARE.search(bare)
    return unquoted[1] if unquoted else None


def quoted_at(text: str, start: int, limit: int = 200) -> str | None:
    """The text inside the 《》 that opens at `start`, inner pairs counted; None when it does not close."""
    if text.find("》", start, start + limit) < 0:
        return None
    depth = 0
    for place in range(start, min(len(text), start + limit)):
        if text[place] == "《":
            depth += 1
            if depth > _MAX_DEPTH:
                return None
        elif text[place] == "》":
            depth -= 1
            if depth == 0:
                return text[start + 1 : place]
    return None
