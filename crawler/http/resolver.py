"""Name resolution that hands out public addresses only: the check is made on the very address a connection will use."""

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
    """Scrapy's caching resolver, public addresses only. No window is left between check and use: the connection is
    made to the address that was checked."""

    def resolveHostName(self, resolutionReceiver: Any, hostName: str, *args: Any, **kwargs: Any) -> Any:
        """Hand the receiver the public addresses of a name."""
        public: Any = _PublicOnly(resolutionReceiver)
        return super().resolveHostName(public, hostName, *args, **kwargs)
