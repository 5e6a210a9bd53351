"""The program's processes, forked from one that has imported it: a hundred times the same command costs no hundred imports.

Each command runs as it does on the command line, in a session of its own with the given environment; where it starts a worker
through sys.executable, that is forked here too.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[4]
_LATER = (
    *(
        "cli.verbs.collect.crawl",
        "operations.crawl_many",
        "operations.indexing",
        "cli.verbs.operate.status",
        "crawler.http.guard",
        "crawler.http.redirects",
        "crawler.http.retries",
        "crawler.http.robots",
        "crawler.spiders.notices",
    ),
    *("index.whoosh.engine", "pipeline.scrapy_steps", "scrapy.core.engine", "scrapy.core.downloader.handlers.http11"),
    *(
        "aiohttp",
        "alembic.command",
        "apscheduler.triggers.cron",
        "concurrent.futures.thread",
        "crawler.http.complete_body",
        "index.meaning.aliases",
    ),
    *("index.whoosh.writer", "protego", "scrapy.dupefilters", "scrapy.logformatter", "scrapy.pqueues", "scrapy.resolver"),
    *("scrapy.robotstxt", "scrapy.squeues", "scrapy.statscollectors", "sqlalchemy.dialects.sqlite"),
)
_SERVED = ("cli.main", "operations.crawl_run")  # any other module, such as the one that reads attachments, is started by Python itself
_CLIENT = """#!{python} -IS
import os, sys
words = sys.argv[1:]
if words[:1] == ["-P"]:
    del words[0]
if words[:1] != ["-m"] or words[1] not in {served!r}:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
import json, socket
with socket.socket(socket.AF_UNIX) as line:
    line.connect({address!r})
    socket.send_fds(line, [json.dumps([words[1:], dict(os.environ)]).encode()], [0, 1, 2])
    sys.exit(int(line.recv(9) or 137))
"""


class Served:
    """A running server; `run` gives exit code, stdout and stderr of a command, `start` what is to be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.client = folder, folder / "python"

    def run(self, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """`notices WORDS` in that environment, forked."""
        command = [str(self.client), "-m", "cli.main", *words]
        return subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)

    def start(self, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """The same without waiting; it says nothing, and those who outlive it keep nobody waiting."""
        command, quiet = [str(self.client), "-m", "cli.main", *words], subprocess.DEVNULL
        return subprocess.Popen(command, env=dict(environment), cwd=ROOT, stdin=quiet, stdout=quiet, stderr=quiet)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The server with its client, a stand-in for sys.executable."""
    folder.mkdir(parents=True)
    address = str(folder / "socket")
    client = folder / "python"
    client.write_text(_CLIENT.format(python=sys.executable, address=address, served=_SERVED), encoding="utf-8")
    client.chmod(0o755)
    command = [sys.executable, "-m", "tests.support.faults.inject.server", address, str(client)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as server:
        try:
            while not os.path.exists(address):
                if server.poll() is not None:
                    raise RuntimeError(f"the server ended with {server.returncode}")
                time.sleep(0.05)
            yield Served(folder)
        finally:
            server.kill()


def main() -> None:
    """Import the program behind the wraps and fork it for every caller."""
    address, client = sys.argv[1:]
    os.environ.update(FAULT="off", FAULT_HOME="/nowhere", FAULT_LOG="/nowhere")
    from tests.support.faults.inject.hooks import arm

    fault, mains = arm(), _imported()
    line = _called(address)
    data, descriptors, _flags, _address = socket.recv_fds(line, 1 << 20, 3)
    (module, *words), environment = json.loads(data)
    _wait_for_child(line)
    _become(environment, descriptors, client, [module, *words])
    fault.begin(environment, "worker" if module == "operations.crawl_run" else "main")
    os.environ["FAULT_PARENT"] = str(os.getpid())  # a worker that is forked here is no child of this process
    _leave(mains[module](words))


def _called(address: str) -> socket.socket:
    """Listen as long as the parent lives; return in a new process for each caller."""
    gc.collect()
    gc.freeze()  # else each child's first collection would copy all memory
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{address}.new")
        listener.listen(64)
        os.rename(f"{address}.new", address)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        listener.settimeout(1.0)
        parent = os.getppid()
        while os.getppid() == parent:  # whoever started this may be killed
            try:
                line, _ = listener.accept()
            except TimeoutError:
                continue
            line.setblocking(True)
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return line
            line.close()
    sys.exit(0)


def _wait_for_child(line: socket.socket) -> None:
    """Go on in a further process; this one waits for it and tells the caller its exit code."""
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        line.send(str(code if code >= 0 else 128 - code).encode())
        os._exit(0)
    line.close()


def _leave(code: int) -> NoReturn:
    """End as the interpreter does, but for freeing what was imported, which would take longer than most commands."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _imported() -> dict[str, Callable[[list[str]], int]]:
    """The entry points, everything that they import later already in memory."""
    for name in _LATER:
        importlib.import_module(name)
    from scrapy.settings import default_settings
    from scrapy.utils.misc import load_object
    from sqlalchemy.orm import configure_mappers

    configure_mappers()
    parts = (each for name, value in vars(default_settings).items() if name.endswith("_BASE") and isinstance(value, dict) for each in value)
    for part in parts:
        load_object(part) if part.startswith("scrapy.") else None
    return {name: importlib.import_module(name).main for name in _SERVED}


def _become(environment: dict[str, str], descriptors: list[int], client: str, argv: list[str]) -> None:
    """A process of its own: files, environment and random numbers of its own."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # Streams of their own: the server's would keep what they know of its descriptors, such as that a file can be sought in.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    sys.executable, sys.argv = client, argv
    random.seed()


if __name__ == "__main__":
    main()
