"""Cookies as a browser bounds them; whose they may be is told by the list of public suffixes that came with the program."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookiejar import Cookie
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.http.cookies import CookieJar

from notices.urls import same_site

MOST, LONGEST = 50, 4096
"""Cookies of a run, and bytes of one: RFC 6265 §6.1 asks for as many of a domain. Sites of notices set up to five (a session, a balancer, a WAF)."""
MOST_BYTES = 8192
"""Of all cookies together: servers refuse longer headers, and the site would close itself with its own cookies."""


class Cookies:
    """Downloader middleware in the place of Scrapy's, which keeps every cookie, and whose list of public suffixes loads two HTTP clients."""

    def __init__(self) -> None:
        self.jar = CookieJar()

    def process_request(self, request: Request) -> None:
        """Give the request the cookies that its address may have; a redirect brings those of the address before."""
        request.headers.pop("Cookie", None)
        if len(self.jar):
            self.jar.add_cookie_header(request)

    def process_response(self, request: Request, response: Response) -> Response:
        """The response; its cookies are kept."""
        if "Set-Cookie" in response.headers:
            self._keep(self.jar.make_cookies(response, request), request)
        return response

    def _keep(self, cookies: Iterable[Cookie], request: Request) -> None:
        host = (urlsplit(request.url).hostname or "").lower()
        kept = {(each.domain, each.path, each.name): _size(each) for each in self.jar}
        for cookie in cookies:
            domain = cookie.domain.removeprefix(".")
            if domain and domain != host and not same_site(domain, host):
                continue
            key, size = (cookie.domain, cookie.path, cookie.name), _size(cookie)
            others = sum(length for each, length in kept.items() if each != key)
            if size > LONGEST or others + size > MOST_BYTES or (key not in kept and len(kept) >= MOST):
                continue
            self.jar.set_cookie_if_ok(cookie, request)
            kept[key] = size


def _size(cookie: Cookie) -> int:
    return len(cookie.name) + len(cookie.value or "") + len(cookie.path) + len(cookie.domain)
