"""A cluster of OpenSearch nodes, each a process of its own on loopback, from Maven's artifacts: build/opensearch has the class path."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "tests/cluster/opensearch/node"
BUILT = ROOT / "build/opensearch"
_JAVA = 21  # OpenSearch 3 needs it
_HEAP = "512m"


def java_home() -> Path | None:
    """A Java that is new enough: of JAVA_HOME, else of the usual folder, the newest."""
    named = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    found = [(version, home) for home in (*named, *Path("/usr/lib/jvm").glob("*")) if (version := _version(home)) >= _JAVA]
    return max(found)[1] if found else None


def _version(home: Path) -> int:
    if not (home / "bin/javac").is_file():
        return 0
    said = subprocess.run([home / "bin/java", "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', said)
    return int(number[1]) if number else 0


def is_obtainable() -> bool:
    """Whether this machine has Maven and a Java for OpenSearch."""
    return shutil.which("mvn") is not None and java_home() is not None


def build() -> str:
    """Fetch the artifacts and compile the launcher, once; return the class path."""
    home = java_home()
    assert home is not None
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = "".join((SOURCE / name).read_text() for name in ("pom.xml", "OneNode.java", "log4j2.properties"))
        done = BUILT / "done"
        if not done.exists() or done.read_text() != wanted:
            environ = {**os.environ, "JAVA_HOME": str(home)}
            fetch = ["mvn", "-B", "-q", "-f", SOURCE / "pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime"]
            subprocess.run([*fetch, f"-DoutputDirectory={BUILT / 'lib'}"], check=True, env=environ, timeout=900)
            classes = BUILT / "classes"
            compiler = [home / "bin/javac", "-cp", f"{BUILT}/lib/*", "-d", classes, SOURCE / "OneNode.java"]
            subprocess.run(compiler, check=True, timeout=300)
            shutil.copy(SOURCE / "log4j2.properties", classes)
            done.write_text(wanted)
    return f"{BUILT}/classes:{BUILT}/lib/*"


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass
class Node:
    """A node: its folder, its command, and its process while it runs."""

    folder: Path
    command: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; it answers some seconds later."""
        (self.folder / "config").mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the process at once, as a power cut would."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)
            self.process = None

    def pause(self, *, go_on: bool = False) -> None:
        """Stop the process where it is, or let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT if go_on else signal.SIGSTOP)


@dataclass
class Nodes:
    """The nodes of one cluster."""

    folder: Path
    count: int
    nodes: list[Node] = field(default_factory=list)

    def start(self) -> None:
        """Start every node and wait until they are a cluster."""
        home, path = java_home(), build()
        ports = free_ports(2 * self.count)
        inner = ports[self.count :]
        names = [f"n{at}" for at in range(self.count)]
        for at, name in enumerate(names):
            settings = {
                "cluster.name": f"notices-{inner[0]}", "node.name": name, "network.host": "127.0.0.1", "http.port": ports[at],
                "transport.port": inner[at], "transport.type": "netty4", "http.type": "netty4",
                "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for port in inner),
                "cluster.initial_cluster_manager_nodes": ",".join(names),
                "cluster.routing.allocation.disk.threshold_enabled": "false",
            }  # fmt: skip
            flags = [f"-Xms{_HEAP}", f"-Xmx{_HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4", "-cp", path, "OneNode"]
            command = [f"{home}/bin/java", *flags, str(self.folder / name), *(f"{key}={value}" for key, value in settings.items())]
            self.nodes.append(Node(self.folder / name, command, ports[at]))
            self.nodes[-1].start()
        self.wait(self.count)

    @property
    def hosts(self) -> str:
        """The hosts of an address."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def url(self, name: str, *, shards: int = 2, replicas: int | None = None) -> str:
        """The address of an index in this cluster."""
        copies = min(1, self.count - 1) if replicas is None else replicas
        return f"opensearch+http://{self.hosts}/{name}?shards={shards}&replicas={copies}"

    def ask(self, path: str) -> dict[str, object]:
        """What the first node that answers says."""
        error: Exception | None = None
        for node in self.nodes:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{node.port}{path}", timeout=10) as found:
                    answer: dict[str, object] = json.load(found)
                    return answer
            except OSError as raised:
                error = raised
        raise ConnectionError(str(error))

    def wait(self, count: int, *, status: str = "yellow", seconds: float = 180) -> None:
        """Wait until so many nodes are a cluster."""
        until = time.monotonic() + seconds
        while True:
            try:
                found = self.ask(f"/_cluster/health?wait_for_nodes={count}&wait_for_status={status}&timeout=5s")
                if found["number_of_nodes"] == count and not found["timed_out"]:
                    return
            except OSError:
                pass
            if time.monotonic() > until:
                raise TimeoutError("\n".join((node.folder / "log").read_text()[-2000:] for node in self.nodes))
            time.sleep(0.3)

    def stop(self) -> None:
        """End every process."""
        for node in self.nodes:
            node.kill()
