"""Archives made of imported lines, for tests that call the jobs on one."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notices.config import Config, load_config
from pipeline.sql.database import open_database
from tests.support.archive_home import Home

WARC_BYTES = 1 << 16  # the least that may be configured
COUNT = 20
_CHARACTERS = [chr(code) for code in range(0x4E00, 0x9FA0)]


def a_line(n: int) -> dict[str, object]:
    """One invented notice, of which ten fill a WARC file; every third has a file."""
    words = "".join(random.Random(n).choices(_CHARACTERS, k=3500))
    line: dict[str, object] = {
        "url": f"http://a.example/n{n}.html",
        "title": f"关于第{n}号河段防汛工作的通知",
        "text": f"各县区人民政府：\n根据《关于第{n}号堤防巡查的意见》（以下简称“巡查意见”）开展第{n}号河段检查。\n{words}\n临杉市人民政府\n2026年10月1日",
        "published_date": "2026-10-01",
    }
    if n % 3 == 0:
        line["attachments"] = [{"name": "巡查表.txt", "url": f"http://a.example/f{n}.txt", "text": f"巡查表第{n}张\f第二页"}]
    return line


def make_archive(path: Path) -> Path:
    """An archive of COUNT notices, indexed and signed."""
    home = Home(path)
    home.environment["NOTICES_WARC_MAX_BYTES"] = str(WARC_BYTES)
    home.run("import", "-", stdin="\n".join(json.dumps(a_line(n), ensure_ascii=False) for n in range(1, COUNT + 1)))
    home.run("checkpoint")
    return path


def copy_of(archive: Path, target: Path) -> Config:
    """The configuration of a copy that a test may damage."""
    shutil.copytree(archive, target, ignore=shutil.ignore_patterns("locks"))
    return load_config({"NOTICES_HOME": str(target), "NOTICES_WARC_MAX_BYTES": str(WARC_BYTES)})


def change(config: Config, statement: str) -> None:
    """Change rows behind the program's back."""
    with sqlite3.connect(config.home / "notices.db") as raw:
        raw.executescript(statement)
    raw.close()


def value(config: Config, query: str) -> object:
    """The first value of the first row of a query."""
    with sqlite3.connect(config.home / "notices.db") as raw:
        row = raw.execute(query).fetchone()
    raw.close()
    return row[0] if row else None


def flip(path: Path, at: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def sealed(config: Config) -> list[Path]:
    """The sealed WARC files, in order."""
    return sorted(config.warc_dir.glob("*.warc.gz"))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of COUNT notices that nobody changes."""
    return make_archive(tmp_path_factory.mktemp("archive") / "home")


@pytest.fixture
def config(archive: Path, tmp_path: Path) -> Config:
    """The configuration of a copy."""
    return copy_of(archive, tmp_path / "home")


@pytest.fixture
def database(config: Config) -> Iterator[Engine]:
    """The copy's database."""
    engine = open_database(config)
    yield engine
    engine.dispose()
