"""The figures of several sizes beside one another: a table, and a plot over the number of documents."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.search_report import ALL, COLOURS, axis_label, decades, legend, svg, text

_WIDTH, _HEIGHT, _TOP = 390, 300, 92
_LEFTS = (70, 560)
_PANELS = (("docs_per_s", "documents built a second"), ("p95_ms", "p95 of all questions, milliseconds"))


def growth_table(sizes: list[dict[str, Any]]) -> str:
    """A row for each engine and size."""
    rows = [
        "| engine | documents | built, docs/s | peak building, MB | index, MB | p50 / p95 of all questions, ms |",
        "|---|---|---|---|---|---|",
    ]
    for name in _names(sizes):
        for found in sizes:
            rows += [_row(name, found["documents"], found["engines"][name])] if name in found["engines"] else []
    return "\n".join(rows)


def _row(name: str, documents: int, e: dict[str, Any]) -> str:
    if "groups" not in e:
        return f"| {name} | {documents:,} | {e['refused']} | | | |"
    count = f"{documents:,}" if e["built"] == documents else f"{e['built']:,} of {documents:,} in {e['seconds'] / 60:.0f} min"
    every = e["groups"][ALL]
    unasked = f", {every['unasked']} not asked within the time" if every["unasked"] else ""
    return (
        f"| {name} | {count} | {e['docs_per_s']:,.0f} | {e['peak_mb']:.0f} | {e['index_mb']:,.0f} |"
        f" {every['p50_ms']:.1f} / {every['p95_ms']:.1f}{unasked} |"
    )


def _names(sizes: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for found in sizes for name in found["engines"]))


def growth_plot(sizes: list[dict[str, Any]]) -> str:
    """An SVG of two panels, both axes logarithmic: how fast it builds, how long it takes to answer."""
    parts = [text((_LEFTS[0] + _LEFTS[1] + _WIDTH) / 2, 22, "Search as the archive grows", 15)]
    for left, (key, title) in zip(_LEFTS, _PANELS, strict=True):
        parts.append(text(left + _WIDTH / 2, _TOP - 12, title, 13))
        parts += _panel(left, {name: _points(sizes, name, key) for name in _names(sizes)})
    parts += [legend(place, name, _LEFTS[0]) for place, name in enumerate(_names(sizes))]
    return svg(_LEFTS[1] + _WIDTH + 30, _TOP + _HEIGHT + 60, parts)


def _points(sizes: list[dict[str, Any]], name: str, key: str) -> list[tuple[float, float]]:
    """(documents, value) of an engine, by how many it holds."""
    found = [e for size in sizes if "groups" in (e := size["engines"].get(name, {}))]
    return sorted((e["built"], e[key] if key in e else e["groups"][ALL][key]) for e in found)


def _panel(left: float, lines: dict[str, list[tuple[float, float]]]) -> list[str]:
    every = [point for points in lines.values() for point in points]
    across, up = decades([x for x, _ in every]), decades([y for _, y in every])

    def x_of(value: float) -> float:
        return left + _WIDTH * (math.log10(value) - across[0]) / (across[1] - across[0])

    def y_of(value: float) -> float:
        return _TOP + _HEIGHT * (1 - (math.log10(value) - up[0]) / (up[1] - up[0]))

    parts = [text(left + _WIDTH / 2, _TOP + _HEIGHT + 42, "documents")]
    for power in range(up[0], up[1] + 1):
        y = y_of(10.0**power)
        parts.append(f'<line x1="{left}" x2="{left + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>{axis_label(left - 8, y, power)}')
    parts += [text(x_of(10.0**power), _TOP + _HEIGHT + 20, f"{10**power:,}") for power in range(across[0], across[1] + 1)]
    for name, points in lines.items():
        places = [(x_of(x), y_of(y)) for x, y in points]
        colour = COLOURS.get(name, "#777")
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>'
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
    return parts
