"""Render executed notebooks and pages to HTML, and put the result in place at once."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import nbformat.v4 as nb
import yaml
from sphinx_external_toc.parsing import MalformedError, parse_toc_data

from compendium import commands, files, inheritance, locks, paths, stamps
from compendium.errors import CompendiumError, Fault, FaultsError, nearest
from compendium.register import CHAPTERS
from compendium.values import Value
from compendium.values import write as write_values

# Beside the pages themselves; whatever is missing is left out.
EXTRAS = ("assets", "data", "references.bib")
PAGES = (".ipynb", ".md")
WHERE = "a page in chapters/ or beside _toc.yml"  # a change elsewhere is not seen by `stamps`
LONGEST = 200  # bytes of the name of a page; many disks hold no longer one
NAMED = "a path from _toc.yml without ending, without . and .. in it, such as chapters/arms_trade"
TOC = "format: jb-book, root: a page, and parts or chapters, each page once"
SECTIONS = ("parse", "execute", "html", "latex", "launch_buttons", "repository", "sphinx")
CONFIG = (
    "title", "author", "copyright", "logo", "exclude_patterns", "only_build_toc_files",
    "bibtex_bibfiles", *SECTIONS,
)  # fmt: skip

# The command of the environment we run in, also where its folder is not on the PATH.
# Without the collector, which walks all the pages held in memory again and again (a third of the time).
JUPYTER_BOOK = [
    sys.executable,
    "-c",
    f"{commands.TIED}; import gc; gc.disable(); from jupyter_book.cli.main import main; main()",
]

AT_FDCWD = -100
RENAME_EXCHANGE = 2


def render(
    scenario: str,
    notebooks: Path,
    values: Path,
    target: Path,
    *,
    title: str = "",
    as_of: object = None,
    banner: str = "",
    root: Path = paths.ROOT,
    verbose: bool = False,
) -> Path:
    """Render the book of one scenario, executing nothing.

    Parameters
    ----------
    scenario : str
        Name of the scenario, told on every page.
    notebooks : Path
        Folder of the executed notebooks, named as in ``chapters/``.
    values : Path
        The scenario's ``values.json``.
    target : Path
        Folder to make; it must not exist yet (see `publish`).
    title : str, optional
        Title of the scenario, told on every page.
    as_of : date or str, optional
        Date by which evidence was known; default: the one written in `values`.
    banner : str, optional
        Line at the head of every page in place of scenario, title and date.
    root : Path, optional
        Checkout the pages are taken from.
    verbose : bool
        Show what Jupyter Book prints.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    CompendiumError
        A page is missing, or Jupyter Book found an error or gave a warning; `target` is then
        not made.
    """
    root, target = Path(root), Path(target)
    if os.path.lexists(target):
        raise CompendiumError(f"{paths.relative(target)} is there already; name a new folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, hence on its file system, so that a rename puts the result there.
    with tempfile.TemporaryDirectory(prefix=".render-", dir=target.parent) as aside:
        source, output = Path(aside, "source"), Path(aside, "output")
        stage(root, Path(notebooks), source)
        said = html.escape(banner) or announcement(scenario, title, as_of or _as_of(Path(values)))
        configure(source / "_config.yml", Path(values), said, root)
        run_jupyter_book(source, output, verbose=verbose)
        slim(output / "_build" / "html")
        os.rename(output / "_build" / "html", target)
    return target


def download(page: Path, name: str) -> str:
    """Where the built book keeps a file that an exhibit of a page offers, from the book's top.

    Sphinx names the folder by a digest of the place it took the file from, as seen from the
    folder of the sources; that is always the same within the folders of `render`.
    """
    made = f"../output/_build/jupyter_execute/{page.with_suffix('').as_posix()}/{name}"
    return f"_downloads/{hashlib.md5(made.encode(), usedforsecurity=False).hexdigest()}/{name}"


def slim(html_folder: Path) -> None:
    """Remove what no reader's browser asks for.

    Maps that lead from the theme's scripts to their sources, and Sphinx's note on its settings,
    which differs with the place of the checkout.
    """
    for file in [*(html_folder / "_static").rglob("*.map"), html_folder / ".buildinfo"]:
        file.unlink(missing_ok=True)


def size(folder: Path) -> str:
    """Size of a folder in words."""
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return f"{sum(sizes) / 1e6:.0f} MB in {len(sizes):,} files"


def cells(parts: Iterable[tuple[str, dict | None]]) -> list[nb.NotebookNode]:
    """Cells of a page made by code: text in MyST, then an output of `exhibits`, if any."""
    found = []
    for number, (text, bundle) in enumerate(parts, 1):
        if text:
            found.append(nb.new_markdown_cell(text, id=f"text-{number}"))
        if bundle:
            output = nb.new_output("display_data", bundle)
            hidden = {"tags": ["remove-input"]}
            # A cell without source is dropped when the page is rendered.
            found.append(
                nb.new_code_cell("show()", id=f"shown-{number}", outputs=[output], metadata=hidden)
            )
    return found


def render_page(
    content: list[nb.NotebookNode],
    known: Mapping[str, Value],
    as_of: object,
    target: Path,
    *,
    banner: str,
) -> Path:
    """Render one page as a book of its own, put it in the place of `target`, and return it."""
    target = Path(target)
    with locks.alone(target):
        _render_page(content, known, as_of, target, banner)
    return target / "html" / "chapters" / "page.html"


def _render_page(content, known, as_of, target: Path, banner: str) -> None:
    aside = target.with_name(f".{target.name}.building")
    files.clear(aside)
    root = aside / "source"
    (root / "chapters").mkdir(parents=True)
    _copy(paths.ROOT, "assets", root)
    shutil.copyfile(paths.ROOT / "_config.yml", root / "_config.yml")
    (root / "_toc.yml").write_text("format: jb-book\nroot: chapters/page\n", "utf-8")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nb.new_notebook(cells=content, metadata={"kernelspec": kernel})
    (root / "chapters" / "page.ipynb").write_text(nb.writes(notebook), "utf-8")
    write_values(aside / "values.json", known, as_of=str(as_of))
    render(
        target.name,
        root / "chapters",
        aside / "values.json",
        aside / "html",
        banner=banner,
        root=root,
    )
    shutil.rmtree(root)
    publish(aside, target)


def stage(root: Path, notebooks: Path, source: Path) -> None:
    """Copy what the book is made of to `source`, executed notebooks in place of the chapters."""
    source.mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml", *EXTRAS):
        _copy(root, name, source)
    folders = set()
    for page in pages(root, [*CHAPTERS, *(file.stem for file in notebooks.glob("*.ipynb"))]):
        file = root / page
        if file.suffix == ".ipynb":
            file = notebooks / file.name
            if not file.exists():
                raise CompendiumError(
                    f"{page} was not run: {paths.relative(file)} is missing; run `make book`"
                )
        (source / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, source / page)
        folders.add(page.parent)
    # Pictures and other files a page may show stand beside it.
    for folder in folders - {Path()}:
        for file in (root / folder).iterdir():
            if file.is_file() and file.suffix not in PAGES and not file.name.startswith("."):
                shutil.copyfile(file, source / folder / file.name)


def _copy(root: Path, place: str, target: Path) -> None:
    for name in stamps.files_at(root, place):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)


def pages(root: Path = paths.ROOT, chapters: Iterable[str] = CHAPTERS) -> list[Path]:
    """Files of the pages named in ``_toc.yml``, in its order, as paths from `root`.

    Of the notebooks only those of `chapters` may be pages: no other is run.
    """
    run = [Path("chapters", f"{name}.ipynb") for name in chapters]
    file = root / "_toc.yml"
    content, lines = files.read_yaml(file, ("format", "root", "parts", "chapters"))
    named = list(_files_in(content))
    if faults := [
        Fault("_toc.yml", "is no name of a page", lines[place], place[-1], str(name), NAMED)
        for place, name in named
        if not _is_name(name)
    ]:
        raise FaultsError(faults)
    try:
        parse_toc_data(content)
    except MalformedError as error:
        raise FaultsError([Fault("_toc.yml", f"{error}", allowed=TOC)]) from None
    found, faults = [], []
    for place, name in named:
        own = [Path(f"{name}{ending}") for ending in PAGES if (root / f"{name}{ending}").is_file()]
        if wrong := _wrong(f"{name}", own, root, run):
            problem, allowed = wrong
            faults.append(Fault("_toc.yml", f"{name}: {problem}", lines[place], allowed=allowed))
        elif own[0].suffix == ".md":
            try:
                if not files.read_text(root / own[0]).strip():
                    faults.append(Fault(own[0].as_posix(), "is empty", 1, allowed="# a title"))
            except FaultsError as error:
                faults += error.faults
        found += own
    if faults:
        raise FaultsError(faults)
    return found


def _wrong(name: str, own: list[Path], root: Path, run: list[Path]) -> tuple[str, str] | None:
    """What is wrong with a page and what is allowed, from its files and the notebooks that run."""
    if not all(_is_within(root / page, root) for page in (Path(name), *own)):
        return "leads out of the book", WHERE
    if len(own) != 1:
        if not own and name.endswith(PAGES) and (root / name).is_file():
            return "stands with the ending of its file", os.path.splitext(name)[0]
        problem = "no such page" if not own else "both a notebook and a text page"
        return problem, f"{name}.ipynb or {name}.md"
    place = Path(os.path.normpath(own[0]))
    if len(place.parts) > 1 and place.parts[0] != "chapters":
        return "is in a folder that no build looks into", WHERE
    if place.suffix == ".ipynb" and place not in run:
        names = ", ".join(file.stem for file in run)
        return (
            "is a notebook that no build runs",
            f"a text page, or chapters/NAME with NAME of {names}",
        )
    return None


def _is_name(name: object) -> bool:
    """Whether this can be a page at all; where it leads is looked at afterwards."""
    return (
        isinstance(name, str)
        and name.isprintable()
        and len(name.encode()) <= LONGEST
        and os.path.normpath(name) == name
    )


def _is_within(file: Path, root: Path) -> bool:
    # Also by way of a link: what it leads to would be published.
    return file.resolve().is_relative_to(root.resolve())


def _files_in(entry: object, place: tuple = ()) -> Iterator[tuple[tuple, str]]:
    """Name of each page and the keys that lead to it."""
    # Page names stand under these two keys at any depth.
    if isinstance(entry, dict):
        yield from (((*place, key), entry[key]) for key in ("root", "file") if key in entry)
    parts = entry.items() if isinstance(entry, dict) else enumerate(entry)
    for key, part in parts:
        if isinstance(part, (dict, list)):
            yield from _files_in(part, (*place, key))


def configuration(file: Path) -> dict:
    """Content of a ``_config.yml``; what Jupyter Book would pass over or trip on is a fault."""
    content, lines = files.read_yaml(file, CONFIG)
    label = paths.relative(file)
    faults = [
        Fault(
            label,
            f"unknown key{nearest(str(key), CONFIG)}",
            lines[key,],
            key,
            allowed=", ".join(CONFIG),
        )
        for key in content
        if key not in CONFIG
    ]
    for place in (*((name,) for name in SECTIONS), ("sphinx", "config")):
        held = content
        for key in place:
            held = held.get(key) if isinstance(held, dict) else {}
        if place in lines and not isinstance(held, dict):
            problem = "not a list of keys"
            faults.append(
                Fault(label, problem, lines[place], ".".join(place), str(held), "key: value")
            )
    if faults:
        raise FaultsError(faults)
    return content


def announcement(scenario: str, title: str = "", as_of: object = None) -> str:
    """Line at the head of every page: which scenario, and what it could know."""
    text = f"Scenario: {scenario}" + (f" ({title})" if title else "") + "."
    return html.escape(text + (f" Evidence known by {as_of}." if as_of else ""))


def configure(file: Path, values: Path, banner: str, root: Path = paths.ROOT) -> None:
    """Turn the checkout's configuration into that of a rendering of finished notebooks."""
    config = configuration(file)
    config.setdefault("execute", {})["execute_notebooks"] = "off"
    config.setdefault("html", {})["announcement"] = banner
    settings = config.setdefault("sphinx", {}).setdefault("config", {})
    settings["compendium_values"] = str(values.resolve())
    settings["compendium_root"] = str(root.resolve())
    file.write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")


def run_jupyter_book(source: Path, output: Path, *, verbose: bool = False) -> None:
    """Build the HTML of `source`; a warning is an error, told in plain words.

    In a process of its own: Sphinx leaves traces in the one it runs in.
    """
    command = [*JUPYTER_BOOK, "build", str(source), "--path-output", str(output)]
    command += ["-W", "--keep-going"]
    with commands.tied(
        command + ([] if verbose else ["--quiet"]),
        stdout=None if verbose else subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        # Colours would stand as codes in our messages; a wide terminal keeps lines whole.
        env={**inheritance.variables(), "NO_COLOR": "1", "COLUMNS": "1000"},
    ) as process:
        told = process.communicate()[1]
    if verbose:
        sys.stderr.write(told)
    if process.returncode:
        raise CompendiumError("the book was not rendered:\n" + explain(told, source))


def explain(output: str, source: Path) -> str:
    """The lines of Sphinx's error output that tell the user what to mend.

    Warnings become ``file:line: problem`` with the line of a notebook told as cell and line,
    and Python's own traceback is left out wherever anything better is at hand.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", output).replace(f"{source.resolve()}{os.sep}", "")
    text = text.replace(f"{source}{os.sep}", "")
    told = []
    for line in text.splitlines():
        if match := re.match(r"(.*?)(?::(\d+))?: (WARNING|ERROR|CRITICAL|SEVERE): (.*)", line):
            file, number, _, problem = match.groups()
            file, number = place(file, int(number or 0))
            told.append(f"{file}:{number}: {problem}" if number else f"{file}: {problem}")
        elif match := re.match(r"(WARNING|ERROR|CRITICAL): (.*)", line):
            told.append(match[2])
    # An error of Sphinx itself, or one of ours: its kind on one line, then what is wrong.
    if match := re.search(r"^\w+ error.*?:\n(.*?)(?:\n\s*\n|\nTraceback|\Z)", text, re.M | re.S):
        told += match[1].strip().splitlines()
    # A fault in the code of a page, with the place Sphinx gives.
    if match := re.search(r"^Exception occurred:\n(.*?)\nThe full traceback", text, re.M | re.S):
        told += [line.strip() for line in match[1].splitlines() if line.strip()]
    if not told:
        # Nothing known: the last exception, out of the box Jupyter Book draws around it.
        last = re.split(r"^(?=[\w.]*(?:Error|Exception):)", text, flags=re.M)[-1]
        told = [line for line in last.splitlines() if line.strip("= ") not in ("", "RuntimeError:")]
    return "\n".join(dict.fromkeys(told))


def place(file: str, line: int | None) -> tuple[str, int | None]:
    """Page and line as the reader finds them; in a notebook, its cell and the line in that.

    MyST-NB calls the first line of cell n line ``n * 10000 + 2``.
    """
    if line and line >= 10000:
        cell, line = divmod(line, 10000)
        file, line = f"{file}, cell {cell}", line - 1
    return file, line if line and line > 0 else None


def _as_of(values: Path) -> str | None:
    try:
        return json.loads(values.read_text("utf-8")).get("as_of")
    except FileNotFoundError:
        return None


def publish(staged: Path, target: Path) -> None:
    """Put the finished folder `staged` in the place of `target` and remove the old one.

    On Linux the two change places in one step, so that a reader always finds one whole book.
    Both must be on one file system.
    """
    staged, target = Path(staged), Path(target)
    if not staged.is_dir():
        raise CompendiumError(f"{paths.relative(staged)} is not a folder; nothing was put in place")
    target.parent.mkdir(parents=True, exist_ok=True)
    restore(target)
    if not os.path.lexists(target):
        try:
            os.rename(staged, target)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # another process was quicker
                raise
    if not target.is_dir() or target.is_symlink():
        raise CompendiumError(f"{paths.relative(target)} is not a folder; it was left as it is")
    if not exchange(staged, target):
        swap(staged, target)
    shutil.rmtree(staged)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step; False where the system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # not Linux, or an old C library
        return False
    done = renameat2(
        AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), ctypes.c_uint(RENAME_EXCHANGE)
    )
    if done == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM):
        return False  # the kernel or this file system does not know it
    raise OSError(code, os.strerror(code), str(one), None, str(other))


def swap(one: Path, other: Path) -> None:
    """Let two folders change places in steps; on failure both are where they were.

    A process killed between the steps leaves the old one aside, for `restore`.
    """
    aside = _aside(other)
    os.rename(other, aside)
    try:
        os.rename(one, other)
    except OSError:
        os.rename(aside, other)
        raise
    os.rename(aside, one)


def restore(target: Path) -> None:
    """Put back, or remove, what a broken-off `swap` left aside."""
    aside = _aside(target)
    if not os.path.lexists(target):
        with contextlib.suppress(FileNotFoundError):
            os.rename(aside, target)
    files.clear(aside)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}-old")
