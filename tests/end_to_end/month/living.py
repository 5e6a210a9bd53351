"""An archive that lives through the script on its machine, and what it says of it afterwards."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from notices.hours import ZONE
from tests.end_to_end.month.machine import Clock, Machine, Receivers, Ticks, receiving
from tests.end_to_end.month.script import SUBJECTS, WATCHES, Change, Event, Notice, day_of, pages_of
from tests.support.archive_home import Home
from tests.support.site_server import Site, serving

NOON = 12
HALF_DAY, HALF_HOUR = 720, 30  # minutes
TO = {"堤防": ("hook",), "停水": ("mail",), "经费": ("hook", "mail"), "公示": ("hook",)}
WEEKLY = "公示"  # told on Mondays at noon
REPORTS = "/reports"


class Living:
    """An archive with its sites, its saved searches and its machine."""

    def __init__(self, folder: Path, script: list[Notice], receivers: Receivers) -> None:
        self.script, self.receivers = script, receivers
        self.home, self.clock = Home(folder / "home"), Clock(folder / "clock")
        self.sites = {source: Site() for source in SUBJECTS}
        self.backups = folder / "backups"
        self.backups.mkdir()
        self.home.environment |= self.clock.environment
        self.home.environment |= {
            "NOTICES_REVISIT_DAYS": "1", "NOTICES_DRAIN_MINUTES": str(HALF_DAY), "NOTICES_JITTER_SECONDS": "0",
            "NOTICES_BACKUP_FOLDER": str(self.backups), "NOTICES_FEEDS_FOLDER": str(folder / "feeds"),
        }  # fmt: skip
        self.machine = Machine(self.home, self.clock)
        self.awaited: Ticks = set()
        self.killed: list[str] = []

    def publish(self, day: int) -> None:
        """Let the sites be as they are on that day."""
        for source, site in self.sites.items():
            site.pages = dict(pages_of(self.script, source, day))

    def begin(self) -> None:
        """Set up the archive as somebody does on the first day, and start its scheduler."""
        self.clock.set(moment(1, time(8, 50)))
        for source, site in self.sites.items():
            path = self.home.source(site.base, source)
            path.write_text(path.read_text(encoding="utf-8").replace("0 * * * *", "0 8 * * *"), encoding="utf-8")
        hook = self.receivers.address
        self.home.run("channel", "add", "hook", "webhook", f"{hook}/hook", "--allow-private")
        self.home.run("channel", "add", "reports", "webhook", f"{hook}{REPORTS}", "--allow-private", "--report")
        mail = ("leser@example.org", "--smtp", self.receivers.smtp, "--from", "archiv@example.org")
        self.home.run("channel", "add", "mail", "email", *mail)
        for name, word in WATCHES.items():
            to = [each for channel in TO[name] for each in ("--to", channel)]
            self.home.run("watch", "add", name, word, *to, *(("--every", "0 12 * * mon") if name == WEEKLY else ()))
        self.home.run("watch", "add", "无人", WATCHES["停水"])  # has no channel: its events wait until somebody asks

    def live(self, at: datetime, killer: random.Random | None = None) -> None:
        """Let it be that moment, and wait until all that is due is done; a killer kills something meanwhile."""
        self.clock.set(at)
        due = due_at(at)
        if killer is not None:
            asked, fetched = self._asked(), killer.randint(1, 50)  # a crawl is killed by how far it is: a busy machine takes its time
            far = (lambda: self._asked() - asked >= fetched) if at.hour < NOON else None
            self.killed.append(self.machine.kill(killer, due, far))
        self.awaited |= due
        self.machine.wait_for(due)

    def _asked(self) -> int:
        return sum(site.requests.total() for site in self.sites.values())

    def changes(self) -> Counter[Change]:
        """The change log, with notices by site and path."""
        rows = self.home.rows("select url, kind, revision, baseline from change join notice on notice.id = notice_id order by seq")
        return Counter((self.key_of(url), kind, revision, bool(baseline)) for url, kind, revision, baseline in rows)

    def key_of(self, url: str) -> str:
        """The source and the path of an address."""
        source = next(name for name, site in self.sites.items() if url.startswith(site.base))
        return source + url.removeprefix(self.sites[source].base)

    def hits(self) -> Counter[Event]:
        """What saved searches found, by the tables."""
        rows = self.home.rows(
            "select watch.name, event, url, revision from watch_hit join watch on watch.id = watch_id "
            "join change on change.seq = watch_hit.seq join notice on notice.id = notice_id"
        )
        return Counter((name, event, self.key_of(url), revision) for name, event, url, revision in rows)

    def posted(self) -> Counter[tuple[str, str, str]]:
        """Watch, event and key of what the webhook was told of notices, repeats of a message dropped by its id as receivers do."""
        return Counter((watch, each["event"], self.key_of(each["url"])) for watch, each in self._events() if each["notice"])

    def silences(self) -> list[str]:
        """The saved searches of which the webhook was told that they fell silent."""
        return [watch for watch, each in self._events() if not each["notice"]]

    def _events(self) -> list[tuple[str, dict[str, Any]]]:
        bodies = {body["id"]: body for path, body in self.receivers.posts if path != REPORTS}
        return [(body["watch"], each) for body in bodies.values() for each in body["events"]]

    def mailed(self) -> Counter[tuple[str, str]]:
        """Event and key of what mails told, repeats dropped by the mail's id."""
        mails = dict(self.receivers.mails)
        return Counter((event, self.key_of(url)) for events in mails.values() for event, url in events)

    def reported(self) -> list[tuple[str, str]]:
        """Whom the reports are from, and their subjects, repeats dropped."""
        return list({body["id"]: (body["watch"], body["subject"]) for path, body in self.receivers.posts if path == REPORTS}.values())

    def printed(self) -> Counter[Event]:
        """What the saved search without a channel prints when somebody asks."""
        lines = self.home.run("watch", "run", "无人", "--json").stdout.splitlines()
        return Counter((e["watch"], e["event"], self.key_of(e["url"]), e["revision"]) for e in map(json.loads, lines))

    def feed(self) -> set[int]:
        """The numbers of the changes that the feed of all changes tells, over all of its pages; a change is in two of them at most, once in each."""
        found = Counter[int]()
        for file in (self.home.path.parent / "feeds").glob("changes*.atom"):
            told = Counter(int(seq) for seq in re.findall(r"<id>[^<]+/change,(\d+)</id>", file.read_text(encoding="utf-8")))
            assert set(told.values()) <= {1}, file
            found += told
        assert set(found.values()) <= {1, 2}
        return set(found)

    def deadlines(self) -> Counter[tuple[str, str]]:
        """Key and end of every deadline that notices state."""
        lines = self.home.run("deadlines", "--all", "--json").stdout.splitlines()
        return Counter((self.key_of(each["url"]), each["end"]) for each in map(json.loads, lines))


@contextmanager
def living(folder: Path, script: list[Notice]) -> Iterator[Living]:
    """An archive on the first morning, with its scheduler running; both end with the block."""
    with ExitStack() as stack:
        found = Living(folder, script, stack.enter_context(receiving()))
        for site in found.sites.values():
            stack.enter_context(serving(site))
        found.publish(1)
        found.begin()
        found.machine.start()
        stack.callback(found.machine.end)
        yield found


def moment(day: int, at: time) -> datetime:
    """A time of a day of the month, in Asia/Shanghai."""
    return datetime.combine(day_of(day), at, ZONE)


def morning(day: int) -> datetime:
    """When a day's crawls run: each day a little later, so that a notice that was read yesterday is due again."""
    return moment(day, time(9)) + timedelta(minutes=min(2 * day, 80))


def noon(day: int) -> datetime:
    """When a day's messages are sent."""
    return moment(day, time(13))


def due_at(at: datetime) -> Ticks:
    """The newest tick of every job at a moment, by the clock on the wall."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    sunday = midnight - timedelta(days=(at.weekday() + 1) % 7) + timedelta(hours=4, minutes=40)
    half = at.replace(minute=at.minute // HALF_HOUR * HALF_HOUR, second=0, microsecond=0)
    found = {(f"crawl:{source}", midnight + timedelta(hours=8)) for source in SUBJECTS}
    found |= {(job, midnight + timedelta(hours=at.hour // 12 * 12)) for job in ("index", "watch", "feeds")}
    return found | {("report", half), ("verify", midnight + timedelta(hours=3, minutes=20)), ("backup", sunday)}
