"""A query that is a document number, whole or in part (reference/domain.md §7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.query.tree import And, Contains, Is, Node, Or, Phrase, Scope
from notices.text.fold import fold

if TYPE_CHECKING:
    from notices.reference.numbers import NumberQuery

_YEARLY = ("公告", "通告", "公报")
EXACT_NUMBER, CODE_AND_NUMBER, YEAR_AND_NUMBER = 1000.0, 500.0, 250.0


def asked_number(text: str) -> NumberQuery | None:
    """The number that a text means; None for ordinary words."""
    if not (any(map(str.isdigit, text)) or "号" in text or "號" in text):
        return None  # most queries: the grammar of numbers need not be loaded
    from notices.reference.numbers import parse_number_query

    return parse_number_query(text)


def shown(asked: NumberQuery) -> str:
    """The number as it is understood, what is unsaid as …: 国办发〔2017〕…号, 财政部公告2020年第9号, 国务院令第450号."""
    if asked.kind or (asked.code or "").endswith(_YEARLY):
        return f"{_series(asked)}{_part(asked)}"
    return f"{asked.code or '…'}〔{asked.year or '…'}〕{asked.no or '…'}号"


def _series(asked: NumberQuery) -> str:
    code, kind = asked.code or "", asked.kind or ""
    return code if code.endswith(kind) else code + kind


def _part(asked: NumberQuery) -> str:
    """Year and number as the kind of series writes them."""
    if asked.kind or (asked.code or "").endswith(_YEARLY):
        return f"{asked.year}年第{asked.no or '…'}号" if asked.year else f"第{asked.no or '…'}号"
    return f"〔{asked.year}〕{asked.no}号"


def as_written(asked: NumberQuery) -> str:
    """A whole number as texts cite it, folded; empty for a part of one."""
    return fold(shown(asked)) if asked.key and asked.no and asked.code else ""


def to_mark(asked: NumberQuery) -> tuple[str, ...]:
    """What to mark of a whole number: itself, and the part that a number of another code shares with it."""
    if not as_written(asked):
        return ()
    return (shown(asked), *([_part(asked)] if asked.year else []))


def number_nodes(asked: NumberQuery, scope: Scope) -> tuple[Node, ...]:
    """Documents that bear the number, or a number with every part that was said; and those that cite a whole one."""
    borne = part_node(asked) if scope == "any" else None
    written = as_written(asked)
    return (*([borne] if borne else []), *([Phrase(written, scope)] if written else []))


def part_node(asked: NumberQuery) -> Node | None:
    """Documents whose number has every part that was said."""
    if asked.key:
        return _is_key(asked.key)
    if asked.year and asked.no:
        loose = Is("number_loose", (f"{asked.year}|{asked.no}",))
        return And((loose, Contains("document_number", fold(asked.code)))) if asked.code else loose
    if asked.code and asked.year:
        return Is("number_key", (f"{asked.code}|{asked.year}|",), prefix=True)
    if asked.no:
        return _with_code(asked.code, _any_year(asked.no))
    return None


def near_nodes(asked: NumberQuery) -> list[tuple[Node, float]]:
    """What a whole number comes close to: the same code and number of another year, the same year and number of another code."""
    nodes: list[tuple[Node, float]] = []
    if asked.key and asked.no:
        nodes.append((_is_key(asked.key), EXACT_NUMBER))
        if asked.code:
            nodes.append((_with_code(asked.code, _any_year(asked.no)), CODE_AND_NUMBER))
        if asked.year:
            nodes.append((Is("number_loose", (f"{asked.year}|{asked.no}",)), YEAR_AND_NUMBER))
    return nodes


def _is_key(key: str) -> Node:
    return Is("number_key", tuple(dict.fromkeys((key, fold(key)))))  # 國辦發 is 国办发


def _any_year(no: str) -> Node:
    return Or((Contains("document_number", fold(f"〕{no}号")), Contains("document_number", fold(f"第{no}号"))))


def _with_code(code: str | None, node: Node) -> Node:
    return And((Contains("document_number", fold(code)), node)) if code else node
