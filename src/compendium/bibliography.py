"""One bibliography: the sources of the rows and the scholarly works the models use.

``references.bib`` holds the works; each is named under References in a docstring, which is how a
chapter's works are found. The sources come from ``data/raw/sources.csv``, under their `source_id`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import pybtex.plugin
from pybtex.database import BibliographyData, Entry, parse_string
from pybtex.richtext import HRef, Text
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.template import field, join, node, optional, sentence, tag

from compendium import citation, files, models
from compendium.errors import CompendiumError, Fault, FaultsError, nearest
from compendium.pages import is_web_address

FILE = "references.bib"
SOURCE = "source"  # keyword of the entries made from sources.csv
STYLE = "compendium"
NO_DATE = "no date seen"


def works(file: Path) -> dict[str, Entry]:
    """Entries of ``references.bib`` by key; raise where the file cannot be read or one lacks a part."""
    text = files.read_text(file)
    try:
        found = _works(text)
    except (pybtex.exceptions.PybtexError, RecursionError) as error:
        raise CompendiumError(f"{file.name}: {' '.join(str(error).split())}") from None
    if faults := list(_faults(found, text, file.name)):
        raise FaultsError(faults)
    return found


def _faults(found: Mapping[str, Entry], text: str, label: str) -> Iterator[Fault]:
    """Entries that could not be cited: of an unknown kind, or without author, title or year."""
    kinds = [name[4:-9] for name in dir(Style) if re.fullmatch("get_.*_template", name)]
    if text.strip() and not found:
        yield Fault(
            label, "holds no work", 1, allowed="entries such as @article{key, author = ...}"
        )
    for key, work in found.items():
        start = re.search(rf"@\s*\w+\s*[{{(]\s*{re.escape(key)}\s*,", text)
        fault = partial(
            Fault, label, line=text.count("\n", 0, start.start()) + 1 if start else None
        )
        if work.type not in kinds:
            allowed = f"{', '.join(kinds)}{nearest(work.type, kinds)}"
            yield fault("is of no known kind", column=key, value=work.type, allowed=allowed)
        for part in ("author", "title", "year"):
            if not (work.persons if part == "author" else work.fields).get(part):
                yield fault("is missing", column=f"{key}, {part}", allowed=f"{part} = {{...}}")


@lru_cache(maxsize=4)
def _works(text: str) -> dict[str, Entry]:
    found: BibliographyData = parse_string(text, "bibtex")
    return dict(found.entries.items())


def sources_bib(sources: Iterable[Mapping[str, str]]) -> str:
    """BibTeX entries of sources, as they stand in ``sources.csv``, under their `source_id`."""
    return "\n".join(source_entry(source) for source in sources)


def source_entry(source: Mapping[str, str]) -> str:
    """BibTeX entry of one source; only an address of the web becomes its address."""
    author, publisher = source["author"] or source["publisher"], source["publisher"]
    fields = {
        # Braces: the name of a group stays in one piece, a title keeps its capitals.
        "author": f"{{{citation.latex(author)}}}",
        "title": f"{{{citation.latex(source['title'])}}}",
        "howpublished": "" if publisher == author else citation.latex(publisher),
        "year": source["published"][:4] or "n.d.",
        "date": source["published"],
        "url": citation.address(source["url"]) if is_web_address(source["url"]) else "",
        "keywords": SOURCE,
    }
    return citation.entry("misc", source["source_id"], fields)


@cache
def named_by(module: str) -> tuple[str, ...]:
    """What stands under References in the docstrings of a module, or of a package's modules.

    Read, not imported: the models bring heavy libraries with them.
    """
    file = Path(find_spec(module).origin)
    files = sorted(file.parent.glob("*.py")) if file.name == "__init__.py" else [file]
    return tuple(item for file in files for item in references_in(file.read_text("utf-8")))


def references_in(code: str) -> list[str]:
    """Numbered references in the docstrings of a text of Python, one line each."""
    found = []
    for block in re.findall(r"References\n[ ]*-{5,}\n(.*?)(?:\n[ ]*\"\"\"|\n\s*\n)", code, re.S):
        items = re.split(r"^[ ]*\.\. \[\d+\] ", block, flags=re.M)
        found += [" ".join(item.split()) for item in items if item.strip()]
    return found


def is_named(work: Entry, item: str) -> bool:
    """Whether a reference in a docstring names a work: its first author and its year."""
    first = work.persons["author"][0]
    name = str(Text.from_latex(" ".join(first.last_names or first.first_names)))
    return name.strip("{}") in item and f"({work.fields['year']})" in item


def works_of(chapter: str, file: Path) -> dict[str, Entry]:
    """Works that the model of a chapter uses, by key, those of all chapters included."""
    if chapter not in models.MODELS:
        return {}
    items = [*named_by(models.MODELS[chapter]), *named_by("compendium.uncertainty")]
    return {key: work for key, work in works(file).items() if any(is_named(work, i) for i in items)}


def in_words(work: Entry) -> str:
    """Work as one line of text: authors, year, title, journal."""
    people = [str(Text.from_latex(str(person))) for person in work.persons["author"]]
    shown = people[0] if len(people) == 1 else f"{'; '.join(people[:-1])} and {people[-1]}"
    if people[-1] == "others":
        shown = f"{'; '.join(people[:-1])} et al."
    parts = [str(Text.from_latex(work.fields["title"])), work.fields.get("journal", "")]
    shown = shown.replace("{", "").replace("}", "")
    return f"{shown} ({work.fields['year']}). " + " ".join(ended(part) for part in parts if part)


# -------------------------------------------------------------------------- as it is printed


class Keys(BaseLabelStyle):
    """Labels that are the keys, by which rows name their source."""

    def format_labels(self, sorted_entries):
        """Label of each entry."""
        return (entry.key for entry in sorted_entries)


@node
def source_text(children, context):
    """Who published what, when and where; the title leads to it.

    Letter for letter as in the table: pybtex's own reading of LaTeX loses some characters.
    """
    work = context["entry"]
    said = {name: citation.unlatex(_bare(text)) for name, text in work.fields.items()}
    author = citation.unlatex(_bare(str(work.persons["author"][0])))
    title = Text(said["title"])
    place = [ended(said["howpublished"])] if "howpublished" in said else []
    parts = [ended(said["title"])[len(said["title"]) :], *place, ended(said.get("date", NO_DATE))]
    return Text(
        f"{ended(author)} ",
        HRef(work.fields["url"], title) if "url" in work.fields else title,
        " ".join(parts),
    )


def ended(text: str) -> str:
    """Text with a mark at its end: its own, or else a full stop."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("{") else text


class Style(Unsorted):
    """Works as in BibTeX's plain style, sources as `source_text` has them."""

    default_label_style = STYLE
    default_sorting_style = "author_year_title"

    def get_article_template(self, e):
        """Template of an article, with its volume also where no pages were seen."""
        if "pages" in e.fields:
            return super().get_article_template(e)
        volume = join[field("volume"), optional["(", field("number"), ")"]]
        return toplevel[
            self.format_names("author"),
            self.format_title(e, "title"),
            sentence[tag("em")[field("journal")], volume, field("year")],
            self.format_web_refs(e),
        ]

    def get_book_template(self, e):
        """Template of a book, also where no publisher was seen."""
        whole = "publisher" in e.fields
        return super().get_book_template(e) if whole else super().get_booklet_template(e)

    def get_misc_template(self, e):
        """Template of a source, or of a work of no other kind."""
        is_source = e.fields.get("keywords") == SOURCE
        return source_text() if is_source else super().get_misc_template(e)


pybtex.plugin.register_plugin("pybtex.style.labels", STYLE, Keys)
pybtex.plugin.register_plugin("pybtex.style.formatting", STYLE, Style)
