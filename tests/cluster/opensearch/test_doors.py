"""Who may enter a cluster, and what a reader is told otherwise; no message contains a password."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import pytest

from index.engines import open_engine, rebuild
from notices.errors import ConfigError, IndexUnusable
from tests.support.opensearch.door import Door, certificate
from tests.support.opensearch.nodes import Nodes, free_ports

pytestmark = pytest.mark.cluster


def test_login_over_tls_with_the_certificate_of_the_clusters_own_authority(nodes: Nodes, url: str, tmp_path: Path) -> None:
    made = certificate(tmp_path)
    name = url.partition("?")[0].rpartition("/")[2]
    with Door(nodes.nodes[0].port, "archive:se%cret", made) as door:
        address = f"opensearch+https://archive:se%25cret@{door.host}/{name}?replicas=0"
        open_engine(f"{address}&ca={made[0]}", write=True).close()
        with pytest.raises(ConfigError, match="certificate is not trusted") as untrusted:
            open_engine(address)
        with pytest.raises(ConfigError, match="refuses the user or the password") as unknown:
            open_engine(f"{address.replace('se%25cret', 'guess')}&ca={made[0]}")
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(ConfigError, match="certificate is not trusted"):
            open_engine(f"{address}&ca={certificate(other)[0]}")
    for error in (untrusted, unknown):
        assert "secret" not in str(error.value)
        assert "se%cret" not in str(error.value)
        assert "guess" not in str(error.value)


def test_node_that_hangs_or_is_gone_is_left_for_the_next_and_not_asked_again_at_once(nodes: Nodes, url: str) -> None:
    (gone,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as hung:  # takes connections and says nothing
        address = url.replace("//", f"//127.0.0.1:{hung.getsockname()[1]},127.0.0.1:{gone},")
        open_engine(address, write=True).close()
        for _ in range(3):
            engine = open_engine(address)
            assert engine.count() == 0
            engine.close()
        hung.setblocking(False)
        hung.accept()[0].close()
        with pytest.raises(BlockingIOError):  # nobody else came
            hung.accept()


def test_index_of_another_program_is_left_alone(nodes: Nodes, url: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    request = urllib.request.Request(f"http://127.0.0.1:{nodes.nodes[0].port}/{name}", method="PUT")
    urllib.request.urlopen(request, timeout=60).close()
    for work in (lambda: open_engine(url, write=True), lambda: open_engine(url), lambda: rebuild(url, [])):
        with pytest.raises(IndexUnusable, match="another program"):
            work()
    assert name in nodes.ask(f"/{name}")
