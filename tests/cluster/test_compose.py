"""The compose file: its keys are those of Compose, and every name in it exists."""

from __future__ import annotations

import yaml

from tests.support.archive_home import ROOT

FILE = ROOT / "docs/deploy/cluster.yaml"
COMPOSE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
_KEYS = {
    "image", "build", "environment", "init", "restart", "stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt", "volumes", "depends_on",
    "healthcheck", "command", "ports",
}  # fmt: skip


def test_every_key_is_one_of_compose_and_every_name_exists() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert service.keys() <= _KEYS, name
        assert {"image", "restart"} <= service.keys(), name
        assert set(service.get("depends_on", {})) <= services.keys(), name
        assert all(services[other]["healthcheck"]["test"][0] == "CMD" for other in service.get("depends_on", {})), name
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= COMPOSE["volumes"].keys(), name
    assert (FILE.parent / services["room"]["build"]["dockerfile"].rsplit("/", 1)[1]).is_file()
