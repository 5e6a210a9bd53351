"""Name resolution that returns public addresses only: the check is made on the very address that the connection uses."""

from __future__ import annotations

from typing import Any

from scrapy.resolver import CachingHostnameResolver
from twisted.internet.interfaces import IResolutionReceiver
from zope.interface import implementer

from crawler.http.addresses import is_public


@implementer(IResolutionReceiver)
class _PublicOnly:
    """Passes on public addresses; a name that has none ends as a name that does not resolve."""

    def __init__(self, receiver: Any) -> None:
        self.receiver = receiver

    def resolutionBegan(self, resolution: Any) -> None:
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        if is_public(address.host):
            self.receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self.receiver.resolutionComplete()


class PublicResolver(CachingHostnameResolver):
    """Scrapy's caching resolver without private addresses. Nothing can change between check and use: what was checked is connected to."""

    def resolveHostName(self, resolutionReceiver: Any, hostName: str, *args: Any, **kwargs: Any) -> Any:
        """Give the receiver the public addresses of a name."""
        public: Any = _PublicOnly(resolutionReceiver)
        return super().resolveHostName(public, hostName, *args, **kwargs)
