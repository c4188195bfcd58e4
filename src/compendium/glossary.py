"""The field's terms: the first use of each on a page leads to the glossary and opens its card.

A Sphinx extension beside `compendium.rendering`. Nothing is marked by hand: the terms are those
of Sphinx's own ``{glossary}`` directive, looked for in the prose of every page, also in that
which a chapter wrote when it ran. A book without a glossary stays as it is.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from docutils import nodes
from jinja2 import Template
from sphinx import addnodes
from sphinx.util.nodes import make_refnode

import compendium

# Where a link would be a second one, or be repeated elsewhere, or stand in what is no prose.
PASSED_OVER = (
    nodes.title,
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.raw,
    nodes.caption,
    nodes.legend,
    nodes.table,
    nodes.math,
    nodes.math_block,
    nodes.comment,
    nodes.citation,
)


@dataclass(frozen=True)
class Entry:
    """A definition: its page, its anchor there, the words it explains, its text."""

    page: str
    anchor: str
    terms: tuple[str, ...]
    text: str


def entries_of(app) -> list[Entry]:
    """Every definition of the book's glossary, read once."""
    if not hasattr(app, "compendium_glossary"):
        known = app.env.get_domain("std").objects
        pages = {page for (kind, _), (page, _) in known.items() if kind == "term"}
        app.compendium_glossary = [
            Entry(
                page,
                item[0]["ids"][0],
                tuple(t.astext() for t in item.findall(nodes.term)),
                plain(item),
            )
            for page in sorted(pages)
            for glossary in app.env.get_doctree(page).findall(addnodes.glossary)
            for item in glossary.findall(nodes.definition_list_item)
        ]
    return app.compendium_glossary


def plain(item: nodes.definition_list_item) -> str:
    """Text of a definition without its references, which stand in the glossary."""
    definition = next(item.findall(nodes.definition)).deepcopy()
    for node in list(definition.findall(addnodes.pending_xref)):
        if node["refdomain"] == "cite":
            node.parent.remove(node)
    return re.sub(r"\s+([.;,])", r"\1", " ".join(definition.astext().split()))


def pattern(terms: tuple[str, ...]) -> re.Pattern:
    """What finds a term in a text: whole words, in any case, singular or plural."""
    longest_first = sorted(terms, key=len, reverse=True)
    words = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in longest_first)
    return re.compile(rf"(?<![\w-])({words})(?:s)?(?![\w-])", re.IGNORECASE)


def link_terms(app, doctree: nodes.document, docname: str) -> None:
    """Link the first use of each term in the prose of a page."""
    entries = entries_of(app)
    if not entries or docname in {entry.page for entry in entries}:
        return
    left = {term.lower(): entry for entry in entries for term in entry.terms}
    find = pattern(tuple(left))
    for text in list(doctree.findall(nodes.Text)):
        if is_prose(text):
            replace(app, docname, text, find, left)


def is_prose(text: nodes.Text) -> bool:
    """Whether a text stands in a sentence and in no link, title, table or code."""
    node, inside = text.parent, False
    while node is not None:
        if isinstance(node, PASSED_OVER) or "compendium-value" in node.get("classes", ()):
            return False
        inside = inside or isinstance(node, nodes.paragraph)
        node = node.parent
    return inside


def replace(app, docname: str, text: nodes.Text, find: re.Pattern, left: dict[str, Entry]) -> None:
    """Put links in the place of the terms of one text, and take those from what is left."""
    found, end = [], 0
    for match in find.finditer(text):
        entry = left.get(" ".join(match[1].lower().split()))
        if entry is None:
            continue
        for term in entry.terms:
            del left[term.lower()]
        label = nodes.inline("", match[0])
        link = make_refnode(app.builder, docname, entry.page, entry.anchor, label)
        link["classes"] = ["glossary-term"]
        found += [nodes.Text(text[end : match.start()]), link]
        end = match.end()
    if found:
        text.parent.replace(text, [*found, nodes.Text(text[end:])])


# ------------------------------------------------------------------------------------- cards


@cache
def template() -> Template:
    """What a card is made from."""
    return Template(
        files("compendium").joinpath("templates", "term.html").read_text("utf-8"), autoescape=True
    )


def add_cards(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the cards of the terms that a page links at its end; without a script a link is one."""
    if doctree is None or app.builder.format != "html":
        return
    known = {entry.anchor: entry for entry in entries_of(app)}
    cards = []
    for link in doctree.findall(nodes.reference):
        if "glossary-term" not in link.get("classes", ()):
            continue
        uri = link.get("refuri", "")
        entry = known[uri.partition("#")[2]]
        address = f'href="{html.escape(uri)}"'
        marked = f'{address} data-card="card-{entry.anchor}"'
        context["body"] = context["body"].replace(address, marked, 1)
        cards.append(template().render(entry=entry, uri=uri))
    context["body"] += "\n".join(cards)


def setup(app) -> dict:
    """Tell Sphinx what is here."""
    # After the values are printed: their texts are no prose of the page.
    app.connect("doctree-resolved", link_terms, priority=600)
    app.connect("html-page-context", add_cards)
    return {
        "version": compendium.__version__,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
