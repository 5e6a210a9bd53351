"""What three invented sites do on each day of a month: the truth that an archive of them is compared with."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape

from tests.support.passing_days import HTML
from tests.support.site_server import Page

BEGIN = date(2027, 3, 1)  # day 1, a Monday
KNOWN = 8  # notices that a site has before the first day
SUBJECTS = {"linshan": "堤防巡查", "hegu": "停水检修", "yunpu": "报名公示"}
WEEKDAYS = {
    "linshan": (0, 0, 1, 2, 3, 4),
    "hegu": (0, 1, 2, 3, 4),
    "yunpu": (0, 2, 4),
}  # on which the sites publish, Monday is 0; a repeat is a second one
EXTRA = "追加经费"
WATCHES = {"堤防": "堤防巡查", "停水": "停水检修", "经费": EXTRA, "公示": "报名公示"}
CONFIRMED = 12  # days after which a page that is gone counts as withdrawn (pipeline.observe.presence: the fourth look, eleven days on)
PER_PAGE = 20

Change = tuple[str, str, int, bool]  # key, kind, revision, baseline
Event = tuple[str, str, str, int]  # watch, event, key, revision


def day_of(number: int) -> date:
    """The date of a day of the month, counted from 1."""
    return BEGIN + timedelta(days=number - 1)


@dataclass
class Notice:
    """A notice through the month: `texts` has a day and the sentence added on it; `gone` the day on which it is taken away, and that of its return."""

    source: str
    number: int
    day: int
    texts: list[tuple[int, str]] = field(default_factory=list)
    gone: tuple[int, int | None] | None = None

    @property
    def path(self) -> str:
        """Its path at its site."""
        day = day_of(self.day)
        return f"/tzgg/{day:%Y%m}/t{day:%Y%m%d}_{self.number}.html"

    @property
    def key(self) -> str:
        """Its source and its path: its identity whatever port the site has."""
        return self.source + self.path

    @property
    def title(self) -> str:
        """Its title."""
        return f"临杉市人民政府关于第{self.number}号{SUBJECTS[self.source]}工作的通知"

    @property
    def closes(self) -> date:
        """The day that it names as its end."""
        return day_of(self.day) + timedelta(days=20)

    def extra(self, day: int) -> str:
        """The sentence that its text has on a day beside the rest."""
        return next((text for since, text in reversed(self.texts) if since <= day), "")

    def shown(self, day: int) -> bool:
        """Whether the site has it on that day."""
        away = self.gone is not None and self.gone[0] <= day and (self.gone[1] is None or day < self.gone[1])
        return self.day <= day and not away

    def page(self, day: int) -> bytes:
        """Its page on that day."""
        published, n = day_of(self.day), self.number
        end = f"{self.closes.year}年{self.closes.month}月{self.closes.day}日"
        head = f'<meta name="ArticleTitle" content="{escape(self.title)}"><meta name="PubDate" content="{published} 07:30">'
        body = f"<p>临政发〔{published.year}〕{n}号</p><p>各县区人民政府：</p><p>编号为甲{n:04d}的{SUBJECTS[self.source]}已经开始，"
        body += f"请各单位按第{n * 7}号清单逐项落实。</p>"
        body += f"<p>报名截止时间为{end}17时。</p><p>{self.extra(day)}</p><p>特此通知。</p><p>临杉市人民政府</p>"
        return f"""<html><head><title>{self.title}_临杉市人民政府</title>{head}<meta name="ContentSource" content="临杉市人民政府"></head><body>
<div class="nav"><a href="/">首页</a></div><h1>{self.title}</h1><div class="TRS_Editor">{body}
<p>{published.year}年{published.month}月{published.day}日</p></div></body></html>""".encode()

    def changes(self) -> Iterator[Change]:
        """What must be noticed of it, in the order of its days."""
        found = [(self.day, "new")] + [(day, "edited") for day, _text in self.texts]
        if self.gone is not None:
            away, again = self.gone
            found.append((away, "missing"))
            if again is None or again - away > CONFIRMED:
                found.append((away + 1, "withdrawn"))
            if again is not None:
                found.append((again, "back"))
        revision = 0
        for _day, kind in sorted(found, key=lambda each: each[0]):
            revision += kind in ("new", "edited")
            yield self.key, kind, revision, kind == "new" and self.day <= 1

    def events(self) -> Iterator[Event]:
        """What each saved search must be told of it, once."""
        texts = ["", *(self.title + extra for extra in ("", *(text for _day, text in self.texts)))]
        withdrawn = False
        for key, kind, revision, baseline in self.changes():
            withdrawn |= kind == "withdrawn"
            for watch, word in WATCHES.items():
                before, now = word in texts[revision - 1], word in texts[revision]
                event = {
                    "new": "entered" if now else "",
                    "edited": "edited" if before and now else "entered" if now else "left" if before else "",
                    "withdrawn": "withdrawn" if now else "",
                    "back": "back" if now and withdrawn else "",
                }.get(kind, "")
                if event and not baseline:
                    yield watch, event, key, revision


def written(days: int, seed: int) -> list[Notice]:
    """The notices of a month whose sites publish as they do, and every day edit one notice and take one away."""
    chance, found = random.Random(seed), list[Notice]()
    for source in SUBJECTS:
        found += [Notice(source, n + 1, n + 1 - KNOWN) for n in range(KNOWN)]
    for day in range(1, days + 1):
        for source in SUBJECTS:
            for _ in range(WEEKDAYS[source].count(day_of(day).weekday())):
                found.append(Notice(source, 1 + sum(each.source == source for each in found), day))
        if day > 1:
            _edit(chance.choice([each for each in found if _calm(each, day)]), day)
            _take_away(chance, chance.choice([each for each in found if _calm(each, day)]), day)
    return found


def _calm(notice: Notice, day: int) -> bool:
    """Whether what the site did to a notice before was long enough ago to have been seen."""
    last = max([notice.day + 1, *(since + 5 for since, _text in notice.texts)])
    return notice.gone is None and day > last


def _edit(notice: Notice, day: int) -> None:
    number = len(notice.texts) + 1
    notice.texts.append((day, f"第{number}次修订：{EXTRA}{day}万元。" if number % 2 else f"第{number}次修订：经费已经落实。"))


def _take_away(chance: random.Random, notice: Notice, day: int) -> None:
    """Take a notice away: for good, for five days, or (early in the month) for so long that it counts as withdrawn when it returns."""
    notice.gone = (day, chance.choice([None, day + 5, day + CONFIRMED + 5 if day <= 6 else None]))


def pages_of(notices: Iterable[Notice], source: str, day: int) -> dict[str, bytes | Page]:
    """The pages of a site on a day: its list in pages of twenty, newest first, and its notices."""
    mine = [each for each in notices if each.source == source and each.shown(day)]
    newest = sorted(mine, key=lambda each: (each.day, each.number), reverse=True)
    count = -(-len(newest) // PER_PAGE)
    pages: dict[str, bytes | Page] = {each.path: (200, HTML, each.page(day)) for each in mine}
    for page in range(count):
        lines = "".join(
            f'<li><a href=".{each.path.removeprefix("/tzgg")}" title="{each.title}">{each.title}</a><span>{day_of(each.day)}</span></li>'
            for each in newest[page * PER_PAGE : (page + 1) * PER_PAGE]
        )
        body = f'<html><head><title>通知公告</title></head><body><div class="list"><ul>{lines}</ul></div>'
        body += f'<script>createPageHTML({count}, {page}, "index", "html");</script></body></html>'
        pages["/tzgg/index.html" if page == 0 else f"/tzgg/index_{page}.html"] = (200, HTML, body.encode())
    pages["/tzgg/"] = pages["/tzgg/index.html"]
    return pages
