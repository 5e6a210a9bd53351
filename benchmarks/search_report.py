"""The figures of search_scale as a Markdown table and as a plot."""

from __future__ import annotations

import math
import os
import platform
import time
from html import escape
from pathlib import Path
from typing import Any

ALL = "all of them"
COLOURS = {"tantivy": "#1b6ca8", "whoosh": "#6aa84f", "fts5-bigrams": "#e08e0b", "whoosh-jieba": "#a8324a", "whoosh-positions": "#7a5fa8"}
_LEFT, _TOP, _WIDTH, _HEIGHT = 80, 70, 900, 330


def conditions(corpus: Path | None) -> dict[str, Any]:
    """When and where a measurement is made."""
    return {
        "day": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "texts": "sentences of the corpus" if corpus else "invented sentences",
    }


def put(path: Path, name: str, figures: str) -> bool:
    """Replace what stands between the marks of that name in a Markdown file; False when it has none."""
    before, after = f"<!-- figures: {name} -->\n", "<!-- end of figures -->"
    head, mark, rest = path.read_text(encoding="utf-8").partition(before)
    if mark:
        path.write_text(f"{head}{mark}{figures}\n{rest[rest.index(after) :]}", encoding="utf-8")
    return bool(mark)


def table(found: dict[str, Any]) -> str:
    """Three Markdown tables: building and recall, latency, hits beside a full scan's."""
    engines = {name: figures for name, figures in found["engines"].items() if "groups" in figures}
    notes = [f"{name}: {figures['refused']}" for name, figures in found["engines"].items() if "groups" not in figures]
    for name, e in engines.items():
        if e["built"] < found["documents"]:
            notes.append(
                f"{name} was given {e['seconds'] / 60:.0f} minutes: it holds the first {e['built']:,} documents and was asked over these."
            )
    parts = ["\n".join(_rows(engines)), "\n".join(_latency(engines)), "\n".join(_hits(engines, found["scanned"])), *notes]
    return f"{_heading(found)}\n\n" + "\n\n".join(parts)


def _heading(found: dict[str, Any]) -> str:
    return (
        f"{found['documents']:,} documents of {found['texts']}, {found['day']}, Python {found['python']}, {found['cores']} cores,"
        f" load average {found['load_before']:.1f} before and {found['load_after']:.1f} after:"
    )


def _rows(engines: dict[str, Any]) -> list[str]:
    rows = [
        "| engine | built, docs/s | ratio | CPU, ms/doc | peak building, MB | most mapped, MB | peak asking, MB | index, MB | substrings found |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    least = min((e["docs_per_s"] for e in engines.values()), default=1)
    for name, e in engines.items():
        sizes = f"{e['peak_mb']:.0f} | {e['peak_files_mb']:.0f} | {e['ask_peak_mb']:.0f} | {e['index_mb']:.0f}"
        speed = f"{e['docs_per_s']:,.0f} | {e['docs_per_s'] / least:.1f} | {e['cpu_s'] / e['built'] * 1_000:.2f}"
        rows.append(f"| {name} | {speed} | {sizes} | {e['found']} of {e['substrings']} |")
    return rows


def _groups(engines: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(group for e in engines.values() for group in e["groups"]))


def _latency(engines: dict[str, Any]) -> list[str]:
    """p50 / p95 in ms; in brackets how many times the fastest engine's p50 it is."""
    rows = ["| p50 / p95, ms (× fastest) | " + " | ".join(engines) + " |", "|---" * (len(engines) + 1) + "|"]
    for group in _groups(engines):
        least = min(e["groups"][group]["p50_ms"] for e in engines.values())
        rows.append(f"| {group} | " + " | ".join(_cell(e["groups"][group], least) for e in engines.values()) + " |")
    return rows


def _cell(g: dict[str, Any], least: float) -> str:
    notes = [f"{g[key]} {key}" for key in ("refused", "unasked") if g[key]]
    return f"{g['p50_ms']:.1f} / {g['p95_ms']:.1f} (×{g['p50_ms'] / least:.1f})" + "".join(f", {note}" for note in notes)


def _hits(engines: dict[str, Any], scanned: dict[str, int]) -> list[str]:
    rows = ["| hits of all questions | " + " | ".join(engines) + " | full scan |", "|---" * (len(engines) + 2) + "|"]
    for group in (group for group in _groups(engines) if group != ALL):
        cells = " | ".join(str(e["groups"][group]["hits"]) for e in engines.values())
        rows.append(f"| {group} | {cells} | {scanned.get(group, '')} |")
    return rows


def plot(found: dict[str, Any]) -> str:
    """An SVG: p50 of each query class as a bar, p95 as the line above it, milliseconds on a logarithmic axis."""
    engines = {name: figures for name, figures in found["engines"].items() if "groups" in figures}
    groups = _groups(engines)
    low, high = decades([g[key] for e in engines.values() for g in e["groups"].values() for key in ("p50_ms", "p95_ms")])
    parts = [*_frame(found["documents"]), *(_line(power, low, high) for power in range(low, high + 1))]
    for column, group in enumerate(groups):
        parts.append(text(_LEFT + (column + 0.5) * _WIDTH / len(groups), _TOP + _HEIGHT + 20, group))
        for place, (name, e) in enumerate(engines.items()):
            at = (column + 0.1 + 0.8 * place / len(engines)) / len(groups)
            parts.append(_bar(at, 0.8 / len(engines) / len(groups), e["groups"][group], (low, high, name)))
    parts += [legend(place, name, _LEFT) for place, name in enumerate(engines)]
    return svg(_LEFT + _WIDTH + 20, _TOP + _HEIGHT + 60, parts)


def decades(values: list[float]) -> tuple[int, int]:
    """The powers of ten that hold all the values between them."""
    low = math.floor(math.log10(max(min(values, default=0.1), 0.01)))
    return low, max(low + 1, math.ceil(math.log10(max([*values, 0.01]))))


def _height(value: float, low: int, high: int) -> float:
    return _TOP + _HEIGHT * (1 - (math.log10(max(value, 10**low)) - low) / (high - low))


def svg(width: float, height: float, parts: list[str]) -> str:
    """The parts as an SVG on white."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12" fill="#222">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>\n"])


def _frame(count: int) -> list[str]:
    title = text(_LEFT + _WIDTH / 2, 22, f"Time to answer, {count:,} documents (bar: p50, line: p95)", 15)
    side = f'<text x="18" y="{_TOP + _HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 {_TOP + _HEIGHT / 2})">milliseconds (log)</text>'
    return [title, side, text(_LEFT + _WIDTH / 2, _TOP + _HEIGHT + 46, "class of query")]


def axis_label(right: float, y: float, power: int) -> str:
    """A power of ten, written out, ending at `right`."""
    return f'<text x="{right}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'


def _line(power: int, low: int, high: int) -> str:
    y = _height(10.0**power, low, high)
    return f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>{axis_label(_LEFT - 8, y, power)}'


def _bar(at: float, width: float, group: dict[str, Any], scale: tuple[int, int, str]) -> str:
    low, high, name = scale
    x, wide, top, tip = _LEFT + at * _WIDTH, width * _WIDTH - 2, _height(group["p50_ms"], low, high), _height(group["p95_ms"], low, high)
    colour, middle = COLOURS.get(name, "#777"), x + wide / 2
    bar = f'<rect x="{x:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{_TOP + _HEIGHT - top:.1f}" fill="{colour}"/>'
    return bar + f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{tip:.1f}" y2="{top:.1f}" stroke="#222" stroke-width="1.5"/>'


def legend(place: int, name: str, left: float) -> str:
    """The colour and the name of an engine, the place counted from the left."""
    x = left + place * 160
    return (
        f'<rect x="{x}" y="34" width="12" height="12" fill="{COLOURS.get(name, "#777")}"/><text x="{x + 18}" y="45">{escape(name)}</text>'
    )


def text(x: float, y: float, words: str, size: int = 12) -> str:
    """Words centred on x."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="{size}">{escape(words)}</text>'
