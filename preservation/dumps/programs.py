"""PostgreSQL's own programs: found, run, and what they say in the archive's words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.engine import URL

from notices.config import Config
from notices.errors import ArchiveUnwritable, ConfigError, DamageFound
from notices.text.language import _
from pipeline.sql import watch_tables, withheld  # noqa: F401 (their tables join those of Base)
from pipeline.sql.base import Base
from pipeline.sql.postgresql import BACKEND, shown_address, translated

PACKAGED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin", "/opt/homebrew/opt/libpq/bin")
"""Where packages put the programs that are not on the PATH: Debian, PostgreSQL's own RPMs, SUSE, Homebrew."""
VERSIONS = "alembic_version"
_PAUSE = 0.2
_FULL = "No space left on device"


def program(name: str, major: int = 0) -> Path:
    """The newest program of this name. Raises ConfigError without one of this major version or a later one."""
    on_path = shutil.which(name)
    found = [Path(on_path)] if on_path else []
    found += [path for pattern in PACKAGED for path in Path("/").glob(f"{pattern[1:]}/{name}")]
    versions = {path: _major(path) for path in dict.fromkeys(found)}
    newest = max(found, key=lambda path: versions[path], default=None)
    if newest is None:
        raise ConfigError(
            _("database: this needs {program} of PostgreSQL {major} or later, which is not installed (Debian: postgresql-client)").format(
                program=name, major=major or ""
            )
        )
    if versions[newest] < major:
        raise ConfigError(
            _("database: the server is PostgreSQL {major}, {program} is of {found}: install the client of {major} or later").format(
                major=major, program=newest, found=versions[newest]
            )
        )
    return newest


@cache
def _major(path: Path) -> int:
    """The program's major version; 0 when it does not tell. Asked once: a dump is read table by table."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def dump_database(config: Config, engine: Engine, target: Path, progress: Callable[[int], None]) -> None:
    """Write the archive's tables, as of one moment, into a file in pg_dump's custom format; writers go on meanwhile.

    Raises ConfigError without a pg_dump that is as new as the server, ArchiveUnwritable, DiskFull or ServerAway.
    """
    url = make_url(config.database)
    with engine.connect() as connection:
        major = int(connection.exec_driver_sql("show server_version_num").scalar_one()) // 10_000
    tables = [word for table in (*Base.metadata.tables, VERSIONS) for word in ("--table", f"public.{table}")]
    command = [str(program("pg_dump", major)), "--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=60s", *tables]
    with target.open("xb") as file:
        _run([*command, "--dbname", _place(url)], url, file.fileno(), lambda: progress(0))
        os.fsync(file.fileno())
    progress(target.stat().st_size)


def _place(url: URL) -> str:
    """The address for libpq, without the password: a command line is read by everybody on the machine."""
    return url.set(drivername=BACKEND, password=None).render_as_string(hide_password=False)


def _run(command: Sequence[str], url: URL, output: int, wait: Callable[[], None]) -> None:
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C"} | ({"PGPASSWORD": str(url.password)} if url.password else {})
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env=environment) as child:
        try:
            while child.poll() is None:
                wait()
                time.sleep(_PAUSE)
        except BaseException:
            child.terminate()
            raise
        assert child.stderr is not None
        said = child.stderr.read().decode(errors="replace").strip()
    if child.returncode:
        if _FULL in said:
            raise OSError(28, _FULL)
        if "connection" in said:
            raise translated(ConnectionError(said), shown_address(url))
        raise ArchiveUnwritable(_("cannot copy the database {where}: {error}").format(where=shown_address(url), error=said[:400]))


def dumped_rows(dump: Path, table: str) -> Iterator[bytes]:
    """The rows of a table in a dump, as the lines of COPY after a first line that names table and columns; nothing if it has no such table.

    pg_restore only takes the file apart: nothing of what it says is run. Raises DamageFound for a file that it cannot read, ConfigError without it.
    """
    command = [str(program("pg_restore")), "--data-only", "--schema=public", f"--table={table}", "--file=-", str(dump)]
    # stderr goes where it cannot fill a pipe that nobody reads
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1 << 20) as child:
        assert child.stdout is not None
        in_rows, said = False, b""
        for line in child.stdout:
            if in_rows and line == b"\\.\n":
                in_rows = False
            elif in_rows or line.startswith(b"COPY "):
                in_rows = True
                yield line
            elif line.startswith(b"pg_restore:"):
                said = line
    if child.returncode or in_rows:
        raise DamageFound(_("the backup's {file}: {error}").format(file=dump.name, error=said.decode(errors="replace").strip()[:400]))
