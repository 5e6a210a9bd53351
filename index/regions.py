"""Regions as six-digit codes (GB/T 2260); a code stands for itself and all that lies in it."""

from __future__ import annotations

import re

from index.nodes import Is, Node
from notices.errors import QuerySyntaxError


def region_node(value: str, query: str, start: int) -> Node:
    """Documents of a region or of any below it. Raises QuerySyntaxError for what is no code."""
    code = value.strip()
    if not re.fullmatch(r"\d{2}|\d{4}|\d{6}", code):
        raise QuerySyntaxError(f"{value!r} is no region code; write two, four or six digits, such as 41, 4107 or 410700", query, start)
    return Is("region", (significant(code),), prefix=True)


def significant(code: str) -> str:
    """The digits of a code that name a level: 410000 is 41, 410700 is 4107."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code
