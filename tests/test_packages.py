"""What is installed is told by the folders of the packages, as Python finds them."""

import sys
from importlib import metadata

from compendium import models, packages, paths
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
