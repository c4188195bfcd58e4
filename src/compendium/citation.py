"""What to cite and how: BibTeX, RIS, and the facts that search engines read from a page.

All of it comes from ``CITATION.cff`` and the build; what neither says is left out.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compendium import errors, files
from compendium.errors import CompendiumError

NAME = "CITATION.cff"
NEEDED = ("title", "authors", "version", "date-released")
# LaTeX's own characters, as text. BibTeX would count a mere \{ as an open brace.
LATEX = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
DESCRIBED = 300  # letters of a description at most


@dataclass(frozen=True)
class Citation:
    """A work, or a chapter of it, as it is cited.

    Parameters
    ----------
    key : str
        Key of the BibTeX entry.
    title : str
    authors : tuple of tuple of str
        Family name and given name of each; a group has only the first.
    date : str
        ISO date of publication.
    version : str
    note : str
        Which edition it is: scenario, vintage, version, commit.
    abstract : str
    keywords : tuple of str
    url, doi : str
        Empty where there is none.
    book, number : str
        Of a chapter: title of the whole, and the number of the chapter, if it has one.
    licenses : tuple of str
        SPDX names.
    based_on : tuple of mapping
        Works that this one is based on, as CFF has them.
    """

    key: str
    title: str
    authors: tuple[tuple[str, str], ...]
    date: str
    version: str
    note: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    url: str = ""
    doi: str = ""
    book: str = ""
    number: str = ""
    licenses: tuple[str, ...] = ()
    based_on: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def names(self) -> list[str]:
        """Authors, family name first."""
        return [", ".join(part for part in name if part) for name in self.authors]

    def plain(self) -> str:
        """The citation as one line of text."""
        whole = f" In: {_ended(self.book)}" if self.book else ""
        place = f" {self.doi and f'https://doi.org/{self.doi}' or self.url}".rstrip()
        note = f" {_ended(self.note)}" if self.note else ""
        return (
            f"{'; '.join(self.names)} ({self.date[:4]}). {_ended(self.title)}{whole}{note}{place}"
        )

    def bibtex(self) -> str:
        """The citation as a BibTeX entry."""
        fields = {
            "author": " and ".join(_person(*name) for name in self.authors),
            "title": f"{{{latex(self.title)}}}",
            "booktitle": self.book and f"{{{latex(self.book)}}}",
            "chapter": self.number,
            "year": self.date[:4],
            "month": str(int(self.date[5:7])),
            "note": latex(self.note),
            "doi": self.doi,
            "url": address(self.url),
        }
        return entry("incollection" if self.book else "misc", self.key, fields)

    def ris(self) -> str:
        """The citation as a RIS record."""
        lines = [("TY", "CHAP" if self.book else "RPRT"), ("ID", self.key), ("TI", self.title)]
        lines += [("T2", self.book), ("SE", self.number)] if self.book else []
        lines += [("AU", name) for name in self.names]
        lines += [
            ("PY", self.date[:4]),
            ("DA", self.date.replace("-", "/")),
            ("ET", self.version),
            ("DO", self.doi),
            ("UR", address(self.url)),
            ("N1", self.note),
            ("LA", "en"),
        ]
        lines += [("KW", word) for word in self.keywords]
        # A line break would begin a field of its own.
        shown = [f"{tag}  - {' '.join(text.split())}" for tag, text in lines if text]
        return "\n".join([*shown, "ER  - ", ""])

    def highwire(self) -> list[tuple[str, str]]:
        """Tags that Google Scholar and reference managers read."""
        tags = [("citation_title", self.title)]
        tags += [("citation_author", name) for name in self.names]
        tags += [
            ("citation_publication_date", self.date.replace("-", "/")),
            ("citation_inbook_title", self.book),
            ("citation_language", "en"),
            ("citation_doi", self.doi),
            ("citation_public_url", address(self.url)),
        ]
        tags += [("citation_keywords", word) for word in self.keywords]
        return [(name, text) for name, text in tags if text]


def read(file: Path) -> Citation:
    """The work that a ``CITATION.cff`` describes.

    Raises
    ------
    CompendiumError
        The file cannot be read, or lacks what a citation needs.
    """
    content, _ = files.read_yaml(file, NEEDED)
    missing = [key for key in NEEDED if not content.get(key)]
    if missing:
        raise CompendiumError(f"{NAME} lacks {', '.join(missing)}")
    _refuse_forms(content)
    date = str(content["date-released"])
    try:
        dt.date.fromisoformat(date)
    except ValueError:
        raise CompendiumError(
            f"{NAME}: date-released: found {date!r}; allowed: a day written YYYY-MM-DD"
        ) from None
    licenses = content.get("license", [])
    return Citation(
        key=re.sub(r"[^a-z]+", "", str(content["title"]).partition(":")[0].lower()) + date[:4],
        title=str(content["title"]),
        authors=tuple(name_of(author) for author in content["authors"]),
        date=date,
        version=str(content["version"]),
        abstract=" ".join(str(content.get("abstract", "")).split()),
        keywords=tuple(str(word) for word in content.get("keywords", [])),
        url=str(content.get("url", "")),
        doi=str(content.get("doi", "")),
        licenses=(licenses,) if isinstance(licenses, str) else tuple(licenses),
        based_on=tuple(content.get("references", [])),
    )


def _refuse_forms(content: Mapping[str, Any]) -> None:
    """Raise if a part of a ``CITATION.cff`` has not the form that is read here."""

    def people(found: object) -> bool:
        return isinstance(found, list) and all(
            isinstance(one, Mapping) and ("name" in one or "family-names" in one) for one in found
        )

    def words(found: object) -> bool:
        return isinstance(found, list) and all(isinstance(one, str) for one in found)

    def works(found: object) -> bool:
        return isinstance(found, list) and all(
            isinstance(one, Mapping)
            and people(one.get("authors", []))
            and all(isinstance(one.get(k, {}), Mapping) for k in ("institution", "publisher"))
            for one in found
        )

    def text(found: object) -> bool:
        return isinstance(found, (str, int, float))

    def web(found: object) -> bool:
        return bool(re.fullmatch(r"https?://[^\s\"<>\\]+", str(found)))

    forms = (
        ("title", text, "a text"),
        ("version", text, "a text"),
        ("abstract", text, "a text"),
        ("authors", people, "a list, each with name, or family-names and given-names"),
        ("keywords", words, "a list of words"),
        ("license", lambda found: text(found) or words(found), "an SPDX name, or a list of them"),
        ("references", works, "a list of works, each with title and authors"),
        ("url", web, "an address that begins with https://"),
        ("doi", lambda found: bool(re.fullmatch(r"10\.[\w.]+/[\w.()/:;-]+", str(found))), "10.1234/abc"),
    )  # fmt: skip
    for key, holds, allowed in forms:
        if key in content and not holds(content[key]):
            found = errors.shorten(content[key])
            raise CompendiumError(f"{NAME}: {key}: found {found!r}; allowed: {allowed}")


def name_of(author: Mapping[str, Any]) -> tuple[str, str]:
    """Family and given name of a person of CFF, or the name of a group and nothing."""
    if "name" in author:
        return str(author["name"]), ""
    family = " ".join(str(author[k]) for k in ("name-particle", "family-names") if k in author)
    return family, str(author.get("given-names", ""))


def _person(family: str, given: str) -> str:
    # Braces keep the name of a group in one piece.
    return f"{latex(family)}, {latex(given)}" if given else f"{{{latex(family)}}}"


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def latex(text: str) -> str:
    """Text as LaTeX prints it: on one line, its special characters escaped."""
    return "".join(LATEX.get(letter, letter) for letter in " ".join(printable(text).split()))


def unlatex(text: str) -> str:
    """The text that `latex` made this of."""
    tokens = {token: letter for letter, token in LATEX.items()}
    return re.sub("|".join(map(re.escape, tokens)), lambda match: tokens[match[0]], text)


def printable(text: str) -> str:
    """Text with control characters as spaces."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text))


def address(url: str) -> str:
    """Address with what would end a BibTeX field or a line percent-encoded."""
    return re.sub(r"[\s{}\\\"<>]", lambda match: f"%{ord(match[0]):02X}", url)


def entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """BibTeX entry; empty fields are left out, and values are taken as they are."""
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


# ------------------------------------------------------------------------------ in the page


def shorten(text: str) -> str:
    """Text cut at a word to what a description may hold."""
    text = " ".join(text.split())
    if len(text) <= DESCRIBED:
        return text
    return text[:DESCRIBED].rpartition(" ")[0].rstrip(",.;:") + " ..."


def open_graph(work: Citation, description: str) -> list[tuple[str, str]]:
    """Tags that a link to the page is shown with. No picture: its address must be a full one."""
    tags = [
        ("og:title", work.title),
        ("og:type", "article" if work.book else "website"),
        ("og:description", shorten(description)),
        ("og:site_name", work.book or work.title),
        ("og:url", address(work.url)),
    ]
    return [(name, text) for name, text in tags if text]


def report(work: Citation, description: str) -> dict:
    """The page in the words of schema.org: the whole report, or a chapter of it."""
    found = {
        "@type": "Chapter" if work.book else "Report",
        "name": work.title,
        "author": [thing_of(name) for name in work.authors],
        "datePublished": work.date,
        "version": work.version,
        "description": shorten(description),
        "inLanguage": "en",
        "keywords": list(work.keywords),
        "license": [spdx(name) for name in work.licenses],
        "isAccessibleForFree": True,
        "url": work.url,
        "identifier": work.doi and f"https://doi.org/{work.doi}",
    }
    if work.book:
        found["isPartOf"] = {"@type": "Report", "name": work.book}
        found["position"] = work.number
    else:
        found["isBasedOn"] = [study_of(reference) for reference in work.based_on]
    return {key: value for key, value in found.items() if value}


def dataset(
    work: Citation,
    package: Mapping[str, Any],
    *,
    files: Iterable[tuple[str, str, str]],
    period: tuple[str, str],
    measured: Iterable[str],
) -> dict:
    """The evidence tables in the words of schema.org.

    Parameters
    ----------
    work : Citation
        The whole work.
    package : mapping
        Descriptor of the data package.
    files : iterable of (str, str, str)
        Name, media type and address of each file to download.
    period : tuple of str
        First and last day that the rows cover.
    measured : iterable of str
        What the rows measure.
    """
    return {
        "@type": "Dataset",
        "name": package["title"],
        "description": package["description"],
        "version": package["version"],
        "keywords": package["keywords"],
        "creator": [thing_of(name) for name in work.authors],
        "datePublished": work.date,
        "license": [licence["path"] for licence in package["licenses"]],
        "isAccessibleForFree": True,
        "temporalCoverage": "/".join(period),
        "variableMeasured": list(measured),
        "isBasedOn": [study_of(reference) for reference in work.based_on],
        "distribution": [
            {"@type": "DataDownload", "name": name, "encodingFormat": kind, "contentUrl": uri}
            for name, kind, uri in files
        ],
    }


def thing_of(name: tuple[str, str]) -> dict:
    """Author in the words of schema.org."""
    family, given = name
    if not given:
        return {"@type": "Organization", "name": family}
    return {
        "@type": "Person",
        "name": f"{given} {family}",
        "familyName": family,
        "givenName": given,
    }


def study_of(reference: Mapping[str, Any]) -> dict:
    """A work that this one is based on, in the words of schema.org."""
    publisher = reference.get("institution", reference.get("publisher", {})).get("name", "")
    found = {
        "@type": "Report" if reference.get("type") == "report" else "CreativeWork",
        "name": reference.get("title", ""),
        "author": [thing_of(name_of(author)) for author in reference.get("authors", [])],
        "datePublished": str(reference.get("date-published", "")),
        "publisher": publisher and {"@type": "Organization", "name": publisher},
    }
    return {key: value for key, value in found.items() if value}


def spdx(name: str) -> str:
    """Address of a licence by its SPDX name."""
    return f"https://spdx.org/licenses/{name}.html"


def meta(attribute: str, tags: Iterable[tuple[str, str]]) -> str:
    """Tags for the head of a page; all text escaped."""
    return "".join(
        f'<meta {attribute}="{html.escape(name)}" content="{html.escape(printable(text))}">\n'
        for name, text in tags
    )


def json_ld(things: list[dict]) -> str:
    """Script element that holds JSON-LD; nothing in a text can end it."""
    text = json.dumps({"@context": "https://schema.org", "@graph": things}, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return f'<script type="application/ld+json">{text}</script>\n'
