"""A new chapter from the template: notebook, model, parameters, exercises, test, register."""

from __future__ import annotations

import ast
import keyword
import os
import re
from importlib import resources
from pathlib import Path

import jinja2
import nbformat

from compendium import files, paths, register
from compendium.errors import CompendiumError, UsageError, nearest

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Digits in prose need a value behind them; the rest would be mark-up.
TITLE = re.compile(r"[^\W\d_][^\W\d_ ,.:;?!'’()-]*(?:[ ,.:;?!'’()-]+[^\W\d_]+)*[.?!)]?")
LONGEST_NAME = 20  # longer ones break the lines of the code
LONGEST_TITLE = 120
CLAIMS, REGISTER = "src/compendium/claims.py", "src/compendium/register.py"
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Where an existing file names its chapters: the new one goes before the last, which re-tests all.
PLACES = {
    "src/compendium/parameters.py": ("parameters.py.txt", "class Replication(Parameters):"),
    REGISTER: ("register.py.txt", '    "replication": Chapter('),
    "_toc.yml": (None, "      - file: chapters/replication"),
}


def new_chapter(name: str, title: str, root: Path = paths.ROOT) -> list[Path]:
    """Write a chapter that builds and passes the tests as it is.

    Parameters
    ----------
    name : str
        Name of notebook, module and ids: small letters, digits, underscores.
    title : str
        Title in words.
    root : Path, optional
        Checkout to write into.

    Returns
    -------
    list of Path
        Files written or changed, from `root`.

    Raises
    ------
    UsageError
        The name or the title does not do.
    CompendiumError
        A file that names the chapters lacks the place for a new one; nothing is then written.
    """
    refuse(name, title, root)
    texts = new_texts(name, title, root)
    write(texts, root)
    return [Path(file) for file in texts]


def refuse(name: str, title: str, root: Path) -> None:
    """Raise if a chapter cannot have this name or title."""
    if (
        len(name) > LONGEST_NAME
        or not NAME.fullmatch(name)
        or keyword.iskeyword(name)
        or keyword.issoftkeyword(name)
    ):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")
        near = (
            f"; did you mean {near!r}?"
            if NAME.fullmatch(near[:LONGEST_NAME]) and near != name
            else ""
        )
        raise UsageError(
            f"NAME={name!r} is no name for a chapter{near}; allowed: up to {LONGEST_NAME} small letters, "
            'digits and single underscores, a letter first, such as: make new-chapter NAME=sanctions TITLE="..."'
        )
    taken = [file for file in new_files(name) if (root / file).exists()]
    taken += [f"src/compendium/{name}"] if (root / "src/compendium" / name).is_dir() else []
    if name in chapters_of(root):
        raise UsageError(
            f"there is a chapter {name} already; nothing was changed. Edit chapters/{name}.ipynb, "
            "or choose another NAME"
        )
    if taken:
        raise UsageError(
            f"NAME={name!r} is taken by {', '.join(taken)}; nothing was changed. Choose another NAME"
        )
    if near := nearest(name, chapters_of(root)):
        close = near.partition("'")[2].rpartition("'")[0]
        if close.replace("_", "").rstrip("s") == name.replace("_", "").rstrip("s"):
            raise UsageError(f"NAME={name!r} would be mistaken for the chapter {close!r}{near}")
    if not TITLE.fullmatch(title) or len(title) > LONGEST_TITLE:
        raise UsageError(
            f"TITLE={title!r} is no title for a chapter; allowed: up to {LONGEST_TITLE} letters "
            "in words, without digits and mark-up, such as: Sanctions: who is listed and when"
        )


def only_chapter(name: str, root: Path = paths.ROOT) -> list[Path]:
    """Take all chapters but one out of the book, so that it can be about other countries.

    Returns
    -------
    list of Path
        Files written, changed or removed, from `root`.

    Raises
    ------
    UsageError
        There is no such chapter.
    """
    known = chapters_of(root)
    if name not in known:
        raise UsageError(
            f"NAME={name!r} is no chapter{nearest(name, known)}; allowed: {', '.join(known)}. "
            "To write one: make new-chapter"
        )
    register_text, claims = (_text(root / file) for file in (REGISTER, CLAIMS))
    entries = re.search(r"^CHAPTERS = \{\n(.*?)^\}\n", register_text, re.M | re.S)
    own = entries and re.search(
        rf'^    "{name}": Chapter\(\n.*?^    \),\n', entries[1], re.M | re.S
    )
    if not own:
        raise CompendiumError(
            f"{REGISTER}: CHAPTERS is not written as `make new-chapter` writes it; allowed: a line "
            f"'CHAPTERS = {{', an entry '    \"{name}\": Chapter(' of lines of its own for each chapter, "
            "a line '}'. Nothing was changed"
        )
    texts = {
        REGISTER: register_text.replace(entries[1], own[0]),
        CLAIMS: re.sub(r"^RESULTS = \{.*?^\}\n", "RESULTS = {}\n", claims, flags=re.M | re.S),
        "_toc.yml": filled("toc.yml.txt", {"name": name}),
        "index.md": filled("index.md.txt", {"name": name}),
    }
    gone = [f"chapters/{other}.ipynb" for other in known if other != name]
    for file in sorted((root / "scenarios").rglob("*.yml")):
        if any(f"{other}:" in _text(file) for other in known if other != name):
            gone.append(file.relative_to(root).as_posix())
    write(texts, root)
    for file in gone:
        (root / file).unlink(missing_ok=True)
    return [Path(file) for file in (*texts, *gone)]


def _text(file: Path) -> str:
    return files.read_text(file).replace("\r\n", "\n")


def chapters_of(root: Path) -> list[str]:
    """Chapters that a checkout registers; its files may be newer than the code that runs."""
    text = _text(root / REGISTER)
    return re.findall(r'^    "(\w+)": Chapter\($', text, re.M) or list(register.CHAPTERS)


def new_files(name: str) -> dict[str, str]:
    """Files of a chapter, and the template of each."""
    return {
        f"src/compendium/{name}.py": "model.py.txt",
        f"src/compendium/exercises/{name}.py": "exercises.py.txt",
        f"tests/test_{name}.py": "test.py.txt",
        f"chapters/{name}.ipynb": "notebook.py.txt",
    }


def new_texts(name: str, title: str, root: Path) -> dict[str, str]:
    """Text of every file that is new or changed, by its path from `root`."""
    facts = {
        "name": name,
        "title": title,
        "slug": name.replace("_", "-"),
        "kind": "".join(part.capitalize() for part in name.split("_")),
        "words": name.replace("_", " ").capitalize(),
    }
    found = {file: filled(template, facts) for file, template in new_files(name).items()}
    found[f"chapters/{name}.ipynb"] = notebook(found[f"chapters/{name}.ipynb"])
    for file, (template, place) in PLACES.items():
        text = _text(root / file)
        if text.count(f"{place}\n") != 1:
            raise CompendiumError(
                f"{file}: the line {place.strip()!r}, before which a new chapter goes, stands there "
                f"{text.count(place)} times; allowed: once. Nothing was changed"
            )
        entry = filled(template, facts) if template else f"      - file: chapters/{name}\n"
        found[file] = text.replace(f"{place}\n", f"{entry}{place}\n")
    for file, text in found.items():
        if file.endswith(".py"):
            ast.parse(text, file)
    return found


def filled(template: str, facts: dict[str, str]) -> str:
    """Text of a template with the facts of a chapter put in."""
    text = (
        resources.files("compendium").joinpath("templates", "chapter", template).read_text("utf-8")
    )
    return jinja2.Template(text, keep_trailing_newline=True, undefined=jinja2.StrictUndefined).render(
        facts
    )  # fmt: skip


def notebook(text: str) -> str:
    """Notebook without outputs, from text in which each cell names its id."""
    import jupytext  # of the tools, not of what a chapter needs

    made = jupytext.reads(text, fmt="py:percent")
    for cell in made.cells:
        cell.id = cell.metadata.pop("id")
    made.metadata = nbformat.from_dict(KERNEL)
    made.nbformat, made.nbformat_minor = 4, 5
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


def write(texts: dict[str, str], root: Path) -> None:
    """Write all files or none: each aside first; on an error what was there is put back."""
    before = {f: (root / f).read_bytes() if (root / f).exists() else None for f in texts}
    asides = {file: (root / file).with_name(f".{Path(file).name}.new") for file in texts}
    try:
        for file, text in texts.items():
            asides[file].write_text(text, "utf-8")
        for file, aside in asides.items():
            os.replace(aside, root / file)
    except BaseException:
        for file, content in before.items():
            asides[file].unlink(missing_ok=True)
            if content is None:
                (root / file).unlink(missing_ok=True)
            elif (root / file).read_bytes() != content:
                (root / file).write_bytes(content)
        raise
