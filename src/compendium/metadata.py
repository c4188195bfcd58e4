"""What makes a page citable: facts in its head, and at its foot references, downloads, citation.

A Sphinx extension beside `compendium.rendering`. It adds nothing to a book without a
``CITATION.cff``, such as a comparison of scenarios.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.osutil import relative_uri

import compendium
from compendium import (
    bibliography,
    citation,
    datapackage,
    downloads,
    licences,
    pages,
    repository,
)
from compendium.citation import Citation
from compendium.errors import CompendiumError
from compendium.rendering import TABLES, catalogue_of, cells_of, executed, links_from, page_of

FOLDER = "downloads"  # of the built book
FEET = {  # part of a page's foot: its title and the fragment that leads to it
    "references": ("References", "chapter-references"),
    "downloads": ("Downloads", "chapter-downloads"),
    "cite": ("Cite this", "cite-this"),
}
# What a notebook runs first on a machine of another host; by the lock, as everywhere.
CLONE = (
    "git clone --depth 1 --branch {branch} {url}"
    " && pip install -q --require-hashes --only-binary :all: -r {name}/requirements.lock"
    " && pip install -q --no-deps --no-build-isolation -e {name}"
)


# ------------------------------------------------------------------------------ what is known


def root_of(app) -> Path:
    """Checkout that the book is made from."""
    return Path(app.config.compendium_root or app.srcdir)


def repository_of(app) -> repository.Repository:
    """What Git says of that checkout, asked once."""
    if not hasattr(app, "compendium_repository"):
        app.compendium_repository = repository.read(root_of(app))
    return app.compendium_repository


def work_of(app) -> Citation | None:
    """The whole work, in the edition that is being built; None where there is none to cite."""
    if not hasattr(app, "compendium_work"):
        file = root_of(app) / citation.NAME
        try:
            work = citation.read(file) if file.exists() else None
        except CompendiumError as error:
            raise ExtensionError(str(error)) from None
        if work:
            url = work.url or app.config.html_baseurl  # `html: baseurl` of _config.yml
            work = replace(work, note=edition(app, work), url=url)
        app.compendium_work = work
    return app.compendium_work


def edition(app, work: Citation) -> str:
    """Scenario, vintage, version and commit, in words."""
    values = app.config.compendium_values
    file = Path(app.srcdir, values) if values else None
    scenario = json.loads(file.read_text("utf-8")).get("scenario") if file else None
    found = repository_of(app)
    commit = found.commit and f"commit {found.commit[:12]}"
    parts = [
        scenario and f"scenario {scenario}",
        f"evidence known by {catalogue_of(app).as_of}",
        f"version {work.version}",
        commit and commit + (" with changes" if found.changed else ""),
    ]
    text = ", ".join(part for part in parts if part)
    return text[0].upper() + text[1:]


def citation_of(app, docname: str) -> Citation | None:
    """How a page is cited: the first as the whole work, any other as a chapter of it."""
    work = work_of(app)
    if work is None or docname == app.config.root_doc:
        return work
    number = app.env.toc_secnumbers.get(docname, {}).get("", ())
    url = work.url and f"{work.url.rstrip('/')}/{app.builder.get_target_uri(docname)}"
    return replace(
        work,
        key=f"{work.key}-{docname.rpartition('/')[2]}",
        title=app.env.titles[docname].astext(),
        book=work.title,
        number=".".join(map(str, number)),
        url=url,
        doi="",
    )


# -------------------------------------------------------------------------- set at the outset


def read_bibliography(app, config) -> None:
    """Give sphinxcontrib-bibtex the works and, made from the tables, the sources."""
    config.bibtex_bibfiles = []
    config.bibtex_default_style = bibliography.STYLE
    config.bibtex_reference_style = "author_year"
    config.bibtex_tooltips = False  # would format every entry twice
    config.bibtex_cite_id = "cite-{bibliography_count}-{key}"
    works = root_of(app) / bibliography.FILE
    if works.exists():
        sources = Path(app.doctreedir, "compendium", "sources.bib")
        sources.parent.mkdir(parents=True, exist_ok=True)
        records = catalogue_of(app).source_records.values()
        sources.write_text(bibliography.sources_bib(records), "utf-8")
        config.bibtex_bibfiles = [str(works.resolve()), str(sources.resolve())]


def offer_launch(app, config) -> None:
    """Show launch buttons where the checkout has a public remote, and lead them there."""
    options, found = config.html_theme_options, repository_of(app)
    buttons = options.pop("launch_buttons", {})
    for key in ("repository_url", "repository_branch"):
        options.pop(key, None)
    if found.url:
        options["repository_url"], options["repository_branch"] = found.url, found.branch
        if found.host != "github.com":
            buttons = {**buttons, "colab_url": ""}  # Colab opens nothing else by address
        options["launch_buttons"] = buttons


# ------------------------------------------------------------------------- foot of a page


class Foot(nodes.General, nodes.Element):
    """Place of a part of a page's foot."""


def feet_of(app, docname: str) -> list[str]:
    """Parts of the foot of a page, in order."""
    folder, _, name = docname.rpartition("/")
    if work_of(app) is None or (docname != app.config.root_doc and folder != "chapters"):
        return []
    if cells_of(app.env):
        return ["references", "downloads", "cite"]
    whole = docname == app.config.root_doc or "index" in page_of(app.env, docname).parts
    return ["downloads", "cite"] if whole else ["cite"]


def add_feet(app, doctree: nodes.document) -> None:
    """Add the sections of the foot, so that the table of contents has them."""
    page = next(doctree.findall(nodes.section), None)
    if page is None:
        return
    for kind in feet_of(app, app.env.docname):
        title, fragment = FEET[kind]
        foot = Foot()
        foot["kind"] = kind
        page += nodes.section("", nodes.title("", title), foot, ids=[fragment], classes=["foot"])


def fill_feet(app, doctree: nodes.document, docname: str) -> None:
    """Fill the foot when all is known; on paper, where nothing can be fetched, it is left out."""
    for foot in list(doctree.findall(Foot)):
        if app.builder.format != "html":
            foot.parent.parent.remove(foot.parent)
            continue
        content = {"references": references, "downloads": to_download, "cite": to_cite}
        text = content[foot["kind"]](app, docname)
        foot.parent.replace(foot, nodes.raw("", text, format="html"))


def references(app, docname: str) -> str:
    """Sources and works that a chapter rests on, each with its place in the bibliography."""
    chapter = docname.rpartition("/")[2]
    catalogue, links = catalogue_of(app), links_from(app, docname)
    places = {c.key: c for c in app.env.get_domain("cite").citations}

    def place(key: str) -> str:
        if key not in places:
            return links.source(key)
        home = places[key].bibliography_key.docname
        return f"{app.builder.get_relative_uri(docname, home)}#{places[key].citation_id}"

    file = root_of(app) / bibliography.FILE
    works = bibliography.works_of(chapter, file) if file.exists() else {}
    return pages.TEMPLATES.get_template("references.html").render(
        sources=catalogue.sources_of(chapter),
        works={key: bibliography.in_words(work) for key, work in works.items()},
        place=place,
        ended=bibliography.ended,
        as_of=str(catalogue.as_of),
    )


def to_download(app, docname: str) -> str:
    """Notebook, parameters and rows of a chapter; elsewhere the data package."""
    catalogue, found = catalogue_of(app), repository_of(app)
    chapter, cells = docname.rpartition("/")[2], cells_of(app.env, docname)
    rows = catalogue.cited_csv(chapter)
    if cells:
        given = downloads.parameters_of(cells)
        save(app, f"{chapter}-parameters.yml", downloads.parameters_yaml(chapter, given))
        save(app, f"{chapter}-rows.csv", rows)
    return pages.TEMPLATES.get_template("downloads.html").render(
        chapter=chapter if cells else "",
        notebook=relative_uri(app.builder.get_target_uri(docname), f"_sources/{docname}.ipynb"),
        count=len(catalogue.cited(chapter)),
        file=lambda name: address_of(app, docname, name),
        package=downloads.PACKAGE,
        licences=relative_uri(app.builder.get_target_uri(docname), f"_static/{licences.NOTICES}"),
        home=app.builder.get_relative_uri(docname, app.config.root_doc),
        fragment=FEET["downloads"][1],
        as_of=str(catalogue.as_of),
        complete=catalogue.complete,
        clone=clone_of(found) if "github.com" in found.host else "",
    )


def clone_of(found: repository.Repository) -> str:
    """Command that fetches and installs the checkout."""
    words = {key: shlex.quote(getattr(found, key)) for key in ("url", "branch", "name")}
    return CLONE.format(**words)


def to_cite(app, docname: str) -> str:
    """The citation of a page to copy and to fetch, and how to cite a figure of it."""
    work = citation_of(app, docname)
    records = {"bib": work.bibtex(), "ris": work.ris()}
    for ending, text in records.items():
        save(app, f"{work.key}.{ending}", text)
    numbers = app.env.toc_fignumbers.get(docname, {})
    exhibits = [
        (f"{kind.capitalize()} {'.'.join(map(str, number))}", id)
        for kind in ("figure", "table")
        for id, number in numbers.get(kind, {}).items()
    ]
    return pages.TEMPLATES.get_template("cite.html").render(
        work=work,
        records=records,
        exhibits=exhibits,
        file=lambda ending: address_of(app, docname, f"{work.key}.{ending}"),
    )


def save(app, name: str, text: str) -> None:
    """Write a file to download beside the pages."""
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def address_of(app, docname: str, name: str) -> str:
    """Address of such a file as seen from a page."""
    return relative_uri(app.builder.get_target_uri(docname), f"{FOLDER}/{name}")


# ------------------------------------------------------------------------- head of a page


def mend_bibliography(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Drop the role of a list that sphinxcontrib-bibtex gives its entries, which are none."""
    if doctree is not None:
        context["body"] = context["body"].replace('<div role="list" class="citation-list">', '<div class="citation-list">')  # fmt: skip


def add_head(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put into the head what search engines and reference managers read."""
    if doctree is None or work_of(app) is None:
        return
    work = citation_of(app, pagename)
    first = next((p.astext() for p in doctree.findall(nodes.paragraph)), "")
    description = work.abstract if not work.book else first or work.abstract
    things = [citation.report(work, description)]
    if not work.book or "index" in page_of(app.env, pagename).parts:
        things.append(dataset_of(app, pagename))
    context["metatags"] = (
        context.get("metatags", "")
        + citation.meta("name", [("description", citation.shorten(description))])
        + citation.meta("name", work.highwire())
        + citation.meta("property", citation.open_graph(work, description))
        + citation.json_ld(things)
    )


def dataset_of(app, pagename: str) -> dict:
    """The evidence of this vintage in the words of schema.org."""
    work, catalogue, package = work_of(app), catalogue_of(app), datapackage.read_descriptor()
    rows = catalogue.rows
    here = app.builder.get_target_uri(pagename)

    def uri(name: str) -> str:
        return f"{work.url.rstrip('/')}/{name}" if work.url else relative_uri(here, name)

    files = [
        (table["title"], table["mediatype"], uri(f"{TABLES}/{table['name']}.csv"))
        for table in package["resources"]
    ]
    files.append(("Data package", "application/zip", uri(f"{FOLDER}/{downloads.PACKAGE}")))
    period = rows["period_start"].min(), rows["period_end"].max()
    return citation.dataset(
        work,
        package,
        files=files,
        period=tuple(str(day.date()) for day in period),
        measured=sorted(set(rows["indicator"])),
    )


def write_downloads(app, exception) -> None:
    """Write what belongs to no single page; executed notebooks where the theme offers them."""
    if exception is not None or app.builder.format != "html" or work_of(app) is None:
        return
    root = root_of(app)
    save(app, bibliography.FILE, "\n".join(
        Path(file).read_text("utf-8") for file in app.config.bibtex_bibfiles
    ))  # fmt: skip
    package = downloads.package_zip(root / "data", root)
    Path(app.outdir, FOLDER, downloads.PACKAGE).write_bytes(package)
    for docname in app.env.found_docs:
        copy = Path(app.outdir, "_sources", f"{docname}.ipynb")
        if copy.exists() and executed(app.env, docname).exists():
            copy.write_text(
                downloads.portable(executed(app.env, docname).read_text("utf-8")), "utf-8"
            )


def setup(app) -> dict:
    """Tell Sphinx what is here."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_config_value("compendium_root", "", "")
    app.add_node(Foot)
    app.connect("config-inited", read_bibliography)
    app.connect("config-inited", offer_launch)
    app.connect("doctree-read", add_feet, priority=400)  # before the contents are collected
    app.connect("doctree-resolved", fill_feet)
    app.connect("html-page-context", add_head)
    app.connect("html-page-context", mend_bibliography)
    app.connect("build-finished", write_downloads)
    return {
        "version": compendium.__version__,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
