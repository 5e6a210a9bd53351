"""Cookies are bounded, belong to the site that set them, and send nobody to the network."""

from __future__ import annotations

import socket
from http.cookies import SimpleCookie

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.http.cookies import LONGEST, MOST, MOST_BYTES, Cookies


def header_after(*pages: list[str], url: str = "http://www.a.gov.cn/") -> str:
    """The Cookie header of a further request to the site, after pages that set these cookies."""
    cookies = Cookies()
    for page in pages:
        cookies.process_response(Request(url), Response(url, headers={"Set-Cookie": page}))
    request = Request("http://www.a.gov.cn/next")
    cookies.process_request(request)
    return (request.headers.get("Cookie") or b"").decode()


def names(header: str) -> set[str]:
    return set(SimpleCookie(header))


def test_session_is_kept_and_replaced() -> None:
    assert header_after(["s=1; Path=/"], ["s=2; Path=/", "b=3"]) in ("s=2; b=3", "b=3; s=2")


def test_flood_of_cookies_stays_within_bounds() -> None:
    pages = [[f"n{page}_{n}={'x' * 500}" for n in range(200)] for page in range(29)]
    assert len(header_after(*pages)) <= MOST_BYTES
    assert len(names(header_after(*[[f"n{page}_{n}=1" for n in range(200)] for page in range(3)]))) == MOST
    assert header_after([f"n={'x' * LONGEST}"]) == ""


def test_session_is_renewed_after_a_flood() -> None:
    header = header_after(["s=1"], [f"n{n}=1" for n in range(200)], ["s=2"])
    assert SimpleCookie(header)["s"].value == "2"


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [("s=1; Domain=gov.cn", False), ("s=1; Domain=b.gov.cn", False), ("s=1; Domain=a.gov.cn", True), ("s=1; Domain=com", False)],
)
def test_cookie_for_other_sites_is_dropped(cookie: str, kept: bool) -> None:
    assert bool(header_after([cookie])) is kept


def test_nothing_is_looked_up_in_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a cookie must not make a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert header_after(["s=1; Domain=a.gov.cn"]) == "s=1"
