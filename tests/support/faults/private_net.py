"""A network of the test's own, in which private addresses answer: `python -m tests.support.faults.private_net HOME`, as root.

A namespace with one interface that holds a public address, private ones and loopback; a name server that answers as a hostile one would;
one web server on all addresses that notes on which of them it was reached. Then a crawl of http://public.example/. Prints a JSON object:
how many addresses were offered, connections by address, and the crawl's exit code.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PUBLIC = "11.22.33.44"
HELD = [PUBLIC, "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1"]
HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "１２７.0.0.1", "①②⑦.0.0.1", "127.0.0.1.",
    "0.0.0.0", "0", "localhost", "x.localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1",
    "a@127.0.0.1", "public.example@127.0.0.1", "public.example\\@127.0.0.1", "public.example#@127.0.0.1",
]  # fmt: skip
NAMED = [
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "fe80::1",
    "fc00::1",
]
SCHEMES = [
    "file:///etc/passwd",
    "ftp://127.0.0.1/x.pdf",
    "gopher://127.0.0.1/x.pdf",
    "data:application/pdf,x",
    "javascript:alert(1)",
    "//127.0.0.1/x.pdf",
]
_CLONE_NEWNET, _CLONE_NEWNS, _MS_REC_PRIVATE, _MS_BIND = 0x40000000, 0x20000, 0x44000, 0x1000

reached: Counter[str] = Counter()
asked: Counter[str] = Counter()


def offered() -> list[str]:
    """Every address that the hostile site offers."""
    names = [f"private{n}.example" for n in range(len(NAMED))]
    return [f"http://{host}/x.pdf" for host in [*HOSTS, *names, "rebind.example", "mixed.example"]] + SCHEMES


def main(home: Path, more: str = "") -> int:
    """Set the network up, crawl, print what was reached."""
    _own_network()
    threading.Thread(target=_Names(("127.0.0.1", 53), _Answer).serve_forever, daemon=True).start()
    for family in (socket.AF_INET, socket.AF_INET6):
        threading.Thread(target=_web(family).serve_forever, daemon=True).start()
    _source(home, more)
    command = [sys.executable, "-m", "cli.main", "crawl", "hostile"]
    done = subprocess.run(command, env=os.environ | {"NOTICES_HOME": str(home)}, capture_output=True, text=True, timeout=600, check=False)
    answer = {
        "offered": len(offered()),
        "ways": 4,
        "reached": reached,
        "asked": len(asked),
        "code": done.returncode,
        "said": done.stderr[-2000:],
    }
    print(json.dumps(answer))
    return 0


def _own_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET | _CLONE_NEWNS) or libc.mount(b"none", b"/", None, _MS_REC_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "no namespaces here")
    for name, text in (("resolv.conf", "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n"), ("hosts", "127.0.0.1 localhost\n")):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(text)
        if libc.mount(file.name.encode(), f"/etc/{name}".encode(), None, _MS_BIND, None):
            raise OSError(ctypes.get_errno(), f"cannot lay a file over /etc/{name}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        _up(control, "lo")
        for n, address in enumerate(HELD):
            _set_address(control, f"lo:{n}", address)


def _set_address(control: socket.socket, interface: str, address: str) -> None:
    value = struct.pack("16sHH4s8x", interface.encode(), socket.AF_INET, 0, socket.inet_aton(address))
    fcntl.ioctl(control, 0x8916, value)  # SIOCSIFADDR
    _up(control, interface)


def _up(control: socket.socket, interface: str) -> None:
    fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", interface.encode(), 1 | 64))  # SIOCSIFFLAGS: up, running


def _source(home: Path, more: str) -> None:
    folder = home / "sources"
    folder.mkdir(parents=True)
    (folder / "hostile.toml").write_text(
        'name = "hostile"\nsite = "某市"\npublisher = "某市"\nregion = "990100"\nenabled = true\nwritten = 2026-11-23\nschedule = "0 * * * *"\n'
        f'delay = 0.01\n{more}\n[[columns]]\nname = "通知"\nurl = "http://public.example/list.html"\n',
        encoding="utf-8",
    )


class _Names(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _Answer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        query, reply_to = self.request
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1").lower())
            at += query[at] + 1
        question, wanted = query[12 : at + 5], int.from_bytes(query[at + 1 : at + 3], "big")
        kind = {1: socket.AF_INET, 28: socket.AF_INET6}.get(wanted)
        found = [a for a in _addresses(".".join(labels)) if kind and (":" in a) == (kind == socket.AF_INET6)]
        records = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", wanted, 1, 0, 4 if wanted == 1 else 16) + socket.inet_pton(kind, a) for a in found if kind
        )
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0)
        reply_to.sendto(head + question + records, self.client_address)


def _addresses(name: str) -> list[str]:
    asked[name] += 1
    if name.startswith("private"):
        return [NAMED[int(name.removeprefix("private").split(".")[0])]]
    if name == "rebind.example":
        return [PUBLIC] if asked[name] <= 2 else ["127.0.0.1"]
    return {"public.example": [PUBLIC], "mixed.example": ["127.0.0.1", PUBLIC, "10.0.0.1"]}.get(name, [])


def _web(family: socket.AddressFamily) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        address_family = family
        daemon_threads = True

        def server_bind(self) -> None:
            if family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            super().server_bind()

    return Server(("::" if family == socket.AF_INET6 else "0.0.0.0", 80), HostileSite)


def page(path: str) -> tuple[int, dict[str, str], bytes]:
    """Offers every address in four ways: as an entry, as a redirect, as an attachment, as the next list page."""
    addresses = offered()
    if path == "/list.html":
        own = "".join(entry(f"/r/{n}.html", n) + entry(f"/a/{n}.html", n + 500) for n in range(len(addresses)))
        others = "".join(entry(a.replace("x.pdf", "x.html"), n + 900) for n, a in enumerate(addresses))
        following = "".join(f'<a href="{a}">下一页</a>' for a in addresses)
        return 200, {}, f"<html><head><title>通知</title></head><body><ul>{own}{others}</ul>{following}</body></html>".encode()
    kind, _, name = path.strip("/").partition("/")
    if kind == "r" and name.removesuffix(".html").isdigit():
        return 302, {"Location": addresses[int(name.removesuffix(".html"))].encode("utf-8").decode("latin-1")}, b""
    if kind == "a" and name.removesuffix(".html").isdigit():
        return 200, {}, notice(int(name.removesuffix(".html")), addresses[int(name.removesuffix(".html"))])
    return 404, {}, b"not here"


class HostileSite(BaseHTTPRequestHandler):
    """Answers with `page`."""

    page = staticmethod(page)

    def do_GET(self) -> None:
        reached[self.connection.getsockname()[0]] += 1
        status, headers, body = self.page(self.path)
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


def entry(url: str, n: int) -> str:
    return f'<li><a href="{url}">某市人民政府关于第{n}号河段防汛工作的通知</a><span>2026-10-{n % 28 + 1:02d}</span></li>'


def notice(n: int, url: str) -> bytes:
    title = f"某市人民政府关于第{n + 500}号河段防汛工作的通知"
    text = f'<p>第{n}号河段的堤防巡查工作已经开始，请各单位于汛期前完成检查，并将结果报送市防汛办公室。</p><p>附件：<a href="{url}">附件一名单.pdf</a></p>'
    body = f"<h1>{title}</h1><div class='TRS_Editor'>{text}<p>某市人民政府</p><p>2026年10月1日</p></div>"
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
