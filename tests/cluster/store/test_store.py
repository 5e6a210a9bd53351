"""Sealed WARC files in a store: whatever reads a record reads it there, and nothing is lost on the way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

from tests.cluster.store.conftest import fill, sealed, stored_home
from tests.cluster.store.server import SECRET, ObjectStore
from tests.support.archive_home import ROOT, Home


def findings(home: Home, *options: str, code: int = 4) -> list[tuple[str, str, str]]:
    """Kind, place and detail of everything that verify finds."""
    lines = [json.loads(each) for each in home.run("verify", "--json", *options, check=code).stdout.splitlines()]
    return [(each["kind"], each["place"], each["detail"]) for each in lines[:-1]]


def test_upload_stores_files_whole_with_their_digests_and_the_manifest_last(home: Home, storage: ObjectStore, bucket: str) -> None:
    names = sealed(home)
    assert len(names) >= 3
    assert f"uploaded {len(names)}" in home.run("warc", "upload").stdout
    objects = storage.objects(bucket)
    series = json.loads(objects["notices/series.json"])
    assert sorted(series["files"]) == names
    assert series["archive"] == (home.path / "archive-id").read_text().strip().rsplit(" ")[-1].removeprefix("urn:uuid:")
    for name in names:
        data = (home.path / "warc" / name).read_bytes()
        assert objects[f"notices/{name}"] == data
        assert objects[f"notices/{name}.json"] == (home.path / "warc" / f"{name}.json").read_bytes()
        assert storage.stated(bucket, f"notices/{name}") == sha256(data).hexdigest() == series["files"][name][1]
    times = {each["Key"]: each["LastModified"] for each in storage.client.list_objects_v2(Bucket=bucket)["Contents"]}
    assert max(times.values()) == times["notices/series.json"]
    again = json.loads(home.run("warc", "upload", "--json").stdout.splitlines()[-1])
    assert (again["uploaded"], again["there"], again["failed"]) == (0, len(names), 0)


def test_without_local_copies_every_reader_reads_the_store(home: Home, tmp_path: Path) -> None:
    before = {words: home.run(*words).stdout for words in (("show", "5"), ("history", "5"), ("reparse", "--dry-run"))}
    names = sealed(home)
    home.run("export", "水库", "--format", "wacz", "-o", str(tmp_path / "before.wacz"))
    assert "deleted" in home.run("warc", "upload", "--drop-local").stdout
    assert sealed(home) == []
    assert {words: home.run(*words).stdout for words in before} == before
    home.run("export", "水库", "--format", "wacz", "-o", str(tmp_path / "after.wacz"))
    with zipfile.ZipFile(tmp_path / "before.wacz") as one, zipfile.ZipFile(tmp_path / "after.wacz") as other:
        sizes = [archive.getinfo("archive/data.warc.gz").file_size for archive in (one, other)]
    assert sizes[0] > 1000
    assert abs(sizes[0] - sizes[1]) < 200  # its first record has the moment of its making
    home.run("verify")
    home.run("verify", "--stored")
    home.run("repair")
    fill(home, tmp_path, 40, 60)  # writing goes on: serials, manifests and the chain are here
    home.run("verify", "--stored")
    shutil.copy(home.path / "notices.db", tmp_path / "was.db")
    (home.path / "notices.db").unlink()
    home.run("repair", "--rebuild-sql")
    home.run("verify", "--stored")
    assert home.run("show", "5").stdout == before["show", "5"]
    assert f"{len(names)} files fetched" in home.run("warc", "fetch").stdout
    assert set(names) <= set(sealed(home))
    home.run("verify")


def test_an_original_and_a_proof_are_served_from_the_store(home: Home, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    home.run("checkpoint")
    home.run("warc", "upload", "--drop-local")
    home.run("prove", "2", "--out", str(proof), "--page", str(tmp_path / "page"))
    assert "号水库" in (tmp_path / "page").read_text(encoding="utf-8")
    code = (
        "import os, sys; from notices.config import load_config; from operations.read.original import original_of; "
        "from pipeline.sql.database import open_for_reading; c = load_config(os.environ); "
        "sys.stdout.buffer.write(original_of(c, open_for_reading(c), 2, 1).body)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=home.environment, cwd=ROOT, capture_output=True, check=True)
    assert "号水库" in done.stdout.decode()


def test_a_backup_contains_what_is_stored_or_leaves_it_there(home: Home, tmp_path: Path, storage: ObjectStore, bucket: str) -> None:
    home.run("warc", "upload", "--drop-local")
    home.run("backup", str(tmp_path / "whole"))
    alone = Home(tmp_path / "alone")
    assert "0 damages" in alone.run("restore", str(tmp_path / "whole")).stdout  # without the store
    home.environment["NOTICES_BACKUP_STORED"] = "leave"
    home.run("backup", str(tmp_path / "notes.tar"))
    with tarfile.open(tmp_path / "notes.tar") as tar:
        inside = {name.removeprefix("./warc/") for name in tar.getnames()}
    notes = {path.name for path in (home.path / "warc").glob("*.stored")}
    assert notes <= inside
    assert not {name.removesuffix(".stored") for name in notes} & inside
    other = Home(tmp_path / "other")
    other.environment |= storage.environment
    refused = other.run("restore", str(tmp_path / "notes.tar"), check=2)
    assert f"NOTICES_WARC_STORE=s3://{bucket}/notices" in refused.stderr
    assert not (other.path / "notices.db").exists()
    other.environment["NOTICES_WARC_STORE"] = f"s3://{bucket}/notices"
    assert "0 damages" in other.run("restore", str(tmp_path / "notes.tar")).stdout
    other.run("verify", "--stored")


def test_two_homes_of_one_archive_replace_nothing(home: Home, tmp_path: Path, storage: ObjectStore, bucket: str) -> None:
    home.run("backup", str(tmp_path / "backup"))
    twin = stored_home(tmp_path / "twin", storage, bucket)
    twin.run("restore", str(tmp_path / "backup"))
    home.run("warc", "upload")
    assert "there already" in twin.run("warc", "upload").stdout  # the same files: it takes them up
    fill(home, tmp_path, 100, 130)
    fill(twin, tmp_path, 200, 230)
    assert sealed(home) == sealed(twin)
    home.run("warc", "upload")
    before = storage.objects(bucket)
    told = twin.run("warc", "upload", "--drop-local", check=4)
    assert "nothing is replaced" in told.stdout
    assert {k: v for k, v in storage.objects(bucket).items() if v != before.get(k)} == {}
    assert sealed(twin)  # what could not be stored is still here
    twin.run("verify")


def test_another_archive_is_refused(home: Home, tmp_path: Path, storage: ObjectStore, bucket: str) -> None:
    home.run("warc", "upload")
    before = storage.objects(bucket)
    foreign = stored_home(tmp_path / "foreign", storage, bucket)
    fill(foreign, tmp_path, 1, 40)
    assert "belongs to the archive" in foreign.run("warc", "upload", check=2).stderr
    assert storage.objects(bucket) == before


def test_a_damaged_object_is_named_and_stored_again_from_the_local_copy(home: Home, storage: ObjectStore, bucket: str) -> None:
    first, second, third = sealed(home)[:3]
    home.run("warc", "upload")
    data = {name: (home.path / "warc" / name).read_bytes() for name in (first, second, third)}
    flipped = bytes([*data[first][:5000], data[first][5000] ^ 1, *data[first][5001:]])
    storage.put(bucket, f"notices/{first}", flipped, storage.stated(bucket, f"notices/{first}"))
    storage.put(bucket, f"notices/{second}", data[second][:-100], storage.stated(bucket, f"notices/{second}"))
    storage.client.delete_object(Bucket=bucket, Key=f"notices/{third}")
    found = findings(home)
    assert [(kind, place) for kind, place, _ in found] == [("stored", second), ("stored", third)]
    assert "the manifest states" in found[0][2]
    assert "no such object" in found[1][2]
    assert first in [place for kind, place, _ in findings(home, "--stored") if kind == "stored"]
    assert "uploaded 2" in home.run("warc", "upload").stdout
    assert "uploaded 1" in home.run("warc", "upload", "--check").stdout
    assert {name: storage.objects(bucket)[f"notices/{name}"] for name in data} == data
    storage.put(bucket, f"notices/{first}", flipped, storage.stated(bucket, f"notices/{first}"))
    home.run("repair", "--apply", "--stored")
    home.run("verify", "--stored")


def test_damage_of_what_only_the_store_has_is_named_and_repaired_from_a_backup(
    home: Home, tmp_path: Path, storage: ObjectStore, bucket: str
) -> None:
    first, second, third, *_ = sealed(home)
    data = {name: (home.path / "warc" / name).read_bytes() for name in sealed(home)}
    home.run("backup", str(tmp_path / "backup"))
    home.run("warc", "upload", "--drop-local")
    flipped = bytes([*data[first][:5000], data[first][5000] ^ 1, *data[first][5001:]])
    storage.put(bucket, f"notices/{first}", flipped, storage.stated(bucket, f"notices/{first}"))
    storage.put(bucket, f"notices/{second}", data[second][:-100], storage.stated(bucket, f"notices/{second}"))
    storage.client.delete_object(Bucket=bucket, Key=f"notices/{third}")
    found = findings(home, "--no-index")
    assert {("length", second), ("missing", third)} <= {(kind, place) for kind, place, _ in found}
    whole = findings(home, "--no-index", "--stored")
    assert ("digest", first) in {(kind, place) for kind, place, _ in whole}
    assert any(kind == "record" and place.startswith(first) for kind, place, _ in whole)
    told = home.run("warc", "upload", "--check", check=4).stdout
    assert all(name in told for name in (first, second, third))
    assert home.run("warc", "fetch", first, check=4).stdout.count("not those that the manifest states") == 1
    home.run("repair", "--from", str(tmp_path / "backup"), "--apply", "--stored")  # first the files from the backup, then their objects
    assert storage.objects(bucket)[f"notices/{first}"] == data[first]
    home.run("warc", "upload", "--check", "--drop-local")
    assert sealed(home) == []
    home.run("verify", "--stored")


def test_a_damaged_local_file_is_left_out_and_can_be_fetched(home: Home) -> None:
    first, second, *_ = sealed(home)
    home.run("warc", "upload")
    path = home.path / "warc" / first
    data = path.read_bytes()
    path.write_bytes(data[:300] + b"?" + data[301:])
    assert ("digest", first) in {(kind, place) for kind, place, _ in findings(home)}
    assert "1.0" not in home.run("warc", "fetch", second).stdout
    assert "fetched" in home.run("warc", "fetch", first).stdout
    assert path.read_bytes() == data
    assert any(each.name.startswith(first) for each in (home.path / "warc" / "quarantine").iterdir())
    home.run("verify")


def test_a_file_that_is_not_what_its_manifest_states_is_not_stored(home: Home, storage: ObjectStore, bucket: str) -> None:
    first, *others = sealed(home)
    path = home.path / "warc" / first
    data = path.read_bytes()
    path.write_bytes(data[:300] + b"?" + data[301:])
    told = home.run("warc", "upload", "--drop-local", check=4).stdout
    assert f"{first}: failed" in told
    assert sealed(home) == [first]
    assert sorted(json.loads(storage.objects(bucket)["notices/series.json"])["files"]) == others
    assert f"notices/{first}" not in storage.objects(bucket)


def test_an_archive_moves_to_another_bucket(home: Home, storage: ObjectStore, bucket: str) -> None:
    home.run("warc", "upload", "--drop-local")
    storage.client.create_bucket(Bucket=f"{bucket}-new")
    for key, data in storage.objects(bucket).items():
        storage.put(f"{bucket}-new", key, data)  # by a program that keeps nothing but the bytes
    home.environment["NOTICES_WARC_STORE"] = f"s3://{bucket}-new/notices/"
    home.run("warc", "upload")
    for key in storage.objects(bucket):
        storage.client.delete_object(Bucket=bucket, Key=key)
    home.run("verify", "--stored")


def test_no_secret_is_shown(home: Home) -> None:
    for words in (("warc", "upload"), ("-v", "warc", "upload", "--check", "--json"), ("config",), ("status", "--json"), ("verify",)):
        done = home.run(*words)
        assert SECRET not in done.stdout + done.stderr
    for file in (home.path / "warc").glob("*.stored"):
        assert SECRET not in file.read_text()
