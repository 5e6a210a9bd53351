"""The backup of an archive in PostgreSQL: made, restored into an empty database, read for what the archive lost; and SQL rebuilt from the captures."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cluster.journey import a_site, line, written
from tests.support.postgres_server import PostgresServer
from tests.support.quick_home import QuickHome
from tests.support.site_server import serving


@pytest.fixture
def archive(tmp_path: Path, empty_database: str) -> QuickHome:
    """An archive of nine notices in PostgreSQL, one with two revisions, one with a file."""
    home = QuickHome(tmp_path / "home")
    home.path.mkdir()
    home.environment["NOTICES_DATABASE"] = empty_database
    attached = [{"name": "巡查表.txt", "url": "http://a.example/f.txt", "text": "巡查\\表\t甲\f第二页"}]
    home.run("import", written(tmp_path, *(line(n, attachments=attached) for n in range(1, 9))))
    home.run("import", written(tmp_path, line(3, "第二次通知。")))
    home.run("watch", "add", "floods", "河段")
    return home


def another(home: QuickHome, path: Path, address: str) -> QuickHome:
    """A home that is not there yet, with a database of its own."""
    made = QuickHome(path)
    made.environment["NOTICES_DATABASE"] = address
    assert address != home.environment["NOTICES_DATABASE"]
    return made


def psql(server: PostgresServer, home: QuickHome, statement: str) -> str:
    """What psql prints for a statement in the home's database."""
    return server.psql(["-c", statement], home.environment["NOTICES_DATABASE"].rsplit("/", 1)[1]).strip()


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_restored_archive_is_the_same_and_goes_on(archive: QuickHome, server: PostgresServer, tmp_path: Path, name: str) -> None:
    archive.run("backup", str(tmp_path / name), "--no-progress")
    restored = another(archive, tmp_path / "restored", server.create(f"restored_{name.replace('.', '_')}"))
    assert "verified: 0 damages" in restored.run("restore", str(tmp_path / name)).stdout
    for words in (("changes", "--json", "--since", "0"), ("show", "3", "--json"), ("watch", "list")):
        assert restored.run(*words).stdout == archive.run(*words).stdout
    assert not (restored.path / "notices.pgdump").exists()
    assert "new 1" in restored.run("import", written(tmp_path, line(9), line(3, "第二次通知。"))).stdout
    assert restored.search("河段")["total"] == 9
    restored.run("verify")


def test_restore_needs_an_empty_database(archive: QuickHome, server: PostgresServer, tmp_path: Path) -> None:
    archive.run("backup", str(tmp_path / "backup"), "--no-progress")
    home = QuickHome(tmp_path / "restored")
    assert "NOTICES_DATABASE" in home.run("restore", str(tmp_path / "backup"), check=2).stderr
    home.environment["NOTICES_DATABASE"] = archive.environment["NOTICES_DATABASE"]
    assert "is not empty" in home.run("restore", str(tmp_path / "backup"), check=2).stderr
    assert not home.path.exists()
    assert psql(server, archive, "select count(*) from notice") == "8"


def test_backup_that_was_changed_leaves_the_database_empty(archive: QuickHome, server: PostgresServer, tmp_path: Path) -> None:
    archive.run("backup", str(tmp_path / "backup"), "--no-progress")
    dump = tmp_path / "backup/notices.pgdump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    restored = another(archive, tmp_path / "restored", server.create("cut_short"))
    assert "not what was written" in restored.run("restore", str(tmp_path / "backup"), check=4).stderr
    manifest = json.loads((tmp_path / "backup/backup.json").read_bytes())
    manifest["files"]["notices.pgdump"] = [dump.stat().st_size, sha256(dump.read_bytes()).hexdigest()]
    (tmp_path / "backup/backup.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "notices.pgdump" in restored.run("restore", str(tmp_path / "backup"), check=4).stderr
    assert not restored.path.exists()
    assert psql(server, restored, "select count(*) from pg_tables where schemaname = 'public'") == "0"


def test_lost_rows_come_back_from_the_backup(archive: QuickHome, server: PostgresServer, tmp_path: Path) -> None:
    archive.run("backup", str(tmp_path / "backup"), "--no-progress")
    shown = archive.run("show", "3", "--json").stdout
    psql(server, archive, "set session_replication_role = replica; delete from attachment where revision_id in (select id from revision where notice_id = 3);"
         "delete from revision where notice_id = 3; delete from notice where id = 3")  # fmt: skip
    plan = archive.run("repair", "--from", str(tmp_path / "backup"), check=4).stdout
    assert "would restore: 1 rows of notice" in plan
    assert psql(server, archive, "select count(*) from notice") == "7"
    archive.run("repair", "--from", str(tmp_path / "backup"), "--apply")
    archive.run("verify")
    assert json.loads(archive.run("show", "3", "--json").stdout)["text"] == json.loads(shown)["text"]
    assert psql(server, archive, "select count(*) from information_schema.schemata where schema_name like 'notices_backup%'") == "0"
    assert "new 1" in archive.run("import", written(tmp_path, line(9))).stdout


def test_lost_database_is_rebuilt_from_the_captures(archive: QuickHome, server: PostgresServer, tmp_path: Path) -> None:
    with serving(a_site()) as site:
        archive.source(site.base)
        archive.run("crawl", "linshan", "--no-progress")
    before = archive.search("水库")["total"]
    archive.environment["NOTICES_DATABASE"] = server.create("rebuilt")
    assert "is missing" in archive.run("status", check=4).stderr
    assert "rows of notice" in archive.run("repair", "--rebuild-sql", "--no-progress").stdout
    archive.run("verify")
    assert archive.search("水库")["total"] == before == 3
    assert "contains" in archive.run("repair", "--rebuild-sql", check=2).stderr
    assert not [path for path in archive.path.iterdir() if "rebuilding" in path.name]
    assert "new 1" in archive.run("import", written(tmp_path, line(9))).stdout


def test_pg_dump_must_be_there_and_as_new_as_the_server(archive: QuickHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preservation.dumps.programs.PACKAGED", ())
    tools = tmp_path / "tools"
    tools.mkdir()
    archive.environment["PATH"] = str(tools)
    assert "pg_dump" in archive.run("backup", str(tmp_path / "backup"), check=2).stderr
    old = tools / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n", encoding="utf-8")
    old.chmod(0o755)
    archive.environment["PATH"] = f"{tools}{os.pathsep}/bin"
    if shutil.which("pg_dump", path="/bin") is None:
        assert "install the client" in archive.run("backup", str(tmp_path / "backup"), check=2).stderr
    assert not (tmp_path / "backup").exists()


def test_stopped_server_ends_a_backup_with_7(archive: QuickHome, tmp_path: Path, server: PostgresServer) -> None:
    server.stop()
    try:
        archive.run("backup", str(tmp_path / "backup"), check=7)
    finally:
        server.start()
    archive.run("backup", str(tmp_path / "backup"), "--no-progress")
