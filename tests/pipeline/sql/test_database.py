"""Opening the database: tables made, migrations complete, bad places named."""

import os
import sqlite3
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from notices.config import load_config
from notices.errors import ArchiveLocked, ArchiveUnwritable, ConfigError, DamageFound, DiskFull
from pipeline.sql import migrate, watch_tables, withheld  # noqa: F401 (their tables join those of Base)
from pipeline.sql.base import Base
from pipeline.sql.database import database_errors, newest_version, open_archive, open_database, open_for_reading
from pipeline.sql.locks import hold, is_held
from pipeline.sql.migrate import recorded_tables
from pipeline.sql.runs import source_id
from tests.pipeline.sql import tables_file


def config_for(home: Path) -> object:
    return load_config({"NOTICES_HOME": str(home)})


def test_migrations_make_the_tables_of_the_models(tmp_path: Path) -> None:
    engine = open_database(config_for(tmp_path))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys", "synchronous")]
        assert settings == ["wal", 1, 2]
    engine.dispose()


def test_recorded_tables_are_those_of_the_migrations(tmp_path: Path) -> None:
    assert tables_file.FILE.read_text(encoding="utf-8") == tables_file.written(), "record them: python -m tests.pipeline.sql.tables_file"
    open_database(config_for(tmp_path)).dispose()
    with sqlite3.connect(tmp_path / "notices.db") as raw:
        assert tables_file.statements(tmp_path / "notices.db") == recorded_tables()[1]
        assert raw.execute("select version_num from alembic_version").fetchall() == [(newest_version(),)]
        [(ident, made_at)] = raw.execute("select id, made_at from archive")
        assert (uuid.UUID(ident).version, datetime.fromisoformat(made_at).date()) == (4, datetime.now(UTC).date())


def test_migrations_go_on_from_tables_that_were_recorded_before_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tables_file.statements(tables_file.migrated(tmp_path, "0011"))
    monkeypatch.setattr(migrate, "recorded_tables", lambda: ("0011", made))
    open_database(config_for(tmp_path / "home")).dispose()
    assert tables_file.statements(tmp_path / "home/notices.db") == recorded_tables()[1]


def test_database_with_tables_of_others_gets_ours_by_the_migrations(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "notices.db") as raw:
        raw.execute("create table theirs (value text)")
    open_database(config_for(tmp_path)).dispose()
    assert {*tables_file.statements(tmp_path / "notices.db")} == {*recorded_tables()[1], "CREATE TABLE theirs (value text)"}


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    first = open_database(config_for(tmp_path))
    ident = source_id(first, "linshan", site="临杉市")
    first.dispose()
    second = open_database(config_for(tmp_path))
    assert source_id(second, "linshan") == ident
    second.dispose()


def test_tables_of_a_newer_program_are_refused(tmp_path: Path) -> None:
    open_database(config_for(tmp_path)).dispose()
    with sqlite3.connect(tmp_path / "notices.db") as raw:
        raw.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(ConfigError, match=f"9999.*{newest_version()}"):
        open_database(config_for(tmp_path))


def test_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notices.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DamageFound, match=r"notices\.db"):
        open_database(config_for(tmp_path))
    assert (tmp_path / "notices.db").read_bytes() == b"no database at all" * 100


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("timeout=abc", "abc"),
        ("timeout=-1", "-1"),
        ("timeout=inf", "inf"),
        ("timeout=nan", "nan"),
        ("cached_statements=ten", "ten"),
        (f"cached_statements={10**30}", "large"),
        ("isolation_level=NONE", "isolation_level=NONE"),
        ("detect_types=9", "detect_types=9"),
        ("check_same_thread=true", "check_same_thread=true"),
        ("uri=true&mode=ro", "uri=true, mode=ro|mode=ro, uri=true"),
        ("colour=blue", "colour=blue"),
    ],
)
def test_option_of_an_address_that_cannot_be_meant_is_named_and_nothing_is_made(tmp_path: Path, options: str, named: str) -> None:
    config = load_config({"NOTICES_HOME": str(tmp_path), "NOTICES_DATABASE": f"sqlite:///{tmp_path}/other.db?{options}"})
    for opening in (open_database, open_for_reading, open_archive):
        with pytest.raises(ConfigError, match=named):
            opening(config)
    assert not list(tmp_path.iterdir())


def test_option_that_is_a_number_is_taken(tmp_path: Path) -> None:
    open_database(
        load_config({"NOTICES_HOME": str(tmp_path), "NOTICES_DATABASE": f"sqlite:///{tmp_path}/other.db?timeout=5&cached_statements=64"})
    ).dispose()
    assert (tmp_path / "other.db").is_file()


def test_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x")
    with pytest.raises(ArchiveUnwritable, match="home"):
        open_database(config_for(tmp_path / "home"))


def test_full_disk_has_an_error_of_its_own(tmp_path: Path) -> None:
    engine = open_database(config_for(tmp_path))
    with pytest.raises(DiskFull, match=r"notices\.db"), database_errors(str(engine.url)), engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql("create table filler (x)")
        for _ in range(1000):
            connection.exec_driver_sql("insert into filler values (zeroblob(100000))")
    assert source_id(engine, "linshan") == 1
    engine.dispose()


def test_second_holder_is_told_who_has_the_lock(tmp_path: Path) -> None:
    with hold(tmp_path, "crawl-a"), pytest.raises(ArchiveLocked, match=str(os.getpid())), hold(tmp_path, "crawl-a", wait=0.1):
        pass
    assert not is_held(tmp_path, "crawl-a")


def test_lock_goes_with_its_process(tmp_path: Path) -> None:
    program = f"import os; from pathlib import Path; from pipeline.sql.locks import hold\nwith hold(Path({str(tmp_path)!r}), 'a'): os.kill(os.getpid(), 9)"
    died = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3])
    assert died.returncode == -9
    with hold(tmp_path, "a"):
        assert is_held(tmp_path, "a")
