"""Settings of the whole test run."""

import os

# Before numpy is imported anywhere: see the Makefile.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def pytest_collection_modifyitems(items):
    """Start with the longest file, so that the other workers fill the time beside it."""
    items.sort(key=lambda item: "test_end_to_end" not in str(item.path))
