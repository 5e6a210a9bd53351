"""Object storage, and archives whose series is kept there."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.journey import a_site, line, written
from tests.cluster.store.server import ObjectStore, running_store
from tests.support.archive_home import Home
from tests.support.site_server import serving

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def storage() -> Iterator[ObjectStore]:
    """One server for all tests."""
    for package in ("s3fs", "moto", "boto3"):
        pytest.importorskip(package, reason="the extra s3 is not installed")
    with running_store() as running:
        yield running


@pytest.fixture
def bucket(storage: ObjectStore) -> str:
    """A new, empty bucket."""
    name = f"archive-{next(_numbers)}"
    storage.client.create_bucket(Bucket=name)
    return name


def stored_home(path: Path, storage: ObjectStore, bucket: str) -> Home:
    """An archive of small WARC files whose store is the bucket."""
    made = Home(path)
    made.path.mkdir(exist_ok=True)
    made.environment |= storage.environment
    made.environment |= {"NOTICES_WARC_STORE": f"s3://{bucket}/notices", "NOTICES_WARC_MAX_BYTES": "65536"}
    return made


def fill(home: Home, folder: Path, first: int, last: int) -> None:
    """Import notices with numbers [first, last), long enough that a dozen of them fill a WARC file."""
    chance = random.Random(first)
    texts = {n: "".join(chr(chance.randint(0x4E00, 0x9000)) for _ in range(2500)) for n in range(first, last)}
    home.run("import", written(folder, *(line(n, text) for n, text in texts.items())))


@pytest.fixture
def home(tmp_path: Path, storage: ObjectStore, bucket: str) -> Home:
    """An archive with three sealed files, none of them stored yet; the notices 1 to 3 are crawled pages."""
    made = stored_home(tmp_path / "home", storage, bucket)
    with serving(a_site()) as site:
        made.source(site.base)
        made.run("crawl", "linshan")
    fill(made, tmp_path, 1, 40)
    return made


def sealed(home: Home) -> list[str]:
    """Names of the sealed files that are here."""
    return sorted(path.name for path in (home.path / "warc").glob("*.warc.gz"))
