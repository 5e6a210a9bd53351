"""What a database does to answer the statements that a piece of the program asks: read once, judged on an archive that is large enough."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

Plan = Mapping[str, Any]


@contextmanager
def asked() -> Iterator[list[tuple[str, object]]]:
    """The SELECT, UPDATE and DELETE statements that are asked meanwhile through any engine of this process, each once, with its values."""
    found: dict[str, object] = {}

    def note(_c: object, _cursor: object, statement: str, values: object, _context: object, many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            found.setdefault(statement, values[0] if many and isinstance(values, list) else values)

    event.listen(Engine, "before_cursor_execute", note)
    told: list[tuple[str, object]] = []
    try:
        yield told
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        told += found.items()


def whole_reads(connection: Connection, statement: str, values: object, large: frozenset[str]) -> list[str]:
    """The large tables that PostgreSQL reads from one end to the other for this statement, with the step that does."""
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()  # type: ignore[arg-type]
    plan = (json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"]
    return [f"{step['Node Type']} on {step['Relation Name']}" for step in _steps(plan, bounded=False) if step["Relation Name"] in large]


def _steps(plan: Plan, *, bounded: bool) -> Iterator[Plan]:
    """The steps that read all rows of a table or an index; one under a limit, with nothing between that needs all of them, does not."""
    kind = str(plan["Node Type"])
    if kind == "Limit":
        bounded = True
    elif kind in ("Sort", "Aggregate", "Hash", "HashAggregate", "Unique", "WindowAgg"):
        bounded = False
    if "Scan" in kind and "Relation Name" in plan and not bounded and not plan.get("Index Cond") and kind != "Bitmap Heap Scan":
        yield plan
    for below in plan.get("Plans", ()):
        yield from _steps(below, bounded=bounded)
