"""Programs of others judge what the archive hands out: `make replay`.

    python tests/replay/referees.py FOLDER_OF_THEIR_PROGRAMS

py-wacz (GPL) validates the WACZ of all notices and of one notice, from the command and from the web. The Memento client of the RFC's authors (memento_client)
goes from a memento to the address, to the TimeGate and to the memento of a day. Both live in an environment of their own and are no part of the program.
Exit 0: all is accepted. Exit 1: it names the rest.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from tests.support.archive_home import Home
from tests.support.reading_room import NOTICES, served

_CLIENT = """
import json, sys
from datetime import datetime
from memento_client import MementoClient
gate, asked = sys.argv[1], json.load(sys.stdin)
client = MementoClient(timegate_uri=gate, check_native_timegate=False)
print(json.dumps([client.get_memento_info(uri, datetime.fromisoformat(day)) for uri, day in asked], default=str))
"""
_DAYS = (datetime(2024, 3, 1, 10), datetime(2024, 5, 1, 10), datetime(2025, 2, 3, 4, 5, 6))  # UTC, of the revisions


def main(programs: Path) -> int:
    """Exit code of all of them."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        home = _archive(work / "home")
        wrong = []
        with served(home) as base:
            wrong += list(_wacz(programs, home, base, work))
            wrong += list(_memento(programs, home, base))
    print("".join(f"refused: {each}\n" for each in wrong), end="", file=sys.stderr)
    print("WACZ and Memento: accepted" if not wrong else f"{len(wrong)} refused")
    return bool(wrong)


def _archive(path: Path) -> Home:
    """An archive of invented notices, the first in three revisions of known days."""
    home = Home(path)
    home.run("demo")  # pages of a crawl
    for k in range(len(_DAYS)):
        lines = [each | ({"text": f"{each['text']}第{k}稿。"} if each is NOTICES[0] else {}) for each in NOTICES]
        file = path.with_name("lines.jsonl")
        file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
        home.run("import", str(file))
    with closing(sqlite3.connect(path / "notices.db")) as raw:
        ident = _first_of(raw)
        for n, day in enumerate(_DAYS, 1):
            at = f"{day:%Y-%m-%d %H:%M:%S}.000000"
            raw.execute("update revision set created_at = ? where notice_id = ? and n = ?", (at, ident, n))
            raw.execute(
                "update snapshot set fetched_at = ? where id = (select snapshot_id from revision where notice_id = ? and n = ?)",
                (at, ident, n),
            )
        raw.commit()
    return home


def _first_of(raw: sqlite3.Connection) -> int:
    """The id of the notice with the three revisions."""
    return int(raw.execute("select id from notice where url = ?", (NOTICES[0]["url"],)).fetchone()[0])


def _wacz(programs: Path, home: Home, base: str, work: Path) -> Iterator[str]:
    home.run("export", "--all", "--format", "wacz", "-o", str(work / "all.wacz"))
    with closing(sqlite3.connect(home.path / "notices.db")) as raw:
        (ident,) = raw.execute("select min(id) from notice").fetchone()  # one of the crawl
    with urllib.request.urlopen(f"{base}/n/{ident}/pages.wacz", timeout=60) as answer:
        (work / "one.wacz").write_bytes(answer.read())
    for file in (work / "all.wacz", work / "one.wacz"):
        done = subprocess.run([programs / "wacz", "validate", "-f", file], capture_output=True, text=True, check=False)
        if done.returncode or "Valid" not in done.stdout + done.stderr:
            yield f"{file.name}: {done.stdout}{done.stderr}"
        listed = subprocess.run([programs / "python", "-c", _PAGES, file], capture_output=True, text=True, check=True).stdout
        if not int(listed):
            yield f"{file.name}: it lists no page"


_PAGES = "import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).read('pages/pages.jsonl').splitlines()) - 1)"


def _memento(programs: Path, home: Home, base: str) -> Iterator[str]:
    """From any memento each day leads to the revision of that day."""
    with closing(sqlite3.connect(home.path / "notices.db")) as raw:
        page = f"{base}/n/{_first_of(raw)}/r"
    asked = [(f"{page}/{n}", day) for n in range(1, len(_DAYS) + 1) for day in (*_DAYS, datetime(2023, 1, 1), datetime(2024, 12, 31))]
    given = json.dumps([(uri, day.isoformat()) for uri, day in asked])
    done = subprocess.run(
        [programs / "python", "-c", _CLIENT, f"{base}/timegate/"], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        yield f"memento_client: {done.stderr[-2000:]}"
        return
    for (uri, day), found in zip(asked, json.loads(done.stdout), strict=True):
        n = max(sum(each <= day for each in _DAYS), 1)
        closest = found.get("mementos", {}).get("closest", {})
        wanted = {"uri": [f"{page}/{n}"], "http_status_code": 200, "datetime": str(_DAYS[n - 1])}
        if closest != wanted or found["original_uri"] != NOTICES[0]["url"]:
            yield f"{uri} at {day}: {found}, not {wanted}"
        edges = {name: found["mementos"].get(name, {}).get("uri") for name in ("first", "last", "prev", "next")}
        beside = {name: [f"{page}/{k}"] if 1 <= k <= len(_DAYS) else None for name, k in (("prev", n - 1), ("next", n + 1))}
        if edges != {"first": [f"{page}/1"], "last": [f"{page}/{len(_DAYS)}"], **beside}:
            yield f"{uri} at {day}: {edges}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
