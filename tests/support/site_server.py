"""A programmable site on loopback for tests: pages by path, every request counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """The pages of a site; a page is bytes (200, HTML), a Page, or a function of the count of requests so far."""

    pages: dict[str, bytes | Page | Callable[[int], Page]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    tags: dict[str, str] = field(default_factory=dict)  # ETags by path: who names the tag in a request gets 304
    unsent: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)  # bytes by path, of the answers that `breaking` writes
    base: str = ""
    agents: set[str] = field(default_factory=set)
    at_once: int = 0
    most_at_once: int = 0

    def answer(self, path: str) -> Page:
        """What the server sends for a path."""
        page = self.pages.get(path, (404, {}, b"not found"))
        self.requests[path] += 1
        if callable(page):
            page = page(self.requests[path] - 1)
        return (200, {"Content-Type": "text/html; charset=utf-8"}, page) if isinstance(page, bytes) else page

    def tagged(self, path: str, known: str | None) -> Page:
        """The answer with the path's ETag, or 304 when the request names it."""
        if path not in self.tags:
            return self.answer(path)
        if known == self.tags[path]:
            self.requests[path] += 1
            self.unsent[path] += 1
            return 304, {"ETag": known}, b""
        status, headers, body = self.answer(path)
        return status, {**headers, "ETag": self.tags[path]}, body


@contextmanager
def running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server on loopback with this handler."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve the site on a free port of 127.0.0.1; site.base is its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.agents.add(self.headers.get("User-Agent", ""))
            site.at_once += 1
            site.most_at_once = max(site.most_at_once, site.at_once)
            status, headers, body = site.tagged(self.path, self.headers.get("If-None-Match"))
            site.at_once -= 1
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self.path = f"POST {self.path} {form}"
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    with running(Handler) as site.base:
        yield site


def small_site(notices: int = 6, per_page: int = 3) -> Site:
    """A site of one column /tzgg/ with static paging and plain notices, newest first."""
    site = Site()
    pages = -(-notices // per_page)
    for page in range(pages):
        numbers = range(notices - page * per_page, max(notices - (page + 1) * per_page, 0), -1)
        site.pages[_list_path(page)] = list_page(list(numbers), page, pages)
        if page == 0:
            site.pages["/tzgg/"] = site.pages[_list_path(page)]
    for n in range(1, notices + 1):
        site.pages[notice_path(n)] = notice_page(n)
    return site


def _list_path(page: int) -> str:
    return "/tzgg/index.html" if page == 0 else f"/tzgg/index_{page}.html"


def notice_path(n: int) -> str:
    """The path of notice n."""
    return f"/tzgg/202610/t202610{n % 28 + 1:02d}_{1000 + n}.html"


def list_page(numbers: list[int], page: int, pages: int) -> bytes:
    """A list page in the manner of TRS."""
    lines = "".join(
        f'<li><a href="./202610/t202610{n % 28 + 1:02d}_{1000 + n}.html" title="{title(n)}">{title(n)}</a><span>2026-10-{n % 28 + 1:02d}</span></li>'
        for n in numbers
    )
    body = f'<html><head><title>通知公告</title></head><body><div class="list"><ul>{lines}</ul></div>'
    return (body + f'<script>createPageHTML({pages}, {page}, "index", "html");</script></body></html>').encode()


def title(n: int) -> str:
    """The title of notice n."""
    return f"临杉市人民政府关于第{n}号河段防汛工作的通知"


def notice_page(n: int, extra: str = "") -> bytes:
    """The page of notice n."""
    day = n % 28 + 1
    text = f"各县区人民政府：<p>第{n}号河段的堤防巡查工作已经开始，请各单位于汛期前完成编号为甲{n:04d}的检查，并将结果报送市防汛办公室。{extra}</p>"
    return f"""<html><head><title>{title(n)}_临杉市人民政府</title><meta name="ArticleTitle" content="{title(n)}">
<meta name="PubDate" content="2026-10-{day:02d} 09:00"><meta name="ContentSource" content="临杉市人民政府"></head><body>
<div class="nav"><a href="/">首页</a></div><h1>{title(n)}</h1><div class="TRS_Editor"><p>临政发〔2026〕{n}号</p>{text}
<p>特此通知。</p><p>临杉市人民政府</p><p>2026年10月{day}日</p></div></body></html>""".encode()
