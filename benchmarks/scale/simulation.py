"""A year of an archive as discrete events: each crawl of each site begins, takes its pages, and ends.

What crawls share: places on the workers (a crawl without one waits), the cores of the workers, and the one writer's lock of the database. A site gives
one page in `delay` + `answer` seconds to one crawl at a time. When the lock or the cores are asked for more than they have, the crawls under way become
slower in proportion; a crawl's speed is set when it begins, from the crawls under way then. Sizes, first days and hours of sites are drawn by a seed.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field

DAY = 86_400.0
_REVISITS = (1, 7, 30, 180)  # days after a notice was first seen


@dataclass
class Site:
    """A site: notices that were there at first and are not archived yet, news since, and readings that are due."""

    stock: float
    yearly: float
    looked: float = 0.0
    due: dict[int, float] = field(default_factory=dict)  # day to notices that are read again
    overdue: float = 0.0
    through: int = 0  # the day up to which `due` was taken over


@dataclass
class Year:
    """What came of a simulation. Lists have a value for each day; seconds are of use."""

    notices: list[float] = field(default_factory=list)
    lock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)  # crawls that waited for a place, the most of the day
    runs: list[int] = field(default_factory=list)
    requests: float = 0.0
    revisits: float = 0.0
    overdue: float = 0.0
    done_day: dict[float, float] = field(default_factory=dict)  # share of the stock to the day when it was in


@dataclass(frozen=True)
class Plan:
    """The plan of a year: notices at the end, machines for workers, days; costs by name. `locked`: one writer at a time."""

    notices: int
    machines: int
    costs: dict[str, float]
    days: int = 365
    seed: int = 17
    locked: bool = True


def simulate(plan: Plan) -> Year:
    """A year, the same for the same plan."""
    return _Simulation(plan).run()


class _Simulation:
    """The events and the shared things."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.costs, self.chance = plan, plan.costs, random.Random(plan.seed)
        sizes = [self.chance.lognormvariate(0, self.costs["spread"]) for _ in range(int(self.costs["sites"]))]
        stock = plan.notices / (1 + self.costs["yearly"] * plan.days / 365)
        self.sites = [Site(stock * size / sum(sizes), self.costs["yearly"] * stock * size / sum(sizes)) for size in sizes]
        self.stock = self.left = stock
        self.places = int(plan.machines * self.costs["jobs"])
        self.queue: deque[int] = deque()
        self.under_way = 0
        self.lock_asked = self.cpu_asked = 0.0  # shares of one, and cores, that the crawls under way want
        self.year = Year([0.0] * plan.days, [0.0] * plan.days, [0.0] * plan.days, [0.0] * plan.days, [0] * plan.days)
        self.events: list[tuple[float, int, int, tuple[float, float]]] = []

    def run(self) -> Year:
        """Take events in their order until the year is over."""
        gap = DAY / self.costs["runs_a_day"]
        for number in range(len(self.sites)):
            heapq.heappush(self.events, (self.chance.uniform(0, gap), 0, number, (0.0, 0.0)))
        while self.events:
            now, kind, number, asked = heapq.heappop(self.events)
            if now >= self.plan.days * DAY:
                break
            if kind == 0:
                self.queue.append(number)
            else:
                self._end(now, number, asked, gap)
            while self.queue and self.under_way < self.places:
                self._begin(now, self.queue.popleft())
            day = int(now / DAY)
            self.year.waiting[day] = max(self.year.waiting[day], len(self.queue))
        self.year.overdue = sum(site.overdue for site in self.sites)
        return self.year

    def _begin(self, now: float, number: int) -> None:
        costs, site = self.costs, self.sites[number]
        fresh = site.yearly * (now - site.looked) / (365 * DAY)
        self._take_due(site, int(now / DAY))
        pages, again = self._wanted(site, fresh)
        lists = costs["list_pages"] + pages / costs["entries"]
        requests = lists + pages * (1 + costs["files"]) + again
        paced = costs["delay"] + costs["answer"]
        want = requests * paced
        lock = (pages + 0.2 * (again + lists)) * costs["lock"] / 1000 / want  # a page without news is a row in place of a notice
        cpu = (costs["start_cpu"] + requests * costs["page_cpu"] / 1000) / want
        slower = max(
            1.0, (self.lock_asked + lock) if self.plan.locked else 1.0, (self.cpu_asked + cpu) / (self.plan.machines * costs["cores"])
        )
        most = costs["minutes_a_run"] * 60 / (want * slower)
        share = min(1.0, most)
        self._book(now, site, (pages * share, again * share, requests * share))
        self.under_way += 1
        self.lock_asked += lock
        self.cpu_asked += cpu
        heapq.heappush(self.events, (now + min(want * slower, costs["minutes_a_run"] * 60), 1, number, (lock, cpu)))

    def _take_due(self, site: Site, today: int) -> None:
        for day in range(site.through, today + 1):
            site.overdue += site.due.pop(day, 0.0)
        site.through = today + 1

    def _wanted(self, site: Site, fresh: float) -> tuple[float, float]:
        """Pages of notices and readings again of the next run."""
        pages = min(site.stock + fresh, self.costs["pages_a_run"])
        again = min(site.overdue, self.costs["revisits_a_run"], max(0.0, self.costs["pages_a_run"] - pages))
        return pages, again

    def _book(self, now: float, site: Site, done: tuple[float, float, float]) -> None:
        """Note what a run brings."""
        pages, again, requests = done
        day = int(now / DAY)
        site.stock += site.yearly * (now - site.looked) / (365 * DAY) - pages
        site.looked = now
        site.overdue -= again
        if pages:
            for after in _REVISITS:
                site.due[day + after] = site.due.get(day + after, 0.0) + pages
        year, costs = self.year, self.costs
        year.notices[day] += pages
        year.requests += requests
        year.revisits += again
        year.runs[day] += 1
        year.lock[day] += (pages + 0.2 * (requests - pages)) * costs["lock"] / 1000
        year.cpu[day] += costs["start_cpu"] + requests * costs["page_cpu"] / 1000
        self.left = max(0.0, self.left - pages)
        for mark in (0.5, 0.9, 0.99):
            if mark not in year.done_day and self.left <= (1 - mark) * self.stock:
                year.done_day[mark] = now / DAY

    def _end(self, now: float, number: int, asked: tuple[float, float], gap: float) -> None:
        """Let go of what the run had; the next begins at its hour, at once while much is left."""
        self.under_way -= 1
        self.lock_asked = max(0.0, self.lock_asked - asked[0])
        self.cpu_asked = max(0.0, self.cpu_asked - asked[1])
        heapq.heappush(self.events, (max(now, (now // gap + 1) * gap + self.chance.uniform(0, 0.1) * gap), 0, number, (0.0, 0.0)))
