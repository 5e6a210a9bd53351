"""S3-compatible storage for tests: moto's server in a process of its own on loopback, and a client to look into its bucket."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KEY, SECRET = "archivist", "a-secret-that-nobody-may-show"


class ObjectStore:
    """A running server and its client."""

    def __init__(self, port: int) -> None:
        import boto3
        from botocore.config import Config

        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": self.endpoint, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip
        self.client: Any = boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1",
            config=Config(retries={"max_attempts": 1}),
        )  # fmt: skip

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Every object by its key."""
        found = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {each["Key"]: self.client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}

    def put(self, bucket: str, key: str, data: bytes, sha256: str | None = None) -> None:
        """Put an object there, with the digest of our own kind beside it or without."""
        self.client.put_object(Bucket=bucket, Key=key, Body=data, Metadata={"sha256": sha256} if sha256 else {})

    def stated(self, bucket: str, key: str) -> str:
        """The digest beside an object."""
        return str(self.client.head_object(Bucket=bucket, Key=key)["Metadata"]["sha256"])


@contextmanager
def running_store() -> Iterator[ObjectStore]:
    """A server; it is stopped by its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait(port, server)
            yield ObjectStore(port)
        finally:
            server.kill()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("moto's server did not start")
