"""How many questions one network may ask: a crawler that follows every combination of filters must not keep readers waiting."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict

# So many a second, and at once. A question of a large archive takes some 40 ms of a core: a network has an eighth of it.
QUESTIONS, PAGES = (3.0, 60.0), (10.0, 200.0)
_MOST = 10_000  # networks that are remembered


class Rates:
    """A bucket of questions for each network (/24 of IPv4, /48 of IPv6), in one process. This machine, where a proxy may be, is not limited."""

    def __init__(self, a_second: float, at_once: float) -> None:
        self._a_second, self._at_once = a_second, at_once
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str, now: float | None = None) -> bool:
        """Whether one more question may be asked; it is counted."""
        network = _network(address)
        if network is None:
            return True
        now = time.monotonic() if now is None else now
        with self._lock:
            left, at = self._buckets.pop(network, (self._at_once, now))
            left = min(left + (now - at) * self._a_second, self._at_once)
            allowed = left >= 1
            self._buckets[network] = left - allowed, now
            while len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        return allowed


def _network(address: str) -> str | None:
    """The network of an address; None for this machine, and for a name."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if found.is_loopback:
        return None
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))
