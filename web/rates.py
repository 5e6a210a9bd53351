"""How many questions one network may ask, and how many of its answers are made at once: a crawler must not keep readers waiting."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from anyio import CapacityLimiter
from starlette.types import Scope

# So many a second, and at once. A question of a large archive takes some 40 ms of a core: a network has an eighth of it.
QUESTIONS, PAGES = (3.0, 60.0), (10.0, 200.0)
_MOST = 10_000  # networks that are remembered
AT_ONCE, WAITING = 1, 6  # answers of a network that a process makes, and that wait for these; a browser asks for no more


class Rates:
    """A bucket of questions for each network (/24 of IPv4, /48 of IPv6), in one process. This machine, where a proxy may be, is not limited."""

    def __init__(self, a_second: float, at_once: float) -> None:
        self._a_second, self._at_once = a_second, at_once
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str, now: float | None = None) -> bool:
        """Whether one more question may be asked; it is counted."""
        network = network_of(address)
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


class Turns:
    """The answers that are being made for each network, in one process: those of one take turns, so that others' begin at once."""

    def __init__(self) -> None:
        self._lines: dict[str, CapacityLimiter] = {}

    def is_full(self, address: str) -> bool:
        """Whether so many of this network wait that one more is refused."""
        line = self._lines.get(network_of(address) or "")
        return line is not None and line.statistics().tasks_waiting >= WAITING

    async def taken(self, address: str) -> Callable[[], None]:
        """Wait for the network's turn; the function that it returns ends it, once."""
        network = network_of(address)
        if network is None:
            return lambda: None
        line, turn = self._lines.setdefault(network, CapacityLimiter(AT_ONCE)), object()
        await line.acquire_on_behalf_of(turn)

        def end() -> None:
            if turn in line.statistics().borrowers:
                line.release_on_behalf_of(turn)
                told = line.statistics()
                if not told.borrowed_tokens and not told.tasks_waiting:
                    self._lines.pop(network, None)

        return end


def network_of(address: str) -> str | None:
    """The network of an address; None for this machine, and for a name."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if found.is_loopback:
        return None
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def asked_by(scope: Scope) -> str:
    """The address that a request came from; empty if it is not known."""
    client = scope.get("client")
    return str(client[0]) if client else ""
