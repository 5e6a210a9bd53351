"""A PostgreSQL server of the tests' own: Debian's programs, a folder of its own, a socket and a port on loopback, stopped by its process id."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

USER, PASSWORD = "archivist", "pässword:with@signs/"
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 200
shared_buffers = 64MB
fsync = {fsync}
log_min_messages = warning
"""
_ACCESS = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"


def programs() -> Path | None:
    """The folder of the newest server's programs; None where there is no PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _account() -> list[str]:
    """The words that run a program as somebody without rights: PostgreSQL refuses to be root's."""
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """A running server; `url(name)` is the address of one of its databases."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        found = programs()
        assert found, "PostgreSQL is not installed (apt-get install postgresql)"
        self.bin, self.folder, self.port = found, folder, _free_port()
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (folder, folder / "password"):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        data = folder / "data"
        self._run("initdb", "-D", str(data), "-U", USER, "--pwfile", str(folder / "password"), "-A", "scram-sha-256", "-E", "UTF8",
                  "--locale", "C.UTF-8", *([] if fsync else ["-N"]))  # fmt: skip
        (data / "postgresql.auto.conf").write_text(_SETTINGS.format(port=self.port, folder=folder, fsync="on" if fsync else "off"))
        (data / "pg_hba.conf").write_text(_ACCESS)
        self.start()

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run([*_account(), str(self.bin / program), *words], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program}: {done.stdout}\n{done.stderr}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        data = self.folder / "data"
        self._run("pg_ctl", "-D", str(data), "-l", str(self.folder / "log"), "-w", "-t", "60", "start")

    def encrypt(self, public: Path, private: Path) -> None:
        """Have it offer TLS, with this certificate and key."""
        for path, name in ((public, "server.crt"), (private, "server.key")):
            target = self.folder / "data" / name
            shutil.copy(path, target)
            target.chmod(0o600)
            if os.geteuid() == 0:
                nobody = pwd.getpwnam("nobody")
                os.chown(target, nobody.pw_uid, nobody.pw_gid)
        self.statement("alter system set ssl = on", "select pg_reload_conf()")

    @property
    def pid(self) -> int:
        """The server's process."""
        return int((self.folder / "data/postmaster.pid").read_text().split("\n", 1)[0])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends sessions and checkpoints, SIGQUIT is a crash."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pid = self.pid
            os.kill(pid, how)
            while _lives(pid):
                time.sleep(0.05)

    def url(self, name: str, password: str = PASSWORD) -> str:
        """The address of a database, as NOTICES_DATABASE takes it."""
        from urllib.parse import quote

        return f"postgresql+psycopg://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, *more: str) -> str:
        """Make a database; return its address."""
        self.statement(f"create database {name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'", *more)
        return self.url(name)

    def statement(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the server's owner."""
        words = [word for each in statements for word in ("-c", each)]
        self.psql(words, database)

    def psql(self, words: Sequence[str], database: str = "postgres") -> str:
        """What psql prints."""
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        command = [str(self.bin / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port)]
        done = subprocess.run([*command, "-U", USER, "-d", database, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@contextlib.contextmanager
def running_server(*, fsync: bool = False) -> Iterator[PostgresServer]:
    """A server with an empty folder under the system's folder for temporary files: the path of a socket is short."""
    folder = Path(tempfile.mkdtemp(prefix="notices-pg-"))
    folder.chmod(0o755)
    server = None
    try:
        server = PostgresServer(folder, fsync=fsync)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
