"""The hostile site of private_net with its addresses in other places: `python -m tests.support.faults.scripted_net HOME`, as root.

JSON lists, units that a page's scripts would load, base elements, pages that refresh elsewhere, files that redirect.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.support.faults import private_net as net

WAYS = 5
_UNITS = 5  # so many units of a page are asked for
_QUERY = "{'pageId':'p','tagId':'当前栏目list'}"


def columns() -> str:
    """The columns of the source file: the JSON list, one page for each base element, one for each handful of units."""
    count = len(net.offered())
    paths = ["list.json", *(f"base/{n}.html" for n in range(count)), *(f"units/{n}.html" for n in range(0, count, _UNITS))]
    return "".join(f'[[columns]]\nname = "栏目{n}"\nurl = "http://public.example/{path}"\n' for n, path in enumerate(paths))


def page(path: str) -> tuple[int, dict[str, str], bytes]:
    """The answer to a path."""
    addresses = net.offered()
    kind, _, name = path.strip("/").partition("/")
    n = int(name.partition(".")[0]) if name.partition(".")[0].isdigit() else 0
    if kind == "list.json":
        rows = [
            {"title": f"某市关于第{n}号河段的通知", "url": a.replace("x.pdf", "x.html"), "date": "2026-10-01"}
            for n, a in enumerate(addresses)
        ]
        return 200, {"Content-Type": "application/json"}, json.dumps({"data": rows, "totalPage": 3}).encode()
    if kind == "list.html":
        return 200, {}, _html("".join(net.entry(f"/{way}/{n}.html", n) for way in ("m", "n") for n in range(len(addresses))))
    if kind == "base":
        return 200, {}, _html("".join(net.entry(f"e{each}.html", each) for each in range(3)), f'<base href="{addresses[n]}">')
    if kind == "units":
        scripts = (f'<script url="{a}/front/page/build/unit" queryData="{_QUERY}"></script>' for a in addresses[n : n + _UNITS])
        return 200, {}, _html("".join(scripts))
    if kind == "m":
        return 200, {}, _html("正在跳转", f'<meta http-equiv="refresh" content="0;url={addresses[n]}">')
    if kind == "n":
        return 200, {}, net.notice(n, f"/f/{n}.pdf")
    if kind == "f":
        return 302, {"Location": addresses[n].encode("utf-8").decode("latin-1")}, b""
    return 404, {}, b"not here"


def _html(body: str, head: str = "") -> bytes:
    return f"<html><head><title>通知</title>{head}</head><body><ul>{body}</ul></body></html>".encode()


if __name__ == "__main__":
    net.HostileSite.page = staticmethod(page)
    sys.exit(net.main(Path(sys.argv[1]), (sys.argv[2] if len(sys.argv) > 2 else "") + "\n" + columns()))
