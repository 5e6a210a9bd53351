"""Replay a WARC series with pywb and compare every page with what the archive holds: `make replay`.

    python tests/replay/replay.py PYWB_BIN_FOLDER [WARC_FOLDER]

pywb lives in a virtual environment of its own: it is a referee, not a part. Without WARC_FOLDER the demo archive is made and replayed.
Exit 0: every page came back byte for byte. Exit 1: it names those that did not.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.capture import Capture
from pipeline.warc.series import read_capture, scan

_MOST = 200  # pages asked for
_READY = 60.0  # seconds that pywb has to start


def main(pywb: Path, series: Path | None) -> int:
    """Exit code of the whole comparison."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        series = series or _demo(work / "home")
        captures = list(_captures(series))[:_MOST]
        _collection(pywb, work, series)
        with _wayback(pywb, work) as port:
            wrong = [c.url for c in captures if not _same(port, c)]
    print(f"{len(captures) - len(wrong)} of {len(captures)} pages replayed byte for byte")
    print("".join(f"differs: {url}\n" for url in wrong), end="", file=sys.stderr)
    return 1 if wrong or not captures else 0


def _demo(home: Path) -> Path:
    command = [Path(sys.executable).parent / "notices", "demo"]
    subprocess.run(command, env=os.environ | {"NOTICES_HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)
    return home / "warc"


def _captures(series: Path) -> Iterator[Capture]:
    """Every successful answer, the payloads of revisits filled in."""
    names = sorted({p.name.removesuffix(".open") for p in series.iterdir() if p.name.endswith((".gz", ".open"))})
    kept: dict[str, tuple[str, int]] = {}
    for name in names:
        for stored, capture in scan(series, name):
            if not stored.revisit:
                kept.setdefault(stored.payload_digest, (stored.warc_file, stored.offset))
            if capture.status == 200 and (capture.body or stored.revisit) and capture.url.startswith("http"):
                yield read_capture(series, stored.warc_file, stored.offset, kept.get)


def _collection(pywb: Path, work: Path, series: Path) -> None:
    files = []
    for path in sorted(series.iterdir()):
        if path.name.endswith((".warc.gz", ".warc.gz.open")):
            files.append(work / path.name.removesuffix(".open"))
            shutil.copy(path, files[-1])
    for arguments in (["init", "notices"], ["add", "notices", *map(str, files)]):
        subprocess.run([pywb / "wb-manager", *arguments], cwd=work, check=True, capture_output=True)


@contextmanager
def _wayback(pywb: Path, work: Path) -> Iterator[int]:
    """A running pywb; its port on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [pywb / "wayback", "--bind", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _READY
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("pywb did not start")


def _same(port: int, capture: Capture) -> bool:
    """Whether pywb gives back the body as archived (id_) and can show the page (mp_)."""
    stamp = capture.fetched_at.strftime("%Y%m%d%H%M%S")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/notices/{stamp}id_/{capture.url}", timeout=30) as answer:
            same = bool(answer.read() == capture.body)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/notices/{stamp}mp_/{capture.url}", timeout=30) as answer:
            return same and answer.status == 200 and bool(answer.read())
    except urllib.error.HTTPError:
        return False


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute() if len(sys.argv) > 2 else None))
