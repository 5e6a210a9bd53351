"""Whatever is wrong with the server is named, with the documented exit code, and never with a password."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.journey import line, written
from tests.support.archive_home import ROOT
from tests.support.opensearch.door import certificate
from tests.support.postgres_server import PASSWORD, PostgresServer, running_server
from tests.support.quick_home import QuickHome


def home_on(path: Path, url: str) -> QuickHome:
    """A home whose database is at this address."""
    made = QuickHome(path)
    made.environment["NOTICES_DATABASE"] = url
    return made


def refused(home: QuickHome, code: int, *signs: str, words: tuple[str, ...] = ("import", "-")) -> None:
    """The command ends with this code and says so; neither the password nor a traceback is shown."""
    done = home.run(*words, check=code, stdin="")
    for sign in signs:
        assert sign in done.stderr
    for secret in (PASSWORD, "with%40signs", "otherwise", "Traceback", "sqlalche.me"):
        assert secret not in done.stdout + done.stderr


def test_without_the_driver_the_extra_is_named(tmp_path: Path, empty_database: str) -> None:
    hidden = "import sys; sys.modules['psycopg'] = None; from cli.main import main; sys.exit(main(['import', '-']))"
    home = home_on(tmp_path / "home", empty_database)
    done = subprocess.run(
        [sys.executable, "-c", hidden], env=home.environment, cwd=ROOT, input="", capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "notices-archive[postgresql]" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_embedded_archive_loads_no_driver(tmp_path: Path) -> None:
    code = "import sys; from cli.main import main; main(['import', '-']); sys.exit('psycopg' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=QuickHome(tmp_path).environment, cwd=ROOT, input="", capture_output=True, check=False
    )
    assert done.returncode == 0


def test_wrong_password(server: PostgresServer, tmp_path: Path, empty_database: str) -> None:
    name = empty_database.rsplit("/", 1)[1]
    refused(home_on(tmp_path / "a", server.url(name, "otherwise")), 2, "refuses this user or password", f"/{name}")
    query = f"postgresql+psycopg://127.0.0.1:{server.port}/{name}?user=archivist&password=otherwise"
    refused(home_on(tmp_path / "b", query), 2, "refuses this user or password")


def test_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    good, other = tmp_path / "good", tmp_path / "other"
    for folder in (good, other):
        folder.mkdir()
    public, private = certificate(good)
    stranger, _key = certificate(other)
    with running_server() as server:
        address = server.create("archive")
        server.encrypt(public, private)
        home_on(tmp_path / "a", f"{address}?sslmode=verify-full&sslrootcert={public}").run("import", written(tmp_path, line(1)))
        refused(home_on(tmp_path / "b", f"{address}?sslmode=verify-full&sslrootcert={stranger}"), 2, "certificate verify failed")


def test_unknown_database_and_unknown_option(server: PostgresServer, tmp_path: Path) -> None:
    refused(home_on(tmp_path / "a", server.url("nowhere")), 2, "nowhere", "does not exist")
    refused(home_on(tmp_path / "b", server.url("postgres") + "?colour=blue"), 2, "colour")


@pytest.mark.parametrize(
    "option",
    [
        "port=seven",
        "sslmode=seven",
        "target_session_attrs=seven",
        "connect_timeout=seven",
        "keepalives=seven",
        "client_encoding=seven",
        "service=seven",
        "hostaddr=seven",
        "options=-c%20seven%3D1",
        "autocommit=seven",
        "prepare_threshold=seven",
        "row_factory=seven",
    ],
)
def test_option_that_cannot_be_meant_is_named_and_not_tried_again(server: PostgresServer, tmp_path: Path, option: str) -> None:
    refused(home_on(tmp_path / "home", f"{server.url('postgres')}?{option}"), 2, "seven")


def test_database_that_compares_texts_by_a_locale(server: PostgresServer, tmp_path: Path) -> None:
    server.statement("create database latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'")
    refused(home_on(tmp_path / "a", server.url("latin")), 2, "LATIN1", "create database latin template template0")


def test_reader_of_an_empty_database_makes_nothing(server: PostgresServer, tmp_path: Path, empty_database: str) -> None:
    home = home_on(tmp_path / "home", empty_database)
    refused(home, 2, "there is no archive in the database", words=("runs",))
    assert server.psql(["-c", "select count(*) from pg_tables where schemaname = 'public'"], empty_database.rsplit("/", 1)[1]) == "0\n"


def test_tables_of_a_newer_program(server: PostgresServer, tmp_path: Path, empty_database: str) -> None:
    home = home_on(tmp_path / "home", empty_database)
    home.run("import", written(tmp_path, line(1)))
    server.statement("update alembic_version set version_num = '9999'", database=empty_database.rsplit("/", 1)[1])
    for words in (("runs",), ("import", "-")):
        refused(home, 2, "newer version of this program", "9999", words=words)


def test_database_of_another_archive(server: PostgresServer, tmp_path: Path, empty_database: str) -> None:
    home_on(tmp_path / "home", empty_database).run("import", written(tmp_path, line(1)))
    other = home_on(tmp_path / "other", server.create(f"{empty_database.rsplit('/', 1)[1]}_other"))
    other.run("import", written(tmp_path, line(2)))
    mixed = home_on(other.path, empty_database)
    for words in (("runs",), ("import", "-")):
        refused(mixed, 2, "archive", words=words)


def test_another_home_is_refused_before_it_writes(tmp_path: Path, empty_database: str) -> None:
    """Its captures would have the names and places of those in the archive's own home."""
    own = home_on(tmp_path / "home", empty_database)
    own.run("import", written(tmp_path, line(1)))
    other = home_on(tmp_path / "other", empty_database)
    other.environment["NOTICES_QUEUE"] = empty_database.replace("+psycopg", "")
    for words in (("import", "-"), ("index",), ("runs",), ("worker",)):
        refused(other, 2, "has none of the captures", words=words)
    assert not any((other.path / "warc").glob("*.gz*"))
    own.run("verify")
    home_on(own.path, empty_database).run("import", written(tmp_path, line(2)))


def test_lost_database_is_not_replaced_by_an_empty_one(server: PostgresServer, tmp_path: Path, empty_database: str) -> None:
    home = home_on(tmp_path / "home", empty_database)
    home.run("import", written(tmp_path, line(1)))
    name = f"{empty_database.rsplit('/', 1)[1]}_new"
    refused(home_on(home.path, server.create(name)), 4, "is missing")
    assert server.psql(["-c", "select count(*) from pg_tables where schemaname = 'public'"], name) == "0\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_server_that_is_away_and_comes_back(tmp_path: Path, how: signal.Signals) -> None:
    pytest.importorskip("psycopg")
    with running_server(fsync=True) as server:
        home = home_on(tmp_path / "home", server.create("archive"))
        home.run("import", written(tmp_path, line(1), line(2)))
        server.stop(how)
        for words in (("runs",), ("import", "-"), ("status",), ("verify",)):
            refused(home, 7, "cannot be reached now", words=words)
        server.start()
        assert "unchanged 2" in home.run("import", written(tmp_path, line(1), line(2))).stdout
        home.run("verify")
