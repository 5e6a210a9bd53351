"""No question that is asked all day reads a large table from one end to the other: PostgreSQL's plans on an archive of 20,000 notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Engine

from benchmarks.costs.grown_server import grow
from notices.config import load_config
from operations.preserve import alias_file
from operations.preserve.alias_file import refresh_aliases
from pipeline.sql.database import open_database
from tests.cluster.journey import a_site, line, page, written
from tests.support.archive_home import Home
from tests.support.postgres_server import PostgresServer
from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room
from tests.support.servers.plans import asked, whole_reads
from tests.support.site_server import serving

LARGE = frozenset({"notice", "revision", "attachment", "citation", "alias", "change", "instrument_key", "sketch", "snapshot"})
"""Those that the copies make large; observations and entries of lists stay few here."""
NOTICES = 20_000
_SHOWN = (
    "/", "/search?q=河段", "/n/1", "/n/2/diff", "/changes", "/changes?since=19000", "/deadlines", "/feed.atom", "/api/v1/notices/2/history",
    "/api/v1/changes?since=19000", "/api/v1/notices/9/citations", "/api/v1/citations?text=根据临政〔2026〕1号", "/timemap/link/http://a.example/n2.html",
    "/n/2/r/1/original", "/doc/临政/2026/3",
)  # fmt: skip


@pytest.fixture(scope="module")
def home(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickHome]:
    """An archive of imported and crawled notices, and so many rows like theirs."""
    folder = tmp_path_factory.mktemp("plans")
    made = QuickHome(folder / "home")
    made.path.mkdir()
    made.environment["NOTICES_DATABASE"] = server.create("plans")
    attached = [{"name": "巡查表.txt", "url": "http://a.example/f.txt", "text": "巡查表\f第二页"}]
    made.run("import", written(folder, *(line(n, f"第{n}项。", attachments=attached) for n in range(1, 201))))
    made.run("import", written(folder, line(2, "第二次通知。"), line(201, "《关于第1号河段防汛工作的通知》（临政〔2026〕1号）同时废止。")))
    with serving(a_site()) as site:
        made.source(site.base)
        crawl(made)
        site.pages["/tzgg/2.html"] = page(
            "临杉市水务局关于第2号水库安全度汛的通知", "<p>第2号水库已经完成检查，各县区水务局应当按时报送。</p>"
        )
        crawl(made, "--revisit")
    database = open_database(load_config(made.environment))
    assert grow(database, NOTICES) >= NOTICES
    refresh_aliases(load_config(made.environment), database)
    database.dispose()
    with patch.object(alias_file, "_LARGE", NOTICES // 2):  # it is one of the large archives, of which the whole is asked now and then
        yield made


def crawl(home: QuickHome, *words: str) -> None:
    """A crawl, in processes of its own."""
    Home.run(home, "crawl", "linshan", *words)


def check(home: QuickHome, act: Callable[[], object]) -> int:
    """No statement of this act reads a large table whole; how many statements there were."""
    with asked() as statements:
        act()
    database: Engine = open_database(load_config(home.environment))
    with database.connect() as connection:
        wrong = {statement: found for statement, values in statements if (found := whole_reads(connection, statement, values, LARGE))}
    database.dispose()
    told = "\n".join(f"{found}: {statement[:400]}" for statement, found in wrong.items())
    assert not wrong, f"{len(wrong)} of {len(statements)} statements:\n{told}"
    return len(statements)


def test_import_of_notices(home: QuickHome, tmp_path: Path) -> None:
    given = written(
        tmp_path,
        line(3, "第三次通知。"),
        *(line(n) for n in range(301, 311)),
        line(311, "《关于第5号河段防汛工作的通知》（临政〔2026〕5号）同时废止。"),
    )
    assert check(home, lambda: home.run("import", given)) > 15


@pytest.mark.parametrize("address", _SHOWN)
def test_pages_of_the_reading_room(home: QuickHome, address: str) -> None:
    with reading_room(home) as room:
        room.get("/")
        assert check(home, lambda: room.get(address)) >= 0


@pytest.mark.parametrize(
    "words", [("show", "2"), ("history", "2"), ("cites", "9"), ("changes", "--since", "19000"), ("runs",), ("watch", "run")]
)
def test_commands_of_every_day(home: QuickHome, words: tuple[str, ...]) -> None:
    assert check(home, lambda: home.run(*words, check=None)) > 0
