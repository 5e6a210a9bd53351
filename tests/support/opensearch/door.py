"""A door before a cluster: TLS with a certificate of its own authority, a login, and refusals of a cluster that has too much to do.

OpenSearch's security plugin is not among Maven's artifacts; what a client must get right is the same behind any door.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Refusal = Callable[[str, bytes], tuple[int, bytes] | None]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a cluster of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "ca.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
    return public, private


@dataclass
class Door:
    """Forwards requests to a node. `refuse` may answer in its place; without `login` everybody may enter."""

    port: int
    login: str = ""
    certificate: tuple[Path, Path] | None = None
    refuse: Refusal = lambda _path, _body: None
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Door:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                door.asked.append(f"{self.command} {self.path}")
                status, content = door.reply(self.command, self.path, body, self.headers.get("Authorization", ""))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def reply(self, method: str, path: str, body: bytes, given: str) -> tuple[int, bytes]:
        """What is answered: a refusal, or the node's own reply."""
        if self.login and given != "Basic " + base64.b64encode(self.login.encode()).decode():
            return 401, b"Unauthorized"
        refused = self.refuse(path, body)
        if refused is not None:
            return refused
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body or None, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as found:
                return found.status, found.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


def too_busy() -> tuple[int, bytes]:
    """The reply of a node whose queue of writes is full."""
    return 429, json.dumps({"error": {"type": "rejected_execution_exception", "reason": "queue is full"}, "status": 429}).encode()
