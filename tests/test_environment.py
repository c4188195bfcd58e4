"""Packages: what pyproject.toml names is in the lock, and everything is installed from the lock."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from compendium import paths

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (paths.ROOT / "requirements.lock").read_text("utf-8")


def wanted():
    """Requirements of pyproject.toml by name: its dependencies and both groups."""
    lines = [*PROJECT["project"]["dependencies"]]
    for group in ("test", "setup"):
        lines += PROJECT["dependency-groups"][group]
    found = [Requirement(line) for line in lines]
    names = [canonicalize_name(requirement.name) for requirement in found]
    assert len(set(names)) == len(names)
    return dict(zip(names, found, strict=True))


def stanzas():
    """What the lock holds for each pin: requirement, and the lines that belong to it."""
    found = []
    for block in re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.M)[1:]:
        found.append((Requirement(block.partition("\\")[0].strip()), block))
    return found


def locked():
    """Versions in the lock by name; a package may stand there once for each Python."""
    versions = {}
    for requirement, _ in stanzas():
        (limit,) = requirement.specifier
        assert limit.operator == "=="
        versions.setdefault(canonicalize_name(requirement.name), set()).add(Version(limit.version))
    return versions


def test_conda_and_binder_take_every_package_from_the_lock():
    content = yaml.safe_load((paths.ROOT / "environment.yml").read_text("utf-8"))
    assert set(content["channels"]) == {"conda-forge", "nodefaults"}
    python, pip, lines = content["dependencies"]
    assert pip == "pip"
    assert lines == {"pip": ["--require-hashes", "--only-binary :all:", "-r requirements.lock"]}
    limits = SpecifierSet(python.removeprefix("python "))
    lowest = PROJECT["project"]["requires-python"].removeprefix(">=")
    below = lowest.rpartition(".")
    assert limits.contains(lowest)
    assert not limits.contains(f"{below[0]}.{int(below[2]) - 1}")


@pytest.mark.parametrize("name", wanted())
def test_each_range_contains_the_locked_version(name):
    for version in locked()[name]:
        assert wanted()[name].specifier.contains(version)


@pytest.mark.parametrize("name", sorted(set(wanted()) - {"pip"}))
def test_each_range_has_an_upper_end(name):
    assert {limit.operator for limit in wanted()[name].specifier} & {"<", "=="}


def test_jupyter_book_is_the_last_that_reads_our_configuration():
    assert str(wanted()["jupyter-book"].specifier) == "==1.0.4.post1"
    assert locked()["jupyter-book"] == {Version("1.0.4.post1")}


def test_every_line_of_the_lock_has_hashes():
    assert len(stanzas()) > 100
    assert [str(r) for r, block in stanzas() if "--hash=sha256:" not in block] == []
    assert set(re.findall(r"--hash=(\w+):", LOCK)) == {"sha256"}


def test_the_lock_names_no_address():
    assert re.findall(r"\S*(?:://|file:|git\+| @ )\S*", LOCK) == []
    assert re.findall(r"^\s*-(?!-hash).*|--(?!hash)\S+", LOCK, re.M) == []


def test_the_lock_says_how_to_make_it_anew():
    head = LOCK.partition("==")[0]
    assert "make lock" in head


def test_nothing_in_the_lock_brings_a_server_of_notebooks():
    # It would add a second to the start of every notebook.
    assert not {"jupyter-server", "jupyterlab", "notebook"} & set(locked())
