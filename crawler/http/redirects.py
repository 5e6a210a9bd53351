"""Redirects, of the answer's status or by the page itself, followed within the site only."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.http.guard import Refused, on_own_site
from notices.capture import REDIRECTS
from notices.page_moves import moved_to


class OwnSiteRedirect(RedirectMiddleware):
    """Follows redirects within the site; a redirect to another site or scheme is refused with its chain."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or the request to follow it.

        Raises Refused, or IgnoreRequest for a redirect that may lead somewhere else in a later run.
        """
        chain = " -> ".join([*request.meta.get("redirect_urls", []), request.url])
        to = (response.headers.get("Location") or b"").decode("latin-1")[:500]
        try:
            result = super().process_response(request, response)
            if result is response and response.status == 200 and "kind" in request.meta:  # not robots.txt
                result = self._by_page(request, response)
        except (ValueError, IgnoreRequest) as error:
            raise IgnoreRequest(f"{error}: {chain} -> {to}") from error
        if isinstance(result, Request) and not on_own_site(result.url, self.crawler):
            raise Refused(f"redirect to another site: {chain} -> {result.url}")
        if result is response and to and response.status in REDIRECTS:
            raise Refused(f"redirect that is not followed: {chain} -> {to}")
        return result

    def _by_page(self, request: Request, response: Response) -> Request | Response:
        """The request for the address that a page leads to; the page itself when it leads nowhere, or where it came from."""
        content_type, refresh = ((response.headers.get(name) or b"").decode("latin-1") for name in ("Content-Type", "Refresh"))
        to = moved_to(response.body, response.url, content_type, refresh)
        if to is None or to in (request.url, *request.meta.get("redirect_urls", [])):
            return response
        return self._redirect(self._build_redirect_request(request, response, url=to), request, "page")
