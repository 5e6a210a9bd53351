"""Redirects, followed within the site only."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.http.guard import Refused, on_own_site

_REDIRECTS = (301, 302, 303, 307, 308)


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
        except (ValueError, IgnoreRequest) as error:
            raise IgnoreRequest(f"{error}: {chain} -> {to}") from error
        if isinstance(result, Request) and not on_own_site(result.url, self.crawler):
            raise Refused(f"redirect to another site: {chain} -> {result.url}")
        if result is response and to and response.status in _REDIRECTS:
            raise Refused(f"redirect that is not followed: {chain} -> {to}")
        return result
