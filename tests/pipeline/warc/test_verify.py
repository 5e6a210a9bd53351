"""Every damage to the series is found, and an intact series raises no alarm."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.warc.files import parse_name
from pipeline.warc.series import SnapshotWriter, verify_series
from tests.conftest import Figure
from tests.pipeline.warc.test_series import capture

# Which files a fault may hit: data, manifests and tails.
_KINDS = ("", ".open", ".json", ".tail")


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lanes with some sealed files each."""
    folder = tmp_path_factory.mktemp("series")
    rng = random.Random(3)
    with SnapshotWriter(folder, 6000) as one, SnapshotWriter(folder, 6000) as two:
        for n in range(24):
            (one, two)[n % 2].write(capture(n, body=rng.randbytes(900)))
    assert len(list(folder.glob("*.warc.gz"))) >= 4
    return folder


def victims(folder: Path, kinds: tuple[str, ...] = _KINDS) -> list[Path]:
    return [p for p in sorted(folder.iterdir()) if (entry := parse_name(p.name)) and entry.suffix in kinds]


def flip(folder: Path, rng: random.Random) -> str:
    path = rng.choice(victims(folder))
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return path.name


def truncate(folder: Path, rng: random.Random) -> str:
    path = rng.choice(victims(folder))
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])
    return path.name


def zero_block(folder: Path, rng: random.Random) -> str:
    path = rng.choice(victims(folder))
    data = path.read_bytes()
    start = rng.randrange(len(data) - 40)
    path.write_bytes(data[:start] + b"\0" * 40 + data[start + 40 :])
    return path.name if path.read_bytes() != data else flip(folder, rng)


def delete(folder: Path, rng: random.Random) -> str:
    path = rng.choice(victims(folder))
    path.unlink()
    return path.name


def delete_with_its_manifest_or_tail(folder: Path, rng: random.Random) -> str:
    path = rng.choice(victims(folder, ("", ".open")))
    for suffix in (".json", ".tail"):
        (folder / (path.name.removesuffix(".open") + suffix)).unlink(missing_ok=True)
    path.unlink()
    return path.name


def swap(folder: Path, rng: random.Random) -> str:
    one, two = rng.sample(victims(folder, (rng.choice(_KINDS),)), 2)
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)
    return one.name


def swap_with_its_manifest_or_tail(folder: Path, rng: random.Random) -> str:
    one, two = rng.sample(victims(folder, ("",)), 2)
    for suffix in ("", ".json"):
        a, b = folder / (one.name + suffix), folder / (two.name + suffix)
        kept = a.read_bytes()
        a.write_bytes(b.read_bytes())
        b.write_bytes(kept)
    return one.name


def add_file(folder: Path, rng: random.Random) -> str:
    source = rng.choice(victims(folder))
    name = rng.choice(["stranger.warc.gz", "notices-9-000001.warc.gz", "notices-0-000099.warc.gz", "notices-1-000050.warc.gz.open"])
    shutil.copy(source, folder / name)
    return name


def add_record(folder: Path, rng: random.Random) -> str:
    """A whole record copied to the end of a sealed file."""
    path, source = rng.choice(victims(folder, ("",))), rng.choice(victims(folder, ("",)))
    data = source.read_bytes()
    second = data.index(b"\x1f\x8b\x08\0\0\0\0\0", 10)
    path.write_bytes(path.read_bytes() + data[second : data.index(b"\x1f\x8b\x08\0\0\0\0\0", second + 10)])
    return path.name


def remove_record(folder: Path, rng: random.Random) -> str:
    """A whole record cut out of the middle."""
    path = rng.choice([p for p in victims(folder, ("", ".open")) if p.read_bytes().count(b"\x1f\x8b\x08\0\0\0\0\0") > 2])
    data = path.read_bytes()
    start = data.index(b"\x1f\x8b\x08\0\0\0\0\0", 10)
    path.write_bytes(data[:start] + data[data.index(b"\x1f\x8b\x08\0\0\0\0\0", start + 10) :])
    return path.name


_FAULTS: list[Callable[[Path, random.Random], str]] = [
    flip,
    truncate,
    zero_block,
    delete,
    delete_with_its_manifest_or_tail,
    swap,
    swap_with_its_manifest_or_tail,
    add_file,
    add_record,
    remove_record,
]


def unnamed(series: Path, work: Path, fault: Callable[[Path, random.Random], str], seeds: range) -> list[tuple[int, str]]:
    """Inject the fault once for each seed; return those that verification does not name."""
    missed = []
    for seed in seeds:
        folder = work / str(seed)
        shutil.copytree(series, folder)
        name = fault(folder, random.Random(seed)).split(".warc.gz")[0]
        if not any(name in damage.file for damage in verify_series(folder)):
            missed.append((seed, name))
        shutil.rmtree(folder)
    return missed


@pytest.mark.parametrize("fault", _FAULTS)
def test_every_injected_damage_is_named(series: Path, tmp_path: Path, fault: Callable[[Path, random.Random], str]) -> None:
    assert unnamed(series, tmp_path, fault, range(15)) == []


@pytest.mark.faults
def test_a_thousand_injected_damages_are_named(series: Path, tmp_path: Path, figure: Figure) -> None:
    missed = {fault.__name__: unnamed(series, tmp_path, fault, range(100, 200)) for fault in _FAULTS}
    figure(
        f"damage to the WARC series alone, {len(_FAULTS)} kinds",
        100 * len(_FAULTS),
        f"{100 * len(_FAULTS) - sum(map(len, missed.values()))} named",
    )
    assert not any(missed.values()), missed


def test_each_damaged_record_is_named_by_its_offset(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = [writer.write(capture(n)) for n in range(9)]
    path = tmp_path / f"{stored[0].warc_file}.open"
    data = bytearray(path.read_bytes())
    for n in (2, 5, 6):
        data[stored[n].offset + 60] ^= 4
    path.write_bytes(data)
    named = [d.offset for d in verify_series(tmp_path) if d.kind == "record"]
    assert named == [stored[2].offset, stored[5].offset]  # 5 and 6 are one stretch


def test_intact_series_raises_no_alarm(series: Path) -> None:
    read: list[int] = []
    assert list(verify_series(series, read.append)) == []
    assert sum(read) == sum(p.stat().st_size for p in victims(series, ("", ".open")))
    assert list(verify_series(series / "nowhere")) == []


def test_endless_member_starts_end(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 1 << 20) as writer:
        stored = writer.write(capture())
    path = tmp_path / f"{stored.warc_file}.open"
    path.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0" * 20_000)
    assert {d.kind for d in verify_series(tmp_path)} >= {"record"}
