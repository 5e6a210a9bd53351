# Everything a fresh machine needs is made here: Python 3.11 and the package registry are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test cluster cluster-slice test-web test-semantic test-ocr test-long test-month check bench eval faults faults-long replay clean setup lock

demo: $(READY)
	$(BIN)/notices demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long and not faults and not browser and not cluster and not month"

# The long tests, and every property on examples that were not tried before.
test-long: $(READY)
	$(BIN)/python -m pytest -n 2 -m "(long or hypothesis) and not faults and not browser and not cluster and not month" --timeout 3600 --hypothesis-profile random

# Two months of an archive that runs by itself on a clock that the test sets, one of them with kills: a quarter of an hour on two cores.
test-month: $(READY)
	$(BIN)/python -m pytest -n 2 tests/end_to_end/month -m month --timeout 3600

# The reading room in Debian's Chromium, and its API under Schemathesis (apt-get install chromium fonts-noto-cjk); screenshots go to build/screenshots.
test-web: $(VENV)/.ready-browser
	NOTICES_SCREENSHOTS=build/screenshots $(BIN)/python -m pytest tests/web -m browser --timeout 900

$(VENV)/.ready-browser: $(READY) requirements-browser.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-browser.lock
	touch $@

# The real recogniser (the extra ocr: 400 MB); `make test` uses a small one of its own.
test-ocr: $(VENV)/.ready-ocr
	$(BIN)/python -m pytest tests/pipeline/attachments/test_rapidocr_text.py

faults: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "faults and not long" --timeout 900

faults-long: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "faults and long" --timeout 7200

# pywb, py-wacz and the Memento client are referees, not parts: they live in an environment of their own, and nothing ships them (the first two are GPL).
replay: $(READY) $(VENV)-pywb/.ready
	PYTHONPATH=. $(BIN)/python tests/replay/replay.py $(VENV)-pywb/bin
	PYTHONPATH=. $(BIN)/python tests/replay/referees.py $(VENV)-pywb/bin

$(VENV)-pywb/.ready: tests/replay/requirements.txt
	$(PYTHON) -m venv $(VENV)-pywb
	$(VENV)-pywb/bin/python -m pip install --quiet --disable-pip-version-check -r tests/replay/requirements.txt
	touch $@

# The extra `semantic` is 90 MB: its tests have an environment of their own.
test-semantic: $(VENV)-semantic/.ready
	$(VENV)-semantic/bin/python -m pytest tests/index/answer/test_meaning_order.py

$(VENV)-semantic/.ready: requirements.lock requirements-semantic.lock
	$(PYTHON) -m venv $(VENV)-semantic
	$(VENV)-semantic/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock -r requirements-semantic.lock
	$(VENV)-semantic/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Servers of the tests' own on loopback: PostgreSQL (apt-get install postgresql), three OpenSearch nodes (Maven and a Java of 21 or later). The extras that
# talk to them are in an environment of their own; docs/cluster.md says how long it takes.
CLUSTER ?= tests/cluster
cluster: $(VENV)-cluster/.ready
	$(VENV)-cluster/bin/python -m pytest $(CLUSTER) -m "cluster and not long" --timeout 1200

# The same in a quarter of an hour at most, for every push: one node of OpenSearch, none killed, and not the index of the past. Where there is no Java of 21 or
# later its tests are skipped, and say so.
cluster-slice: $(VENV)-cluster/.ready
	NOTICES_NODES=1 timeout 900 $(VENV)-cluster/bin/python -m pytest tests/cluster -m "cluster and not long" --timeout 300 \
		--ignore tests/cluster/opensearch/test_faults.py --ignore tests/cluster/opensearch/test_past.py \
		--deselect tests/cluster/store/test_store_faults.py::test_uploads_killed_at_any_time_lose_nothing

$(VENV)-cluster/.ready: requirements.lock requirements-cluster.lock
	$(PYTHON) -m venv $(VENV)-cluster
	$(VENV)-cluster/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock -r requirements-cluster.lock
	$(VENV)-cluster/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# How many documents search is measured over; 10000,100000,1000000 takes hours and 30 GB.
DOCUMENTS ?= 15000

bench: $(VENV)/.ready-bench
	$(BIN)/python -m benchmarks.run --documents $(DOCUMENTS) $(wildcard ../shared/data/corpus)

eval: $(VENV)/.ready-bench
	$(BIN)/python -m benchmarks.reading.accuracy

setup: $(READY)

# An old pip (23.2) is enough: the lock contains only names, versions and hashes.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "notices needs Python 3.11 or later; this is Python %d.%d: make PYTHON=python3.11" % sys.version_info[:2])'
	@echo "Installing the locked packages into $(VENV), once; this takes a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

$(VENV)/.ready-bench: $(READY) requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	touch $@

$(VENV)/.ready-ocr: $(READY) requirements-ocr.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-ocr.lock
	touch $@

LOCK := uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header

lock:
	$(LOCK) pyproject.toml --extra web --extra agent --extra notify --extra opensearch --extra parquet --group dev -o requirements.lock
	$(LOCK) pyproject.toml --extra semantic -c requirements.lock -o requirements-semantic.lock
	$(LOCK) --group bench -c requirements.lock -o requirements-bench.lock
	$(LOCK) --group browser -c requirements.lock -o requirements-browser.lock
	$(LOCK) pyproject.toml --extra workers --extra s3 --group cluster -c requirements.lock -o requirements-cluster.lock
	$(LOCK) pyproject.toml --extra ocr -c requirements.lock -o requirements-ocr.lock

clean:
	rm -rf $(VENV) $(VENV)-pywb $(VENV)-semantic $(VENV)-cluster build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
