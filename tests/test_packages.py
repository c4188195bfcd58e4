"""What is installed is told by the folders of the packages, as Python finds them."""

import sys
from importlib import metadata

import pytest

from compendium import audit, inventory, licences, models, packages, paths
from compendium.errors import FaultsError
from compendium.verification import inputs


def test_versions_are_those_that_python_tells():
    told = {packages.plain(d.metadata["Name"]): d.version for d in metadata.distributions()}
    assert packages.installed() == told
    assert len(packages.state()) > 100 and packages.state().items() <= told.items()
    assert inputs.here() == []


def test_a_package_put_before_another_counts(tmp_path, monkeypatch):
    """As PYTHONPATH does; what the lock does not name changes nothing."""
    before, code = packages.state(), models.digest_of(paths.DATAPACKAGE)
    (tmp_path / "NumPy-1.0.dist-info").mkdir()
    (tmp_path / "a_game-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), "no such folder", *sys.path])
    assert packages.differences(before, packages.state()) == [
        f"package numpy: 1.0 in place of {before['numpy']}"
    ]
    assert models.digest_of(paths.DATAPACKAGE) != code
    (change,) = inputs.here()
    assert (change.part, change.now) == ("numpy", "1.0")


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is missing"), (b"", ":1: pins no package"), (b"# numpy\n", ":1: pins no package"),
     (b"numpy==1\n\xff", ":2: not readable as UTF-8"), ("folder", "it is a folder")],
)  # fmt: skip
@pytest.mark.parametrize(
    "ask", [packages.lock, licences.pins, inventory.locked, lambda root: audit.ask("", root)]
)
def test_nothing_is_said_of_the_packages_of_a_damaged_lock(tmp_path, ask, content, words):
    """An empty one has no package with a known vulnerability."""
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["numpy"]\n')
    file = tmp_path / packages.LOCK
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(FaultsError, match=f"requirements.lock.*{words}"):
        ask(tmp_path)
