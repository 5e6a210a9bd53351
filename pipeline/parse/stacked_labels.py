"""Labels without colons, each over its value or touching it, as pages show them whose style parts the two: 发文机关 over 云岫市水利局."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notices.text.whitespace import remove_whitespace
from pipeline.parse.labels import concept_of, has_form

_LONGEST_VALUE = 80
_FIRST_LINES = 40
_FEWEST = 2
_LABEL_LENGTHS = (6, 5, 4, 3, 2)


def stacked_labels(lines: Sequence[str]) -> tuple[list[str], int]:
    """The pairs of the first run of such labels, as lines of two cells, and the line after the run; an empty list and 0 without a run.

    A run is two labels or more, one of them of a number or of a day with a value of that form, and no sentence is over it.
    """
    n = 0
    while n < min(len(lines), _FIRST_LINES) and "。" not in lines[n]:
        run = list(_run(lines, n))
        concepts = {concept_of(label) for label, _, _ in run}
        if len(concepts) >= _FEWEST and any(has_form(concept_of(label), value) for label, value, _ in run):
            return [f"{label}\t{value}" for label, value, _ in run], run[-1][2]
        n += 1
    return [], 0


def _run(lines: Sequence[str], start: int) -> Iterator[tuple[str, str, int]]:
    """The labels and values from a line on, each with the line after it."""
    n = start
    while n < len(lines):
        line = lines[n].strip()
        if concept_of(line) and n + 1 < len(lines) and _is_value(lines[n + 1]):
            n += 2
            yield line, lines[n - 1].strip(), n
        elif pair := _touching(line):
            n += 1
            yield *pair, n
        else:
            return


def _is_value(line: str) -> bool:
    return len(line) <= _LONGEST_VALUE and "。" not in line and "\t" not in line and concept_of(line) is None


def _touching(line: str) -> tuple[str, str] | None:
    """A label and the value that follows it at once: 发文机关云岫市水利局."""
    if len(line) > _LONGEST_VALUE or "\t" in line or "。" in line:
        return None
    plain = remove_whitespace(line)
    for length in _LABEL_LENGTHS:
        label, value = plain[:length], plain[length:]
        if concept_of(label) and value and value[0] not in "：:":
            return label, value
    return None
