"""The tables of a new archive as the migrations make them: `python -m tests.pipeline.sql.tables_file` records them again, after a migration was added."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from pipeline.sql.database import engine_of
from pipeline.sql.migrate import _run_migrations, newest_version

FILE = Path(__file__).parents[3] / "pipeline/sql/migrations/tables.sql"


def migrated(folder: Path, version: str) -> Path:
    """A database that migrations alone brought to a version."""
    file = folder / f"{version}.db"
    _run_migrations(engine_of(make_url(f"sqlite:///{file}")), version)
    return file


def statements(database: Path) -> list[str]:
    """What made the tables and indexes of a database, in their order."""
    with closing(sqlite3.connect(database)) as raw:
        return [made for (made,) in raw.execute("select sql from sqlite_master where sql is not null order by rowid")]


def written() -> str:
    """The file as it is to be."""
    with tempfile.TemporaryDirectory() as folder:
        made = statements(migrated(Path(folder), newest_version()))
    return f"-- recorded from the migrations up to {newest_version()}\n" + "".join(f"{each};\n" for each in made)


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
