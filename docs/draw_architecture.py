"""Draws docs/images/architecture.svg from the program's imports: `python docs/draw_architecture.py`; a test says when it is out of date.

A room is a package of the top level, or a module there. A room uses only rooms of lower rows; an arrow says that one uses the other (arrows
that others imply are left out). Inside a room are its own packages, those that use the others on top.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs/images/architecture.svg"
NO_ROOMS = ("tests", "benchmarks", "docs")
FLOW = ("cli", "web", "scheduler", "operations", "watch", "crawler", "pipeline", "index")  # the order within a row
WIDTH, MARGIN, GAP, ROW_GAP, NARROW = 960, 12, 24, 44, 200
HEAD, LINE, LANE, CHARACTER = 46, 26, 20, 7.8

Uses = dict[str, set[str]]


@dataclass(frozen=True)
class Box:
    """A room's place in the drawing, in pixels."""

    x: float
    y: float
    width: float
    height: float


def rooms(root: Path = ROOT) -> dict[str, list[Path]]:
    """The top level's packages and modules with their Python files."""
    found = {path.parent.name: sorted(path.parent.rglob("*.py")) for path in root.glob("*/__init__.py") if path.parent.name not in NO_ROOMS}
    return found | {path.stem: [path] for path in root.glob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def uses(files: dict[str, list[Path]], prefix: str = "") -> Uses:
    """Which of these packages use which others; `prefix` is what their dotted names begin with."""
    found: Uses = {name: set() for name in files}
    for name, paths in files.items():
        for module in (module for path in paths for module in imported(path) if module.startswith(prefix)):
            other = module.removeprefix(prefix).split(".")[0]
            if other in files and other != name:
                found[name].add(other)
    return found


def parts(room: str) -> list[str]:
    """A room's own packages, those that use the others first."""
    folders = [path.parent for path in (ROOT / room).glob("*/__init__.py")]
    found = uses({folder.name: sorted(folder.rglob("*.py")) for folder in folders}, f"{room}.")
    return sorted(found, key=lambda name: (-height(found, name), name))


def height(found: Uses, name: str, above: tuple[str, ...] = ()) -> int:
    """The length of the longest way down from here. Packages that use each other in a circle count once."""
    return max((1 + height(found, other, (*above, name)) for other in found[name] if other not in above), default=0)


def rows(found: Uses) -> list[list[str]]:
    """The rooms by rows, the highest first: packages by the longest way down from them."""
    circles = [f"{name} <-> {other}" for name in found for other in found[name] if name < other and name in found[other]]
    if circles:
        raise ValueError(f"rooms use each other: {', '.join(circles)}")
    heights = {name: height(found, name) for name in found}
    for name in found:
        users = [heights[user] for user in found if name in found[user]]
        if not (ROOT / name).is_dir() or not users:  # a module, and what nobody uses, is an entry: as high as its users allow
            heights[name] = min(users, default=max(heights.values()) + 1) - 1
    order = {name: n for n, name in enumerate(FLOW)}
    return [
        sorted((name for name in found if heights[name] == level), key=lambda name: (order.get(name, 99), name))
        for level in sorted(set(heights.values()), reverse=True)
    ]


def needed(found: Uses) -> list[tuple[str, str]]:
    """The arrows that no longer way implies."""

    def below(name: str) -> set[str]:
        return found[name].union(*(below(other) for other in found[name]))

    return sorted((name, other) for name in found for other in found[name] if not any(other in below(way) for way in found[name]))


def placed(levels: list[list[str]], arrows: list[tuple[str, str]]) -> dict[str, Box]:
    """Where each room is drawn. A module is half as wide as a package; a room alone in a row that arrows pass leaves them room."""
    boxes, y = dict[str, Box](), float(MARGIN)
    level = {name: n for n, row in enumerate(levels) for name in row}
    passed = {n for name, other in arrows for n in range(level[name] + 1, level[other])}
    for n, row in enumerate(levels):
        shares = [2 if (ROOT / name).is_dir() else 1 for name in row]
        unit = (WIDTH - 2 * MARGIN - (len(row) - 1) * GAP) / sum(shares)
        x = float(MARGIN)
        if n in passed and len(row) == 1:
            unit, x = NARROW / 2, (WIDTH - NARROW) / 2
        tall = max(HEAD + LINE * len(_lines(parts(name), share * unit)) for name, share in zip(row, shares, strict=True))
        for name, share in zip(row, shares, strict=True):
            boxes[name] = Box(x, y, share * unit, tall)
            x += share * unit + GAP
        y += tall + ROW_GAP
    return boxes


def _lines(names: list[str], width: float) -> list[list[str]]:
    """The names in lines that fit the width."""
    lines: list[list[str]] = []
    for name in names:
        if lines and sum(CHARACTER * len(each) + 26 for each in [*lines[-1], name]) < width - 16:
            lines[-1].append(name)
        else:
            lines.append([name])
    return lines


def drawing() -> str:
    """The drawing as SVG, the same for the same imports."""
    found = uses(rooms())
    levels, arrows = rows(found), needed(found)
    boxes = placed(levels, arrows)
    tall = max(box.y + box.height for box in boxes.values()) + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall:.0f}" font-family="sans-serif" font-size="13">',
        "<title>The rooms of the house: each uses only those below it</title>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{tall:.0f}" fill="#ffffff"/>',
    ]
    used: list[float] = []
    for name, other in sorted(arrows, key=lambda arrow: boxes[arrow[0]].y):
        between = [box for box in boxes.values() if boxes[name].y < box.y < boxes[other].y]
        out.append(_arrow(boxes[name], boxes[other], between, used))
    for name, box in boxes.items():
        out += _room(name, box)
    return "\n".join([*out, "</svg>\n"])


def _arrow(above: Box, below: Box, between: list[Box], used: list[float]) -> str:
    """A line from the lower edge of one box to the upper edge of the other: upright where a free lane is, else slanted. Notes its lane."""
    low, high = max(above.x, below.x) + LANE, min(above.x + above.width, below.x + below.width) - LANE
    middle = below.x + below.width / 2
    lanes = [x for x in (low + LANE * n for n in range(int((high - low) // LANE) + 1)) if not any(abs(x - lane) < LANE for lane in used)]
    free = [x for x in lanes if not any(box.x - LANE < x < box.x + box.width + LANE for box in between)]
    if free:
        start = end = min(free, key=lambda x: abs(x - middle))
        used.append(end)
    elif above.x > below.x:
        start, end = above.x + LANE, below.x + below.width - LANE
    else:
        start, end = above.x + above.width - LANE, below.x + LANE
    return (
        f'<line x1="{start:.0f}" y1="{above.y + above.height:.0f}" x2="{end:.0f}" y2="{below.y:.0f}" '
        'stroke="#57606a" stroke-width="1.5" marker-end="url(#end)"/>'
    )


def _room(name: str, box: Box) -> Iterator[str]:
    yield f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="6" fill="#f6f8fa" stroke="#57606a"/>'
    yield f'<text x="{box.x + 14:.0f}" y="{box.y + 28:.0f}" font-size="16" font-weight="bold" fill="#1f2328">{escape(name)}</text>'
    for n, line in enumerate(_lines(parts(name), box.width)):
        x, y = box.x + 14, box.y + HEAD + LINE * n
        for part in line:
            wide = CHARACTER * len(part) + 18
            yield f'<rect x="{x:.0f}" y="{y - 6:.0f}" width="{wide:.0f}" height="20" rx="4" fill="#ddf4ff"/>'
            yield f'<text x="{x + 8:.0f}" y="{y + 8:.0f}" fill="#0a3069">{escape(part)}</text>'
            x += wide + 8


if __name__ == "__main__":
    TARGET.write_text(drawing(), encoding="utf-8")
