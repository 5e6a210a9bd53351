"""No private address is connected to: as a source's own column, out of JSON and scripts, behind redirects; redirects themselves end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.support.archive_home import ROOT, Home
from tests.support.faults.private_net import HOSTS, PUBLIC, SCHEMES, offered
from tests.support.faults.scripted_net import WAYS
from tests.support.site_server import Page, Site, notice_page, notice_path, serving, small_site

pytestmark = pytest.mark.faults


@contextmanager
def counting_listener() -> Iterator[tuple[int, list[str]]]:
    """A port on loopback, over IPv4 and IPv6 where there is one, and the addresses of all who connected to it."""
    came: list[str] = []
    first = socket.create_server(("127.0.0.1", 0))
    port = first.getsockname()[1]
    listeners = [first]
    try:
        listeners.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    except OSError:
        print("no IPv6 on loopback here")
    for listener in listeners:
        threading.Thread(target=_count, args=(listener, came), daemon=True).start()
    try:
        yield port, came
    finally:
        for listener in listeners:
            listener.close()


def _count(listener: socket.socket, came: list[str]) -> None:
    while True:
        try:
            connection, address = listener.accept()
        except OSError:
            return
        came.append(str(address))
        connection.close()


def numbered(home: Home, port: int, more: str) -> int:
    """Write a source whose columns are all the hosts in disguise; return how many."""
    hosts = [host for host in HOSTS if not any(c in host for c in "@\\#")]
    path = home.source("http://127.0.0.1:1")
    head = path.read_text(encoding="utf-8").replace("allow_private = true", more).partition("[[columns]]")[0]
    columns = (f'[[columns]]\nname = "栏{n}"\nurl = "http://{host}:{port}/x{n}.html"\n' for n, host in enumerate(hosts))
    path.write_text(head + "".join(columns), encoding="utf-8")
    return len(hosts)


def test_addresses_in_a_source_file_are_connected_to_only_where_it_allows_private_ones(tmp_path: Path, figure: Figure) -> None:
    with counting_listener() as (port, came):
        home = Home(tmp_path / "home")
        home.environment |= {"NOTICES_REQUEST_TIMEOUT": "0.5"}
        offered_here = numbered(home, port, "")
        said = home.run("crawl", "linshan", check=3).stderr
        figure("a source's own columns at private addresses", offered_here, f"connections {len(came)}")
        assert came == []
        assert "private address" in said
        numbered(home, port, "allow_private = true")
        home.run("crawl", "linshan", check=3, timeout=600)
        print(f"the same where allow_private = true: connections {len(came)}")
        assert len(came) >= 5


@pytest.mark.parametrize("url", SCHEMES[:5])
def test_other_schemes_are_refused_in_a_source_file(tmp_path: Path, url: str) -> None:
    home = Home(tmp_path / "home")
    path = home.source("http://127.0.0.1:1")
    path.write_text(path.read_text(encoding="utf-8").replace("http://127.0.0.1:1/tzgg/", url), encoding="utf-8")
    assert url in home.run("crawl", "linshan", check=2).stderr


def test_json_scripts_bases_refreshes_and_file_redirects_lead_to_no_private_address(tmp_path: Path, figure: Figure) -> None:
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    command = [sys.executable, "-m", "tests.support.faults.scripted_net", str(tmp_path / "home")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False, env=environment)
    if "no namespaces here" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    private = {address: n for address, n in answer["reached"].items() if address != PUBLIC}
    figure(
        f"private addresses out of JSON, scripts, bases, refreshes and file redirects, {len(offered())} in {WAYS} ways",
        len(offered()) * WAYS,
        f"connections to private addresses {sum(private.values())}, to the public one {answer['reached'].get(PUBLIC)}",
    )
    assert answer["reached"][PUBLIC] > 3 * len(offered()), answer  # base pages, refreshing pages, notices, redirecting files
    assert private == {}


def leading_pages(site: Site, other: Site) -> dict[str, Page]:
    """Redirects that a crawl of `site` must not follow to their end."""
    away = other.base.replace("127.0.0.1", "localhost")
    found = {url: _to(url) for url in (*SCHEMES[:5], "//localhost:9/x.html", f"{away}/x.html", "http://", "http://[", "http:// /", "")}
    site.pages |= {f"/hop/{n}": _to(f"/hop/{n + 1}") for n in range(50)} | {"/hop/50": (200, {}, notice_page(1))}
    site.pages |= {"/a": _to("/b"), "/b": _to("/a"), "/self": _to("/self"), "/away": _to(f"{away}/x.html")}
    return found | {"50 hops": _to("/hop/0"), "a loop": _to("/a"), "itself": _to("/self"), "away at the second": _to("/away")}


def _to(url: str) -> Page:
    return 302, {"Location": url}, b""


def test_redirects_that_loop_go_on_or_lead_away_end_refused_and_bounded(tmp_path: Path, figure: Figure) -> None:
    home, other = Home(tmp_path / "home"), Site({"/x.html": notice_page(9)})
    site = small_site(20, per_page=20)
    with serving(other), serving(site):
        pages = leading_pages(site, other)
        for n, page in enumerate(pages.values(), 1):
            site.pages[notice_path(n)] = page
        home.source(site.base)
        home.run("crawl", "linshan", check=None)
        hops = sum(n for path, n in site.requests.items() if path.startswith("/hop/"))
    urls = {f"{site.base}{notice_path(n)}": name for n, name in enumerate(pages, 1)}
    ends = {urls[url]: f"{state}: {reason}" for url, state, reason in home.rows("select url, state, reason from listing") if url in urls}
    stored = sum(end.startswith("stored") for end in ends.values())
    figure(
        "redirects that loop, go on or lead away",
        len(pages),
        f"stored {stored}, hops of 50 followed {hops}, connections to the other site {other.requests.total()}",
    )
    print("\n".join(f"  {name}: {end}" for name, end in ends.items()))
    assert {name for name, end in ends.items() if end.startswith(("stored", "pending"))} == set()
    assert other.requests.total() == 0
    assert hops <= 6
    assert max(site.requests["/a"], site.requests["/b"], site.requests["/self"]) <= 6
    assert {name for name, end in ends.items() if " -> " not in end} == set()  # each with its chain
    assert home.rows("select count(*) from notice") == [(20 - len(pages),)]
