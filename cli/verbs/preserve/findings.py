"""A finding as one line of text or one JSON object."""

from __future__ import annotations

from cli.terminal import left
from cli.terms import term
from notices.text.display import safe
from notices.text.language import told
from preservation.findings import Finding


def finding_line(finding: Finding) -> str:
    """Area, kind, place and detail in columns."""
    return f"{left(term(finding.area), 5)} {left(term(finding.kind), 12)} {safe(finding.place)}: {safe(told(finding.detail))}"


def finding_json(finding: Finding) -> dict[str, str]:
    """The stable JSON shape."""
    return {"area": finding.area, "kind": finding.kind, "place": finding.place, "detail": finding.detail}
