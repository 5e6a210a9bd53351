"""A query that is a document number, whole or in part (reference/domain.md §7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.query.tree import And, Contains, Is, Node, Or, Phrase, Scope
from notices.text.fold import fold

if TYPE_CHECKING:
    from notices.reference.numbers import NumberQuery

_YEARLY = ("公告", "通告", "公报")
EXACT_NUMBER, CODE_AND_NUMBER, YEAR_AND_NUMBER = 1000.0, 500.0, 250.0


def query_number(text: str) -> NumberQuery | None:
    """The document number that a text is; None for ordinary words."""
    if not (any(map(str.isdigit, text)) or "号" in text or "號" in text):
        return None
    from notices.reference.numbers import parse_number_query  # the grammar of numbers: most queries do not load it

    return parse_number_query(text)


def shown(number: NumberQuery) -> str:
    """The number in its usual notation, missing parts as …: 国办发〔2017〕…号, 财政部公告2020年第9号, 国务院令第450号."""
    if number.kind or (number.code or "").endswith(_YEARLY):
        return f"{_series(number)}{_part(number)}"
    return f"{number.code or '…'}〔{number.year or '…'}〕{number.no or '…'}号"


def _series(number: NumberQuery) -> str:
    code, kind = number.code or "", number.kind or ""
    return code if code.endswith(kind) else code + kind


def _part(number: NumberQuery) -> str:
    """Year and number as the kind of series writes them."""
    if number.kind or (number.code or "").endswith(_YEARLY):
        return f"{number.year}年第{number.no or '…'}号" if number.year else f"第{number.no or '…'}号"
    return f"〔{number.year}〕{number.no}号"


def as_written(number: NumberQuery) -> str:
    """A whole number as texts cite it, folded; empty for a part of one."""
    return fold(shown(number)) if number.key and number.no and number.code else ""


def to_mark(number: NumberQuery) -> tuple[str, ...]:
    """The texts to mark for a whole number: itself, and the part that a number of another code shares with it."""
    if not as_written(number):
        return ()
    return (shown(number), *([_part(number)] if number.year else []))


def number_nodes(number: NumberQuery, scope: Scope) -> tuple[Node, ...]:
    """Documents with the number, or with a number that has all given parts; and those that cite a whole one."""
    own = part_node(number) if scope == "any" else None
    written = as_written(number)
    return (*([own] if own else []), *([Phrase(written, scope)] if written else []))


def part_node(number: NumberQuery) -> Node | None:
    """Documents whose number has all given parts."""
    if number.key:
        return _is_key(number.key)
    if number.year and number.no:
        loose = Is("number_loose", (f"{number.year}|{number.no}",))
        return And((loose, Contains("document_number", fold(number.code)))) if number.code else loose
    if number.code and number.year:
        return Is("number_key", (f"{number.code}|{number.year}|",), prefix=True)
    if number.no:
        return _with_code(number.code, _any_year(number.no))
    return None


def near_nodes(number: NumberQuery) -> list[tuple[Node, float]]:
    """Numbers close to a whole one: the same code and number in another year, the same year and number with another code."""
    nodes: list[tuple[Node, float]] = []
    if number.key and number.no:
        nodes.append((_is_key(number.key), EXACT_NUMBER))
        if number.code:
            nodes.append((_with_code(number.code, _any_year(number.no)), CODE_AND_NUMBER))
        if number.year:
            nodes.append((Is("number_loose", (f"{number.year}|{number.no}",)), YEAR_AND_NUMBER))
    return nodes


def _is_key(key: str) -> Node:
    return Is("number_key", tuple(dict.fromkeys((key, fold(key)))))  # 國辦發 is 国办发


def _any_year(no: str) -> Node:
    return Or((Contains("document_number", fold(f"〕{no}号")), Contains("document_number", fold(f"第{no}号"))))


def _with_code(code: str | None, node: Node) -> Node:
    return And((Contains("document_number", fold(code)), node)) if code else node
