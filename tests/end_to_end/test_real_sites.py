"""Five mirrored sites, served on loopback: every notice in their lists is archived once, a second run fetches lists only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from tests.support.archive_home import Home

# What a notice's address looks like on each site, and the part of a list page that is its list.
DETAIL = {
    "cqdd_all": r"/info/\d+/\d+\.html$",
    "daozhen": r"/\d{6}/t\d{8}_\d+\.html$",
    "gdqb": r"/content/post_\d+\.html$",
    "gdstc": r"/content/post_\d+\.html$",
    "szggzy": r"/\d{8}/[0-9a-f-]{20,40}\.html$",
}

LARGE = ("gdqb", "szggzy")  # half of all pages: in make test-long


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Counter[str]]]:
    """A folder on loopback, its requests counted."""
    requests: Counter[str] = Counter()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            requests[self.path] += 1
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def listed_on(folder: Path, site: str, lists: set[str]) -> set[str]:
    """Addresses of notices that the list pages link to with a date beside, found without our own parser."""
    found = set()
    for path in lists:
        text = (folder / unquote(path).lstrip("/")).read_bytes().decode("utf-8", "replace")
        for item in re.findall(r"<(?:li|tr|dd|p)\b[^>]*>(.*?)</(?:li|tr|dd|p)>", text, re.S | re.I):
            links = re.findall(r"""<a\b[^>]*?href\s*=\s*["']?([^"'\s>]+)""", item, re.I)
            if len(links) == 1 and re.search(r"20\d\d[-./年]\s?\d{1,2}[-./月]\s?\d{1,2}", re.sub(r"<a\b.*?</a>", "", item, flags=re.S)):
                target = urlsplit(urljoin(path, links[0])).path
                if re.search(DETAIL[site], target) and (folder / unquote(target).lstrip("/")).is_file():
                    found.add(target)
    return found


@pytest.mark.shared
@pytest.mark.parametrize("site", [pytest.param(site, marks=pytest.mark.long) if site in LARGE else site for site in sorted(DETAIL)])
def test_site_is_archived_whole_and_once(site: str, shared: Path, tmp_path: Path) -> None:
    folder, home = shared / "data/sites" / site, Home(tmp_path / "home")
    with served(folder) as (base, requests):
        text = (Path(__file__).parent / "sites" / f"{site}.toml").read_text(encoding="utf-8")
        (home.path / "sources").mkdir(parents=True)
        (home.path / "sources" / f"{site.replace('_', '-')}.toml").write_text(text.replace("{base}", base), encoding="utf-8")
        home.run("crawl", timeout=400, check=None)
        first = requests.copy()
        archived = Counter(urlsplit(url).path for (url,) in home.rows("select url from notice"))
        lists = {urlsplit(url).path for (url,) in home.rows("select url from snapshot where kind = 'list' and status = 200")}
        home.run("crawl", timeout=400, check=None)
        again = {path for path in requests - first if path != "/robots.txt"}
    wanted = listed_on(folder, site, lists)
    assert len(wanted) >= 10
    blocked = {urlsplit(url).path for (url,) in home.rows("select url from listing where state = 'blocked'")}
    assert wanted - set(archived) <= blocked
    assert len(blocked & wanted) <= len(wanted) * 0.02
    assert set(archived.values()) == {1}
    assert all(first[path] == 1 for path in wanted)
    assert not again & set(archived)
