"""A store that is away, refuses or is not there, an extra that is not installed, an upload that is killed at any time."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cluster.store.conftest import fill, sealed, stored_home
from tests.cluster.store.server import SECRET, ObjectStore, running_store
from tests.support.archive_home import ROOT, Home

KILLS = 60


def refused(home: Home, code: int, *signs: str, words: tuple[str, ...] = ("warc", "upload")) -> None:
    """The command ends with this code and says so in one line."""
    done = home.run(*words, check=code)
    for sign in signs:
        assert sign in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_without_the_extra_it_is_named(home: Home) -> None:
    hidden = "import sys; sys.modules['{}'] = None; from cli.main import main; sys.exit(main(['warc', 'upload']))"
    for package in ("fsspec", "s3fs"):
        done = subprocess.run(
            [sys.executable, "-c", hidden.format(package)], env=home.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "notices-archive[s3]" in done.stderr
        assert "Traceback" not in done.stderr


def test_an_embedded_archive_loads_no_client(home: Home, tmp_path: Path) -> None:
    words = "[['verify'], ['status'], ['show', '2'], ['backup', sys.argv[1]], ['warc', 'fetch'], ['index']]"
    code = f"import sys; from cli.main import main; [main(w) for w in {words}]; sys.exit(bool({{'fsspec', 's3fs', 'botocore'}} & set(sys.modules)))"
    del home.environment["NOTICES_WARC_STORE"]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "backup")], env=home.environment, cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    refused(home, 2, "no store is set")


@pytest.mark.parametrize(
    "address", ["s3://", "https://bucket/x", "s3://user:secret@bucket/x", "s3://bucket/x?endpoint=y", "s3://B/x", "s3://bucket//x"]
)
def test_an_address_that_is_none(home: Home, address: str) -> None:
    home.environment["NOTICES_WARC_STORE"] = address
    done = home.run("warc", "upload", check=2)
    assert "NOTICES_WARC_STORE" in done.stderr
    assert "user:secret" not in done.stderr


def test_no_such_bucket(home: Home) -> None:
    home.environment["NOTICES_WARC_STORE"] = "s3://nobody-has-this/notices"
    refused(home, 2, "there is no bucket nobody-has-this")


def test_no_credentials(home: Home) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del home.environment[name]
    refused(home, 2, "no credentials")


def test_a_bucket_that_refuses(home: Home, storage: ObjectStore, bucket: str) -> None:
    home.run("warc", "upload", "--drop-local")
    statement = {
        "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{bucket}/*",
    }  # fmt: skip
    storage.client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    refused(home, 2, "refuses")
    refused(home, 2, "refuses", words=("verify",))
    refused(home, 2, "refuses", words=("warc", "fetch"))
    storage.client.delete_bucket_policy(Bucket=bucket)
    home.run("verify", "--stored")


def test_a_store_that_is_away(tmp_path: Path) -> None:
    pytest.importorskip("moto")
    with running_store() as mine:
        mine.client.create_bucket(Bucket="mine")
        home = stored_home(tmp_path / "home", mine, "mine")
        fill(home, tmp_path, 1, 40)
        home.run("warc", "upload", "--drop-local")
        fill(home, tmp_path, 50, 80)
        here = sealed(home)
    refused(home, 7, "out of reach")
    refused(home, 7, "out of reach", words=("verify",))
    refused(home, 7, "out of reach", words=("warc", "fetch"))
    refused(home, 7, "out of reach", words=("backup", str(tmp_path / "backup")))
    assert not (tmp_path / "backup").exists()
    assert sealed(home) == here
    home.run("show", "2")
    home.run("search", "第5号河段")
    fill(home, tmp_path, 90, 100)  # archiving goes on


def test_uploads_killed_at_any_time_lose_nothing(home: Home, tmp_path: Path, storage: ObjectStore, bucket: str) -> None:
    """After each kill every manifest in the store is of a file that is there, intact, and every file is here or there."""
    chance = random.Random(17)
    command = home.command("warc", "upload", "--drop-local")
    known = {name: sha256((home.path / "warc" / name).read_bytes()).hexdigest() for name in sealed(home)}
    killed, number = 0, 1000
    while killed < KILLS:
        upload = subprocess.Popen(command, env=home.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 0.8))
        upload.send_signal(signal.SIGKILL)
        killed += upload.wait() == -signal.SIGKILL
        _whole(home, storage.objects(bucket), known)
        if not sealed(home):
            fill(home, tmp_path, number, number + 40)
            number += 100
            known |= {name: sha256((home.path / "warc" / name).read_bytes()).hexdigest() for name in sealed(home)}
    home.run("warc", "upload", "--drop-local")
    objects = storage.objects(bucket)
    assert {name: sha256(objects[f"notices/{name}"]).hexdigest() for name in known} == known
    assert set(json.loads(objects["notices/series.json"])["files"]) == set(known)
    home.run("verify", "--stored")


def _whole(home: Home, objects: dict[str, bytes], known: dict[str, str]) -> None:
    """Nothing is stored in part, and nothing is nowhere."""
    series = json.loads(objects["notices/series.json"])["files"] if "notices/series.json" in objects else {}
    named = {key.removeprefix("notices/").removesuffix(".json") for key in objects if key.endswith(".gz.json")} | set(series)
    for name in named:
        assert sha256(objects[f"notices/{name}"]).hexdigest() == known[name]
    here = set(sealed(home))
    assert all(name in here or name in named for name in known)
