"""Bytes, machines and the price of a year, from a simulated year and the costs."""

from __future__ import annotations

import math
from typing import NamedTuple

from benchmarks.scale.simulation import DAY, Plan, Year

_MEMORY = 32e9  # of a machine; half of it is the system's cache of files
_CACHED = 0.1  # of an index that its machines should have room for in that cache


class Needs(NamedTuple):
    """Bytes of each part after the year; machines of each kind; dollars of a year by kind."""

    bytes: dict[str, float]
    machines: dict[str, int]
    dollars: dict[str, float]
    verify_hours: float
    query_ms: float
    query_cores: float


def needs(plan: Plan, year: Year) -> Needs:
    """What the archive takes at the end of the year, and what a year of this size costs."""
    costs, notices = plan.costs, sum(year.notices)
    held = {
        "WARC, pages": notices * costs["warc_bytes"],
        "WARC, files": notices * costs["files"] * costs["file_bytes"],
        "WARC, read again": (year.requests - notices * (1 + costs["files"])) * costs["revisit_bytes"],
        "PostgreSQL": notices * costs["database_bytes"] * costs["copies"],
        "index": notices * costs["index_bytes"] * costs["copies"],
    }
    query = costs["query_cpu"] * max(1.0, notices / 100_000) ** costs["query_growth"]
    cores = costs["readers"] * query / 1000
    search = max(int(costs["copies"]), math.ceil(held["index"] * _CACHED / (_MEMORY / 2)), math.ceil(cores / (costs["cores"] / 2)))
    database = int(costs["copies"])
    machines = {"workers": plan.machines, "PostgreSQL": database, "search": search}
    disks = (held["PostgreSQL"] + held["index"]) * 1.5 / 1e9  # room for a rebuild beside the index, and for what a database leaves behind
    dollars = {
        "machines": sum(machines.values()) * costs["machine_year"],
        "disks": disks * costs["disk_year"],
        "store": sum(size for part, size in held.items() if part.startswith("WARC")) / 1e9 * costs["store_year"],
    }
    return Needs(held, machines, dollars, notices * costs["verify_cpu"] / 1000 / 3600, query, cores)


def busiest(values: list[float]) -> float:
    """The most of a day, as a share of it: of the lock, or cores."""
    return max(values) / DAY


def settled(values: list[float]) -> float:
    """The mean of the last thirty days, as a share of a day."""
    return sum(values[-30:]) / min(30, len(values)) / DAY
