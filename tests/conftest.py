"""Settings of the whole test run."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

# Before numpy is imported anywhere: see the Makefile.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def pytest_xdist_auto_num_workers():
    """One worker more than there are cores: many tests wait for a browser or a process."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def quick_book(tmp_path_factory) -> Path:
    """Root of a copy of the checkout with a built book; one for all workers of a test run."""
    from checkout import Copy

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "quick book"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker builds, the others wait
        root = folder / "côpy of it"
        if not (root / "_build" / "quick").exists():
            shutil.rmtree(root, ignore_errors=True)  # of a build that failed
            copy = Copy(folder)
            copy.scenario("quick", "2024-10-28")
            copy.build("quick")
    return root


@pytest.fixture(scope="module")
def browser():
    """Chromium, driven by Playwright."""
    from browsing import chromium
    from playwright.sync_api import sync_playwright

    from compendium.printing import FLAGS

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Folder of a build, of chapters in a folder of their own."""
    from compendium import paths

    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "CHAPTERS", tmp_path / "chapters")
    paths.CHAPTERS.mkdir()
    return tmp_path / "_build" / "mine"


# The longest first, so that the short ones fill the time beside them. The second and the third
# need no built book, and so do not wait while the first one builds it.
LONGEST = (
    "test_end_to_end",
    "test_whatif",
    "test_datapackage",
    "test_browser",
    "test_accessibility",
    "test_printing",
)


def pytest_collection_modifyitems(items):
    """Order the files by `LONGEST`."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))
