"""A month of an archive that runs by itself, on a clock that the test sets: `make test-month`."""
