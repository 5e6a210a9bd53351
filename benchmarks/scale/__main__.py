"""What archives of a million to a hundred million notices need.

`python -m benchmarks.scale [--set NAME=NUMBER ...] [--docs docs]`: simulates a year of each, prints tables; with --docs, into docs/scale.md with plots.
`python -m benchmarks.scale measure [--notices 1000] [--documents 10000] [--corpus FOLDER]`: the costs that PostgreSQL and OpenSearch have here.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.scale.inputs import INPUTS, values
from benchmarks.scale.needs import Needs, busiest, needs, settled
from benchmarks.scale.plots import filling, lock_use
from benchmarks.scale.simulation import Plan, Year, simulate
from benchmarks.search_report import put

Run = tuple[str, Plan, Year]


def main() -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["simulate", "measure"], default="simulate")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="another value for an input")
    parser.add_argument("--sizes", default="1000000,10000000,100000000")
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--notices", type=int, default=1_000)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--corpus", type=Path)
    asked = parser.parse_args()
    if asked.what == "measure":
        from benchmarks.scale.measure import database, search  # needs the extras of a cluster

        with tempfile.TemporaryDirectory() as folder:
            print(*database(Path(folder), asked.notices), *search(Path(folder), asked.documents, asked.corpus), sep="\n")
        return 0
    changed = {name: float(number) for name, _, number in (each.partition("=") for each in asked.set)}
    runs = simulated([int(size) for size in asked.sizes.split(",")], values(changed))
    report = "\n\n".join((_years(runs), _bytes(runs), _prices(runs), _inputs(changed)))
    print(report)
    if asked.docs:
        for name, picture in (("scale-filling", filling(runs)), ("scale-lock", lock_use(runs))):
            (asked.docs / f"images/{name}.svg").write_text(picture, encoding="utf-8")
        pictures = "![filling](images/scale-filling.svg)\n\n![lock](images/scale-lock.svg)\n\n"
        put(asked.docs / "scale.md", "scale", pictures + report)
    return 0


def simulated(sizes: list[int], costs: dict[str, float]) -> list[Run]:
    """A year of each size on one machine for workers; of the largest also on four, and without what saturates first and second."""
    most = sizes[-1]
    wide = costs | {"revisits_a_run": 2_000}
    plans = [(f"{_millions(size)}, 1 machine", Plan(size, 1, costs)) for size in sizes]
    plans += [
        (f"{_millions(most)}, 4 machines", Plan(most, 4, costs)),
        (f"{_millions(most)}, 4 machines, writers do not wait for one another", Plan(most, 4, costs, locked=False)),
        (f"{_millions(most)}, the same, 2,000 readings again a run", Plan(most, 4, wide, locked=False)),
    ]
    with ProcessPoolExecutor(2) as pool:
        years = list(pool.map(simulate, [plan for _name, plan in plans]))
    return [(name, plan, year) for (name, plan), year in zip(plans, years, strict=True)]


def _millions(count: int) -> str:
    return f"{count / 1e6:g} M"


def _table(head: str, rows: list[str]) -> str:
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *rows])


def _years(runs: list[Run]) -> str:
    head = (
        "| notices, workers | 50 % in | 90 % | 99 % of the stock | lock, busiest day | lock, at last | cores of workers, busiest day |"
        " at last | crawls that wait, at most | requests | readings again that are overdue at the end |"
    )
    rows = []
    for name, _plan, year in runs:
        days = " | ".join(f"day {year.done_day[mark]:.0f}" if mark in year.done_day else "later" for mark in (0.5, 0.9, 0.99))
        use = f"{busiest(year.lock):.0%} | {settled(year.lock):.0%} | {busiest(year.cpu):.1f} | {settled(year.cpu):.1f}"
        rows.append(f"| {name} | {days} | {use} | {max(year.waiting):,.0f} | {year.requests / 1e6:,.0f} M | {year.overdue / 1e6:,.1f} M |")
    return _table(head, rows)


def _by_size(runs: list[Run]) -> list[tuple[str, Needs, Plan]]:
    """One row for each size: its year on one machine, as priced with that machine."""
    found: dict[int, tuple[str, Needs, Plan]] = {}
    for _name, plan, year in runs:
        found.setdefault(plan.notices, (_millions(plan.notices), needs(plan, year), plan))
    return list(found.values())


def _bytes(runs: list[Run]) -> str:
    rows = []
    for name, need, _plan in _by_size(runs):
        parts = " | ".join(f"{size / 1e9:,.0f}" for size in need.bytes.values())
        rows.append(f"| {name} | {parts} | {sum(need.bytes.values()) / 1e9:,.0f} |")
    return _table(
        "| GB after a year | WARC: pages | WARC: files | WARC: read again | PostgreSQL, two copies | index, two copies | all |", rows
    )


def _prices(runs: list[Run]) -> str:
    rows = []
    for name, need, _plan in _by_size(runs):
        machines = " + ".join(str(count) for count in need.machines.values())
        money = " | ".join(f"{value:,.0f}" for value in need.dollars.values())
        rows.append(
            f"| {name} | {machines} | {need.query_ms:,.0f} ms | {need.query_cores:.1f} | {need.verify_hours:,.1f} h | {money} |"
            f" {sum(need.dollars.values()):,.0f} |"
        )
    head = (
        "| notices | machines: workers + PostgreSQL + search | CPU of a search | cores for searches | CPU of one `verify` |"
        " machines, $ a year | disks | store | all, $ a year |"
    )
    return _table(head, rows)


def _inputs(changed: dict[str, float]) -> str:
    rows = []
    for name, each in INPUTS.items():
        value, kind = (changed[name], "set") if name in changed else (each.value, each.kind)
        rows.append(f"| `{name}` | {value:,g} {each.unit} | {kind} | {each.where} |")
    return _table("| input | value | | where it is from |", rows)


if __name__ == "__main__":
    sys.exit(main())
