"""Licences of what the compendium is made with, and of what the built book brings along.

The packages of the lock are installed beside the book and named in ``docs/LICENCES.md``
(`make licences`). What is copied into every built book stands in `BUNDLED`, and its licence texts
go into the book as `NOTICES`. The texts of what is no Python package are in ``notices/``, as their
publishers ship them.

Licences are SPDX expressions (specification 2.3, annex D).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

from compendium import paths
from compendium.errors import CompendiumError
from compendium.packages import lock

FILE = Path("docs", "LICENCES.md")
NOTICES = "third-party-licences.txt"  # in the folder _static of the book

# Each lets anyone pass on the work as part of a book, for any purpose, and asks nothing of the
# book but to keep the text of the licence.
FREE = frozenset({
    "0BSD", "Apache-2.0", "Artistic-1.0-Perl", "Bitstream-Vera", "BSD-2-Clause", "BSD-3-Clause",
    "CC-BY-4.0", "CC0-1.0", "ISC", "LicenseRef-Public-Domain", "MIT", "MIT-0", "MIT-CMU",
    "MPL-2.0", "OFL-1.1", "PSF-2.0", "Unlicense", "Zlib",
})  # fmt: skip

# Classifiers that name one licence; "BSD License" and the like name several.
CLASSIFIERS = {
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}

# What the metadata leave open, read by us: licence, why we say so, packages.
_THREE = "three clauses in its licence file"
_TWO = "two clauses in its licence file"
_APACHE = "version 2.0 in its licence file"
_ELSEWHERE = "not installed on every system or Python; metadata of the locked version"
_REVIEWED = (
    ("Apache-2.0", _APACHE, "arcp asttokens check-jsonschema rfc3986 sortedcontainers"),
    ("Apache-2.0", "the licence of the MathJax it holds; its own few lines are MIT by its classifier",
     "sphinx-mathjax-offline"),
    ("BSD-2-Clause", _TWO, "nest-asyncio2 patsy sphinx sphinxcontrib-jsmath"),
    ("BSD-2-Clause", "no licence file; part of the Sphinx project, whose licence has two clauses",
     "sphinxcontrib-applehelp sphinxcontrib-devhelp sphinxcontrib-htmlhelp sphinxcontrib-qthelp "
     "sphinxcontrib-serializinghtml"),
    ("BSD-3-Clause", _THREE,
     "alabaster comm contourpy cycler ipython-pygments-lexers isodate jinja2 jupyter-book "
     "jupyter-client kiwisolver nbclient nbformat papermill partd prompt-toolkit "
     "pydata-sphinx-theme scipy sphinx-book-theme sphinx-jupyterbook-latex traitlets zict"),
    ("MIT", "its licence file", "axe-playwright-python"),
    ("ISC", "its licence file; the licence field of its metadata says UNKNOWN", "ptyprocess"),
    ("PSF-2.0", "its licence file is the Python licence with another name in it", "matplotlib"),
    ("LicenseRef-Public-Domain AND BSD-2-Clause AND PSF-2.0",
     "its COPYING; the one file under the GPL, for Emacs, is not in the wheel", "docutils"),
    ("Artistic-1.0-Perl OR GPL-2.0-or-later", "its licence file", "text-unidecode"),
    ("Apache-2.0 AND MIT", _ELSEWHERE, "aiohttp"),
    ("PSF-2.0", _ELSEWHERE, "aiohappyeyeballs"),
    ("Apache-2.0", _ELSEWHERE, "aiosignal frozenlist multidict propcache yarl"),
    ("BSD-2-Clause", _ELSEWHERE, "appnope"),
    ("BSD-3-Clause", _ELSEWHERE, "colorama pycparser"),
    ("MIT-0", _ELSEWHERE, "cffi"),
)  # fmt: skip
REVIEWED = {name: (spdx, why) for spdx, why, names in _REVIEWED for name in names.split()}


@dataclass(frozen=True)
class Package:
    """A package of the lock.

    Attributes
    ----------
    name : str
    versions : tuple of str
        More than one where Pythons differ.
    licence : str
        SPDX expression.
    told : str
        What says so: the metadata, or the reason of the reviewed table.
    """

    name: str
    versions: tuple[str, ...]
    licence: str
    told: str


@dataclass(frozen=True)
class Bundled:
    """Something of others that is copied into every built book.

    Attributes
    ----------
    name : str
    licence : str
        SPDX expression.
    brought : str
        The package of the lock that it comes with.
    files : tuple of str
        Patterns of its files, from the folder ``_static`` of the book; none where it is in others.
    notice : str
        File in ``notices/``; empty where the package ships its own licence file.
    """

    name: str
    licence: str
    brought: str
    files: tuple[str, ...]
    notice: str = ""


BUNDLED = (
    Bundled("Sphinx", "BSD-2-Clause", "sphinx", (
        "basic.css", "doctools.js", "documentation_options.js", "file.png", "language_data.js",
        "minus.png", "plus.png", "searchtools.js", "sphinx_highlight.js",
    )),
    Bundled("Snowball stemmer", "BSD-3-Clause", "snowballstemmer", ("language_data.js",)),
    Bundled("Sphinx Book Theme", "BSD-3-Clause", "sphinx-book-theme", (
        "images/logo_*", "locales/*/booktheme.*", "sbt-webpack-macros.html",
        "scripts/sphinx-book-theme.js", "styles/sphinx-book-theme.css",
    )),
    Bundled("PyData Sphinx Theme", "BSD-3-Clause", "pydata-sphinx-theme", (
        "scripts/pydata-sphinx-theme.js", "styles/pydata-sphinx-theme.css", "styles/theme.css",
        "webpack-macros.html",
    )),
    Bundled("Bootstrap and Popper", "MIT", "pydata-sphinx-theme", (
        "scripts/bootstrap.js*", "styles/pydata-sphinx-theme.css",
    ), "bootstrap.txt"),
    Bundled("Font Awesome Free", "CC-BY-4.0 AND OFL-1.1 AND MIT", "pydata-sphinx-theme", (
        "scripts/fontawesome.js*", "styles/pydata-sphinx-theme.css", "vendor/fontawesome/*",
    ), "fontawesome.txt"),
    Bundled("Pygments", "BSD-2-Clause", "pygments", ("pygments.css",)),
    Bundled("Accessible Pygments", "BSD-3-Clause", "accessible-pygments", ("pygments.css",)),
    Bundled("MyST-NB", "BSD-3-Clause", "myst-nb", ("mystnb.*.css",)),
    Bundled("sphinx-design", "MIT", "sphinx-design", ("design-tabs.js", "sphinx-design.min.css")),
    Bundled("sphinx-exercise", "MIT", "sphinx-exercise", ("exercise.css",)),
    Bundled("sphinx-togglebutton", "MIT", "sphinx-togglebutton", ("togglebutton.*",)),
    Bundled("sphinx-copybutton", "MIT", "sphinx-copybutton", (
        "check-solid.svg", "copy-button.svg", "copybutton.*", "copybutton_funcs.js",
    )),
    Bundled("clipboard.js", "MIT", "sphinx-copybutton", ("clipboard.min.js",), "clipboard.txt"),
    Bundled("MathJax", "Apache-2.0", "sphinx-mathjax-offline", ("tex-svg-full.js",), "mathjax.txt"),
    Bundled("ITables", "MIT", "itables", ("tables.js", "tables.css")),
    Bundled("DataTables, jQuery, JSZip and what they hold", "MIT AND ISC AND Zlib", "itables",
            ("tables.js", "tables.css"), "datatables.txt"),
    Bundled("vl-convert", "BSD-3-Clause", "vl-convert-python", ("vega-*.js",)),
    Bundled("Vega, Vega-Lite, Vega-Embed, D3 and what they hold",
            "BSD-3-Clause AND ISC AND MIT AND 0BSD AND Unlicense", "vl-convert-python",
            ("vega-*.js",), "vega.txt"),
    Bundled("DejaVu Sans, as outlines of the letters in the figures", "Bitstream-Vera",
            "matplotlib", (), "dejavu.txt"),
)  # fmt: skip


# ------------------------------------------------------------------------------ the packages


def pins(root: Path = paths.ROOT) -> dict[str, list[str]]:
    """Versions that the lock pins, by package; more than one where Pythons differ."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock(root), re.M):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def packages(root: Path = paths.ROOT) -> list[Package]:
    """Packages of the lock with their licences.

    Raises
    ------
    CompendiumError
        A package does not say in one word what its licence is, and nobody has looked it up.
    """
    found, unknown = [], []
    for name, versions in sorted(pins(root).items()):
        licence, told = REVIEWED.get(name) or (declared(name), "metadata")
        if licence:
            found.append(Package(name, tuple(versions), licence, told))
        else:
            unknown.append(name)
    if unknown:
        raise CompendiumError(
            f"requirements.lock: no licence is known of {', '.join(unknown)}; either "
            "they are not installed here (`make environment`), or their metadata do not name one "
            "of SPDX: then read their licence files and add them to REVIEWED in "
            "src/compendium/licences.py"
        )
    return found


def declared(name: str) -> str:
    """Licence that the metadata of an installed package name; empty where they leave it open."""
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return ""
    for field in ("License-Expression", "License"):
        try:
            return canonicalize_license_expression(metadata.get(field) or "")
        except InvalidLicenseExpression:
            pass  # not given, or in free words
    named = [c for c in metadata.get_all("Classifier") or () if c.startswith("License ::")]
    return CLASSIFIERS.get(named[0], "") if len(named) == 1 else ""


def forbidding(licence: str) -> list[str]:
    """What an SPDX expression asks for that is not in `FREE`; of alternatives one is enough.

    Raises
    ------
    CompendiumError
        The expression nests alternatives.
    """
    options = [option.strip(" ()").split(" AND ") for option in licence.split(" OR ")]
    if len(options) > 1 and "AND" in licence:
        raise CompendiumError(
            f"the licence {licence!r} nests OR and AND; allowed: one kind of them; choose one "
            "alternative in REVIEWED of src/compendium/licences.py"
        )
    return min(([name for name in option if name not in FREE] for option in options), key=len)


def table(root: Path = paths.ROOT) -> str:
    """Text of `FILE`."""
    found = packages(root)
    counts: dict[str, int] = {}
    for package in found:
        counts[package.licence] = counts.get(package.licence, 0) + 1
    lines = [
        "# Licences of others", "",
        "Made by `make licences`; do not edit. "
        "The compendium's own are in `LICENSE` and `LICENSE-CONTENT`.", "",
        "## In every built book", "",
        f"Their texts go into the book, as `_static/{NOTICES}`.", "",
        "| what | licence | comes with |", "|---|---|---|",
        *(f"| {one.name} | {one.licence} | {one.brought} |" for one in BUNDLED), "",
        "## Packages of the lock", "",
        "Installed beside the book, no part of it; "
        f"{len(found)} packages, {len(counts)} licences or combinations of them.", "",
        "| package | version | licence | told by |", "|---|---|---|---|",
        *(
            f"| {one.name} | {', '.join(one.versions)} | {one.licence} | {one.told} |"
            for one in found
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------ in the book


def owners(file: str) -> list[Bundled]:
    """Whose a file of the folder ``_static`` is; nobody's where it is the compendium's own."""
    return [one for one in BUNDLED if any(fnmatch(file, pattern) for pattern in one.files)]


def notices() -> str:
    """Text of `NOTICES`: what is bundled, its licence and the text of it."""
    bar = "=" * 88
    head = (
        "This book brings along software and fonts of others, under their own licences.\n"
        "Its own: MIT for the code, CC BY 4.0 for text, figures and the compilation of the data.\n"
        "On its map: land from Natural Earth (public domain), ports from the World Port Index\n"
        "(a work of the US Government) and GeoNames (CC BY 4.0).\n"
    )
    blocks = [
        "\n".join([bar, f"{one.name} ({one.licence})", *one.files, bar, "", text_of(one), ""])
        for one in BUNDLED
    ]
    return "\n".join([head, *blocks])


def text_of(bundled: Bundled) -> str:
    """Licence text of something bundled.

    Raises
    ------
    CompendiumError
        Its package ships no licence file.
    """
    if bundled.notice:
        return files("compendium").joinpath("notices", bundled.notice).read_text("utf-8").strip()
    found = list(_texts(distribution(bundled.brought)))
    if not found:
        raise CompendiumError(
            f"{bundled.brought} ships no licence file; put the text of its publisher into "
            "src/compendium/notices and name it in BUNDLED of src/compendium/licences.py"
        )
    return "\n\n".join(found)


def _texts(package: Distribution) -> Iterator[str]:
    """Licence files in the metadata of a package."""
    for file in sorted(package.files or (), key=str):
        if ".dist-info" in str(file) and re.match(r"licen[cs]e|copying|notice", file.name, re.I):
            yield Path(file.locate()).read_text("utf-8").strip()


def shipped(folder: Path) -> Mapping[str, list[Bundled]]:
    """Files in the folder ``_static`` of a built book, each with whose it is."""
    names = sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
    return {name: owners(name) for name in names}
