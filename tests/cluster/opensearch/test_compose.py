"""The compose file: it is one that Compose reads, and its services work together when they are started here, in its order, with its commands and environment."""

from __future__ import annotations

import contextlib
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from tests.cluster.journey import a_site
from tests.support.archive_home import ROOT, Home
from tests.support.opensearch.nodes import Nodes, free_ports
from tests.support.postgres_server import PASSWORD, USER, PostgresServer
from tests.support.site_server import serving

pytest.importorskip("procrastinate", reason="the extra workers is not installed")
FILE = ROOT / "docs/deploy/cluster.yaml"
COMPOSE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
OURS = ("clock", "worker", "room")
_KEYS = {
    "image", "build", "environment", "init", "restart", "stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt", "volumes", "depends_on",
    "healthcheck", "command", "ports",
}  # fmt: skip


def test_every_key_is_one_of_compose_and_every_name_exists() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert service.keys() <= _KEYS, name
        assert {"image", "restart"} <= service.keys(), name
        assert set(service.get("depends_on", {})) <= services.keys(), name
        assert all(services[other]["healthcheck"]["test"][0] == "CMD" for other in service.get("depends_on", {})), name
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= COMPOSE["volumes"].keys(), name
    assert (FILE.parent / services["room"]["build"]["dockerfile"].rsplit("/", 1)[1]).is_file()


def environment_here(server: PostgresServer, database: str, nodes: Nodes) -> dict[str, str]:
    """The environment of the file's services, its hosts being the servers of this machine."""
    here = {
        "archivist:${DATABASE_PASSWORD:?}@database/notices": f"{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/{database}",
        "//search:9200/notices?shards=3": f"//127.0.0.1:{nodes.nodes[0].port}/{database.replace('_', '-')}?shards=3",
    }
    told = {}
    for name, value in COMPOSE["services"]["worker"]["environment"].items():
        told[name] = reduce(lambda so_far, names: so_far.replace(*names), here.items(), value)
        assert told[name] != value, name
    return told


@contextlib.contextmanager
def started(home: Home, service: str, *more: str) -> Iterator[None]:
    """A service's process with its command; ended as Compose ends it."""
    with (home.path.parent / f"{service}.log").open("ab") as log:
        command = home.command(*COMPOSE["services"][service]["command"], *more)
        with subprocess.Popen(command, env=home.environment, cwd=ROOT, stdout=log, stderr=log) as process:
            try:
                yield
            finally:
                process.terminate()
                assert process.wait(60) == 0


def test_services_work_together(server: PostgresServer, nodes: Nodes, empty_database: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.environment |= environment_here(server, empty_database.rsplit("/", 1)[1], nodes)
    (port,) = free_ports(1)
    with serving(a_site()) as site, contextlib.ExitStack() as running:
        home.source(site.base)
        for service in OURS:
            running.enter_context(started(home, service, *(("--port", str(port)) if service == "room" else ())))
        until = time.monotonic() + 120
        while "第2号水库" not in page(port):
            logs = {file.name: file.read_text(encoding="utf-8")[-2000:] for file in tmp_path.glob("*.log")}
            assert time.monotonic() < until, logs
            time.sleep(0.5)
    home.run("verify", "--no-progress")


def page(port: int) -> str:
    """What a reader who searches sees; nothing as long as nobody answers."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/search?q={quote('水库')}", timeout=10) as found:
        return str(found.read().decode())
    return ""
