"""A bucket of S3-compatible storage, through fsspec: the only module that imports it. Endpoint and credentials are those of AWS's own variables and files.

s3fs raises OSErrors by the code that the server gives, and botocore's own errors where there was no answer; both end here.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TypedDict

from notices.config_values import STORE
from notices.errors import ArchiveUnwritable, ConfigError, ServerAway
from notices.text.language import _
from pipeline.warc.record_file import RangedFile

_PART = 32 << 20  # bytes of a part of an upload; two are in memory
_OPTIONS = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3, "mode": "standard"}}
_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "403", "Forbidden"}
_AWAY = {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted", "500", "502", "503", "504"}


class Head(NamedTuple):
    """What the store states of an object: bytes, and the SHA-256 that we gave it (None for an object that is not ours)."""

    size: int
    sha256: str | None


class _Answer(TypedDict):
    """What is read of the answer to a HEAD request."""

    ContentLength: int
    Metadata: dict[str, str]


class _Files(Protocol):
    """s3fs, as far as it is used here."""

    retries: int

    def call_s3(self, method: str, **request: object) -> _Answer:
        """One request of S3."""

    def cat_file(self, path: str, **options: object) -> bytes:
        """Bytes of an object."""

    def put_file(self, path: str, target: str, **options: object) -> None:
        """Store a file."""

    def pipe_file(self, path: str, data: bytes, **options: object) -> None:
        """Store bytes."""


class Store:
    """The objects below an address s3://bucket/prefix. Raises ConfigError, ServerAway or ArchiveUnwritable, which name the address."""

    def __init__(self, address: str) -> None:
        match = STORE.fullmatch(address)
        if match is None:
            raise ConfigError(_("{address!r} is not an address such as s3://bucket/notices").format(address=address))
        self.address = address.rstrip("/")
        self._bucket, self._prefix = match["bucket"], f"{match['prefix']}/" if match["prefix"] else ""
        self._files = _file_system(self.address)

    def check(self) -> None:
        """Raises ConfigError for a bucket that does not exist or is not ours."""
        try:
            with self._errors():
                self._files.call_s3("head_bucket", Bucket=self._bucket)
        except FileNotFoundError as error:  # an answer without a body
            raise self._no_bucket() from error

    def head(self, name: str) -> Head | None:
        """The object, or None."""
        try:
            with self._errors():
                answer = self._files.call_s3("head_object", Bucket=self._bucket, Key=self._prefix + name)
        except FileNotFoundError:
            return None
        return Head(answer["ContentLength"], answer.get("Metadata", {}).get("sha256"))

    def get(self, name: str) -> bytes | None:
        """All bytes of a small object, or None."""
        try:
            with self._errors():
                answer: bytes = self._files.cat_file(self._path(name), max_concurrency=1)
        except FileNotFoundError:
            return None
        return answer

    def read(self, name: str, start: int, end: int) -> bytes:
        """Bytes [start, end) of an object, fewer where it ends. Raises FileNotFoundError."""
        try:
            with self._errors():
                answer: bytes = self._files.cat_file(self._path(name), start=start, end=end)
        except _BeyondEnd:
            return b""
        return answer

    def opened(self, name: str) -> RangedFile:
        """The object for readers, by ranged requests. Reading raises FileNotFoundError where it is missing."""

        def size() -> int:
            if (head := self.head(name)) is None:
                raise FileNotFoundError(errno.ENOENT, "no such object", f"{self.address}/{name}")
            return head.size

        return RangedFile(size, lambda start, end: self.read(name, start, end))

    def put_file(self, path: Path, name: str, sha256: str) -> None:
        """Store a whole file with its digest beside it; the store checks each part on its way (CRC). Raises FileExistsError for a name that is taken."""
        try:
            self._put(path, name, sha256, mode="create")
        except NotImplementedError:  # a store without conditional requests
            self.replace_file(path, name, sha256)

    def replace_file(self, path: Path, name: str, sha256: str) -> None:
        """Store a whole file in place of an object."""
        self._put(path, name, sha256, mode="overwrite")

    def _put(self, path: Path, name: str, sha256: str, mode: str) -> None:
        with self._errors():
            self._files.put_file(str(path), self._path(name), mode=mode, chunksize=_PART, max_concurrency=2, Metadata={"sha256": sha256})

    def put(self, data: bytes, name: str, sha256: str) -> None:
        """Store a small object, in place of an earlier one: readers see the one or the other."""
        with self._errors():
            self._files.pipe_file(self._path(name), data, Metadata={"sha256": sha256})

    def _path(self, name: str) -> str:
        return f"{self._bucket}/{self._prefix}{name}"

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """The archive's error for what the storage answers, or does not."""
        # start-up time; comes with the extra
        from botocore.exceptions import BotoCoreError, ConnectionError, HTTPClientError, NoCredentialsError, PartialCredentialsError

        try:
            yield
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise ConfigError(
                _("store {address}: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile").format(
                    address=self.address
                )
            ) from error
        except (ConnectionError, HTTPClientError, TimeoutError) as error:
            raise ServerAway(_("the store {address} is out of reach: {error}").format(address=self.address, error=error)) from error
        except BotoCoreError as error:
            raise ConfigError(_("the store {address} cannot be used: {error}").format(address=self.address, error=error)) from error
        except OSError as error:
            raise self._of_answer(error) from error

    def _no_bucket(self) -> ConfigError:
        return ConfigError(_("store {address}: there is no bucket {bucket}").format(address=self.address, bucket=self._bucket))

    def _of_answer(self, error: OSError) -> Exception:
        code, status = _code_of(error)
        if code == "NoSuchBucket":
            return self._no_bucket()
        if isinstance(error, FileExistsError | FileNotFoundError):
            return error
        if code in _FOR_US:
            return _FOR_US[code](str(error))
        if code in _REFUSED or isinstance(error, PermissionError) or status == 403:
            return ConfigError(_("the store {address} refuses: {error}").format(address=self.address, error=error))
        if code in _AWAY or status >= 500:
            return ServerAway(_("the store {address} is out of reach: {error}").format(address=self.address, error=error))
        return ArchiveUnwritable(_("the store {address} cannot be used: {error}").format(address=self.address, error=error))


class _BeyondEnd(Exception):
    """A range that begins behind the object's end."""


_FOR_US: dict[str, type[Exception]] = {
    "PreconditionFailed": FileExistsError, "412": FileExistsError, "InvalidRange": _BeyondEnd, "416": _BeyondEnd,
    "NotImplemented": NotImplementedError, "501": NotImplementedError,
}  # fmt: skip


def _code_of(error: OSError) -> tuple[str, int]:
    """The server's code and HTTP status; empty and 0 where the error is not an answer."""
    response = getattr(error.__cause__, "response", None) or getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", "")), int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _file_system(address: str) -> _Files:
    """s3fs, one for each process and thread. Raises ConfigError without the extra."""
    try:
        import fsspec  # start-up time; comes with the extra

        files: _Files = fsspec.filesystem("s3", use_listings_cache=False, config_kwargs=_OPTIONS)
    except ImportError as error:
        raise ConfigError(
            _("store {address}: the extra s3 is not installed; run pip install 'notices-archive[s3]'").format(address=address)
        ) from error
    files.retries = 2  # of s3fs, beyond botocore's own
    for noisy in ("aiobotocore", "botocore", "s3fs", "fsspec"):
        logging.getLogger(noisy).setLevel(logging.WARNING)  # they log addresses and heads at INFO
    return files
