"""Requests to a cluster: any of its nodes, tried again while it is busy; its errors as ours, without a password in any of them."""

from __future__ import annotations

import atexit
import random
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from index.opensearch.address import Address, address_of
from index.opensearch.replies import Failed, one_line
from notices.errors import ConfigError, IndexUnusable, ServerAway
from notices.text.language import _

if TYPE_CHECKING:
    import httpx2

Shape = TypeVar("Shape")
SECONDS = 15.0  # an ordinary request may take; a node that is slower is taken for hung, and the next is asked
_CONNECT = 2.0
PATIENCE = 60.0  # a write tries again for so long: a node that fails is replaced within a few seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_BUSY = (429, 502, 503, 504)
_REFUSED = (401, 403)


class Reply(NamedTuple):
    """What the cluster answered."""

    status: int
    content: bytes

    @property
    def reason(self) -> str:
        """The cluster's reason of an error, in one line."""
        try:
            return one_line(msgspec.json.decode(self.content, type=Failed).error, self.status)
        except msgspec.DecodeError:
            return f"HTTP {self.status}"


class Cluster:
    """The nodes of a cluster. Threads may share one."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connections = _connections(Access(address.hosts, address.user, address.password, address.ca), address.shown)

    def call(self, method: str, path: str, body: object = None, *, seconds: float = SECONDS, patience: float = 0.0) -> Reply:
        """The cluster's reply to a request; a busy or failing node is asked again, or another one, for `patience` seconds.

        Every request is one that may be repeated. Raises ServerAway, or ConfigError (login, certificate).
        """
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        until, pause = time.monotonic() + patience, _FIRST_PAUSE
        while True:
            reply, error = self._ask(method, path, content, seconds)
            if reply is not None and reply.status not in _BUSY:
                return reply
            if time.monotonic() + pause > until:
                break
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 (spreads writers)
            pause = min(pause * 2, _LONGEST_PAUSE)
        if reply is not None:
            error = reply.reason
        raise self.away(error)

    def _ask(self, method: str, path: str, content: bytes, seconds: float) -> tuple[Reply | None, str]:
        """The first reply of a node that can be reached; else the error of the last."""
        import httpx2  # start-up time; comes with the extra

        hosts, shared, failed = self.address.hosts, self._connections, ""
        reply: Reply | None = None
        timeout = httpx2.Timeout(seconds, connect=min(seconds, _CONNECT))
        for chosen in [(shared.first + at) % len(hosts) for at in range(len(hosts))]:
            try:
                found = shared.client.request(method, hosts[chosen] + path, content=content, timeout=timeout)
            except httpx2.HTTPError as error:
                failed = self._failure(error)
                shared.first = (chosen + 1) % len(hosts)
                continue
            reply = self._read(found)
            if reply.status not in _BUSY:
                break
        return reply, failed

    def _failure(self, error: Exception) -> str:
        """What to say of a node that cannot be reached. Raises ConfigError for a certificate that is not trusted."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
                raise ConfigError(
                    _("index {index}: its certificate is not trusted ({error}); ?ca=FILE names the certificate of its authority").format(
                        index=self.address.shown, error=getattr(cause, "verify_message", "") or "CERTIFICATE_VERIFY_FAILED"
                    )
                ) from error
            cause = cause.__cause__ or cause.__context__
        return str(error) or type(error).__name__

    def _read(self, found: httpx2.Response) -> Reply:
        if found.status_code in _REFUSED:
            raise ConfigError(
                _("index {index}: the cluster refuses the user or the password (HTTP {status})").format(
                    index=self.address.shown, status=found.status_code
                )
            )
        return Reply(found.status_code, found.content)

    def read(self, reply: Reply, shape: type[Shape]) -> Shape:
        """The reply to a request that must succeed. Raises IndexUnusable, with the cluster's reason, when it did not; ServerAway for its own fault."""
        if reply.status >= 500:
            raise self.away(reply.reason)
        if reply.status >= 400:
            raise IndexUnusable(_("index {index}: {error}").format(index=self.address.shown, error=reply.reason))
        try:
            return msgspec.json.decode(reply.content, type=shape)
        except msgspec.DecodeError as error:
            raise IndexUnusable(
                _("index {index}: what answers there is not an OpenSearch cluster").format(index=self.address.shown)
            ) from error

    def do(self, method: str, path: str, body: object = None, *, shape: type[Shape], patience: float = 0.0) -> Shape:
        """The reply to a request that must succeed. Raises as call and read."""
        return self.read(self.call(method, path, body, patience=patience), shape)

    def away(self, error: object) -> ServerAway:
        """The error of a cluster that does not answer."""
        return ServerAway(_("index {index}: the cluster is out of reach: {error}").format(index=self.address.shown, error=error))


class Access(NamedTuple):
    """Which nodes, and by which login and certificate."""

    hosts: tuple[str, ...]
    user: str
    password: str
    ca: Path | None


@dataclass
class _Connections:
    """The connections of this process to a cluster, which threads share; `first` is the host to ask first: one that failed is not asked again soon."""

    client: httpx2.Client
    first: int = 0


_open: dict[Access, _Connections] = {}


def _connections(access: Access, shown: str) -> _Connections:
    """The connections to a cluster. Raises ConfigError without the extra, or for a file that contains no certificate."""
    if access in _open:
        return _open[access]
    try:
        import httpx2  # start-up time; comes with the extra
    except ImportError as error:
        raise ConfigError(
            _("index {index}: the extra opensearch is not installed; run pip install 'notices-archive[opensearch]'").format(index=shown)
        ) from error
    verify: ssl.SSLContext | bool = False
    if access.hosts[0].startswith("https"):
        try:
            verify = ssl.create_default_context(cafile=str(access.ca) if access.ca else None)
        except (ssl.SSLError, OSError) as error:
            raise ConfigError(_("index {index}: {file} contains no certificate").format(index=shown, file=access.ca)) from error
    login = (access.user, access.password) if access.user else None
    made = httpx2.Client(verify=verify, auth=login, headers={"Content-Type": "application/json"}, trust_env=False)
    atexit.register(made.close)
    return _open.setdefault(access, _Connections(made))


def cluster_of(url: str) -> Cluster:
    """The cluster of an address. Raises ConfigError."""
    return Cluster(address_of(url))
