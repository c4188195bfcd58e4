"""What knows Sphinx, with `compendium.metadata`: values in prose, exhibits, and what fails a build.

A Sphinx extension (``extra_extensions`` in ``_config.yml``) and, through the entry point
group ``myst_nb.mime_renderers``, the renderer of the exhibits a notebook shows.

- Role: ``{value}`arms_trade.value_total` ``, or with a form of `compendium.values.FORMS`
  after a space, ``{value}`arms_trade.value_total interval` ``.
  ``id in UNIT`` converts, and refuses where that makes no sense. In HTML a value links to the
  catalogue and opens a card with the rows it rests on.
- Directive: ``{catalogue} arms``, a part of the evidence catalogue (`compendium.pages`).
- Directive: ``{vintages} tracks``, a part of the estimates over time (`compendium.vintages`).
- Directive: ``{coursework}``, what the chapters teach and their exercises.
- Exhibit: a notebook output of type `MIME` (a figure or a table with its data) becomes a
  numbered figure or table, to which ``{numref}`` refers by its ``name``. One of the kind
  ``prose`` is a paragraph of MyST that a chapter wrote, one of the kind ``summary`` the box at
  its head, and one of the kind ``panel`` a panel in which the reader changes assumptions
  (`compendium.whatif`).

Every fault found in a page is collected, and all are raised at once after the pages are read
and before any is written: a mere warning would let a second, incremental build pass.
"""

from __future__ import annotations

import base64
import binascii
import html
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.osutil import relative_uri

import compendium
from compendium import book, coursework, licences, pages, parameters, paths, values, vintages
from compendium.catalogue import Catalogue
from compendium.errors import CompendiumError, Fault, nearest
from compendium.exercises import cells
from compendium.files import put
from compendium.pages import is_web_address

MIME = "application/vnd.compendium.exhibit+json"
LONG_CELL = 45  # letters from which on a cell asks for room
LONG_TABLE = 12  # rows from which on a table scrolls inside itself
SHORT_CELL = 12  # letters up to which, a date say, a cell is not broken
ALIGNMENTS = ("left", "right", "center")
DOWNLOADS = {"png": "Picture (PNG)", "csv": "Data (CSV)"}
ROW_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
WORDS_A_MINUTE = 238
NOT_READ = (
    nodes.literal_block,
    nodes.table,
    nodes.raw,
    nodes.math,
    nodes.math_block,
    nodes.comment,
)
EXERCISES = {"exercise", "solution"}  # classes that sphinx-exercise gives them
TABLES = "tables"  # folder of the built book that holds the tables to download
MATHJAX = ("sphinx-mathjax-offline", "static/mathjax/tex-svg-full.js")  # package, file in it


# ------------------------------------------------------------- what is known of each page


@dataclass
class Use:
    """A value printed in a page, with its text when the page was last read or written."""

    id: str
    form: str
    line: int
    text: str


@dataclass
class Page:
    """What the build knows of a page; Sphinx keeps it from one build to the next."""

    uses: list[Use] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)  # of the catalogue
    panel: str = ""  # name of its what-if panel
    publishes: dict[str, int] = field(default_factory=dict)  # cell by value; "" for the rest


def page_of(env, docname: str) -> Page:
    """Record of a page, made where there is none."""
    if not hasattr(env, "compendium_pages"):
        env.compendium_pages = {}
    return env.compendium_pages.setdefault(docname, Page())


def forget_page(app, env, docname: str) -> None:
    """Start a page anew before it is read again."""
    getattr(env, "compendium_pages", {}).pop(docname, None)


def merge_pages(app, env, docnames, other) -> None:
    """Take over what a parallel reader found."""
    for docname in docnames:
        page_of(env, docname)
        env.compendium_pages[docname] = page_of(other, docname)


def fault(env, docname: str, line: int | None, problem: str, **details: str) -> Fault:
    """Fault of a page; a line of a notebook is told as cell and line."""
    file, line = book.place(env.doc2path(docname, base=False), line)
    return Fault(file, problem, line, **details)


# ------------------------------------------------------------------------ values in prose


class ValueText(nodes.inline):
    """A published number in a page: its id, its form, and its text as known so far."""


class ValueRole(SphinxRole):
    """``{value}`id form` ``, the text of a published number."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Make the node.

        A value known already stands at once in headings, anchors and the table of contents.
        For one that is not, its chapter may be read later: `settle` looks again.
        """
        id, _, form = self.text.strip().partition(" ")
        form = form.strip() or "value"
        text = text_of(id, form, known_values(self.env.app)) or id
        page_of(self.env, self.env.docname).uses.append(Use(id, form, self.lineno, text))
        node = ValueText(self.rawtext, text, classes=["compendium-value"])
        node["value_id"], node["form"] = id, form
        return [node], []


def known_values(app) -> dict[str, values.Value]:
    """Values published so far; empty where there is no file yet."""
    name = app.config.compendium_values
    file = Path(app.srcdir, name) if name else values.output_folder() / "values.json"
    try:
        stat = file.stat()
        return _read_values(file, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        return {}
    except CompendiumError as error:
        raise ExtensionError(str(error)) from None


@lru_cache(maxsize=4)
def _read_values(file: Path, changed: int, size: int) -> dict[str, values.Value]:
    return values.read(file)


def text_of(id: str, form: str, known: dict[str, values.Value]) -> str | None:
    """Text of a value, or None where it cannot be told."""
    try:
        return values.lookup(known, id).text(form)
    except CompendiumError:
        return None


def set_texts(tree: nodes.Node, known: dict[str, values.Value]) -> bool:
    """Bring the values in `tree` up to date; tell whether any changed."""
    changed = False
    for node in list(tree.findall(ValueText)):
        text = text_of(node["value_id"], node["form"], known)
        if text is not None and text != node.astext():
            node[:] = [nodes.Text(text)]
            changed = True
    return changed


def settle(app, env) -> list[str]:
    """Fail on the faults of all pages; return the pages whose values have changed.

    Runs when every page is read and every chapter executed, and also where nothing had to be
    read, so that a new ``values.json`` reaches the pages of an incremental build.
    """
    known = known_values(app)
    faults, stale = [], set()
    for docname in sorted(env.found_docs):
        page = page_of(env, docname)
        faults += page.faults
        for use in page.uses:
            try:
                text = values.lookup(known, use.id).text(use.form)
            except CompendiumError as error:
                faults.append(fault(env, docname, use.line, str(error)))
                continue
            if text != use.text:
                use.text = text
                stale.add(docname)
    if faults:
        lines = "\n".join(str(fault) for fault in faults)
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
        raise ExtensionError(f"{lines}\n{count} found in the pages; the book was not built.")
    outlines = [*env.titles.values(), *env.longtitles.values(), *env.tocs.values()]
    changed = [set_texts(outline, known) for outline in outlines]
    if any(changed):
        stale |= env.found_docs  # every page shows the titles of the others
    return sorted(stale)


def resolve_values(app, doctree: nodes.document, docname: str) -> None:
    """Print the final values into a page about to be written."""
    set_texts(doctree, known_values(app))


# ------------------------------------------------------------------------------- exhibits


class Rows(nodes.General, nodes.Element):
    """Rows of an exhibit's table: one node until the page is written.

    Some thirty passes are made over every page, and its tables hold nine tenths of the cells
    and words. Each would be three nodes.
    """


class DataDetails(nodes.container):
    """What few need; in HTML folded under a line to click, elsewhere plainly there."""


class ExhibitRenderer:
    """MyST-NB's mime renderer of exhibits (`myst_nb.core.render.MimeRenderPlugin`)."""

    mime_priority_overrides = [("*", MIME, 0)]

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Element] | None:
        """Return the nodes of an exhibit, and None for any other output."""
        if data.mime_type != MIME:
            return None
        try:
            refuse_stale(renderer, data.content.get("printed", {}))
            if data.content.get("kind") == "summary":
                return [summary_box(renderer, data.content, data.line or 0)]
            if data.content.get("kind") == "prose":
                text = parse(renderer, data.content["text"], data.line or 0)
                title = data.content.get("box")
                return [box(title, text)] if title else text
            if data.content.get("kind") == "panel":
                return [panel(renderer, data.content, data.line or 0)]
            return Exhibit(renderer, data.content, data.line or 0).build()
        except CompendiumError as error:
            env = renderer.renderer.sphinx_env
            page = page_of(env, env.docname)
            line = (data.cell_index + 1) * 10000
            page.faults.append(fault(env, env.docname, line, str(error)))
            return []


def refuse_stale(renderer, printed: dict[str, str]) -> None:
    """Raise if a number that a chapter printed is no longer the one published."""
    known = known_values(renderer.renderer.sphinx_env.app)
    for use, said in printed.items():
        id, _, form = use.partition(" ")
        now = text_of(id, form, known)
        if now is not None and now != said:
            raise CompendiumError(
                f"value {id!r} was {said!r} when the chapter ran and is {now!r} now: "
                "the page is older than its values; run `make book`"
            )


def box(title: str, content: list[nodes.Node]) -> nodes.admonition:
    """Box with a title, for what a reader should not miss."""
    return nodes.admonition("", nodes.title("", title), *content, classes=["admonition"])


class Summary(nodes.container):
    """Box at the head of a chapter; in HTML a region with a name."""


class ReadingTime(nodes.paragraph):
    """Line of that box that is filled when all the words of the page are there."""


def summary_box(renderer, content: dict, line: int) -> Summary:
    """Question, answer, confidence, what a student gains, and minutes (`exhibits.summary`)."""
    found = Summary(classes=["chapter-summary"])
    for key in ("question", "answer", "confidence"):
        # The sentence of confidence begins with that word, which is its own label.
        label, text = key.capitalize(), content[key].removeprefix("Confidence").strip()
        label = nodes.strong("", label if key == "confidence" else f"{label}.")
        text = parse(renderer, text, line, inline=True)
        found += nodes.paragraph("", "", label, nodes.Text(" "), *text, classes=[f"summary-{key}"])
    if "headings" in content:
        text = parse(renderer, f"**Headings.** {content['headings']}", line, inline=True)
        found += nodes.paragraph("", "", *text, classes=["summary-headings"])
    goals = [nodes.list_item("", nodes.paragraph("", goal)) for goal in content["objectives"]]
    lead = nodes.strong("", "After this chapter you can")
    found += nodes.paragraph("", "", lead, classes=["summary-lead"])
    found += nodes.bullet_list("", *goals, classes=["summary-objectives", "simple"])
    lead = nodes.strong("", "Before you start.")
    before = nodes.Text(f" {content['prerequisites']}")
    found += nodes.paragraph("", "", lead, before, classes=["summary-prerequisites"])
    found += ReadingTime(classes=["summary-time"])
    return found


def tell_reading_time(app, doctree: nodes.document, docname: str) -> None:
    """Fill in the reading time of a page from its words, and the minutes of its exercises.

    Tables, code and formulas are not counted, nor are the exercises, which name their own minutes.

    Notes
    -----
    At the mean pace of silent reading of English non-fiction [1]_.

    References
    ----------
    .. [1] M. Brysbaert, "How many words do we read per minute? A review and meta-analysis of
       reading rate", Journal of Memory and Language 109 (2019).
    """
    for node in list(doctree.findall(ReadingTime)):
        words = sum(len(text.split()) for text in _read_texts(doctree))
        minutes = max(round(words / WORDS_A_MINUTE), 1)
        unit = "minute" if minutes == 1 else "minutes"
        node[:] = [
            nodes.strong("", "Reading time."),
            nodes.Text(
                f" About {minutes} {unit} for {round(words, -2):,} words; tables and code come on top."
            ),
        ]
        if asked := cells.minutes(cells_of(app.env, docname)):
            node += [
                nodes.strong("", " Exercises."),
                nodes.Text(f" {len(asked)}, of about {sum(asked)} minutes."),
            ]


def part_exercises(app, doctree: nodes.document, docname: str) -> None:
    """Take the ids from the contents of exercises: sphinx-exercise gives all of them the same."""
    for section in doctree.findall(nodes.section):
        if section["ids"] in (["exercise-content"], ["solution-content"]):
            section["ids"] = []


def _read_texts(node: nodes.Node) -> Iterator[str]:
    """Texts that a reader reads from first to last."""
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif not isinstance(node, NOT_READ) and not EXERCISES.intersection(node.get("classes", ())):
        for child in node.children:
            yield from _read_texts(child)


def parse(renderer, text: str, line: int, inline: bool = False) -> list[nodes.Node]:
    """Parse MyST that a chapter wrote, roles and links included."""
    parent = nodes.Element()
    with renderer.renderer.current_node_context(parent):
        renderer.renderer.nested_render_text(str(text), line, inline=inline)
    return parent.children


class Panel(nodes.Part, nodes.Element):
    """What-if panel of a chapter, its caption inside; HTML alone can show it."""


def panel(renderer, content: dict, line: int) -> Panel:
    """Node of a panel; what it runs on is put beside the page."""
    env = renderer.renderer.sphinx_env
    page_of(env, env.docname).panel = content["name"]
    serve_vega(env.app)
    node = Panel(
        "",
        nodes.paragraph(
            "", "", *parse(renderer, content["caption"], line, True), classes=["whatif-caption"]
        ),
    )
    node["content"] = content
    return node


def serve_vega(app) -> None:
    """Put Vega into a file of the book; bundled once for each release of it, and then kept."""
    file = Path(app.doctreedir, "compendium", vega_name())
    if file.exists():
        return
    kept = paths.BUILD / "vega" / file.name
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        put(kept, vega())
    shutil.copyfile(kept, file)


def vega_name() -> str:
    """Name of the file that holds Vega."""
    return f"vega-{version('vl-convert-python')}.js"


def vega() -> str:
    """Script of Vega, from the wheel of vl-convert; takes some seconds."""
    import vl_convert  # not where no page has a panel

    # In a function of its own: its names would otherwise be those of every script of the page.
    code = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return f"(function () {{{code}}})();"


class Exhibit:
    """A figure or table with its data, from JSON to nodes.

    Parameters
    ----------
    renderer : myst_nb.core.render.NbElementRenderer
    content : dict
        ``name``, ``kind`` {"figure", "table"}, ``caption`` and ``source`` (MyST, trusted),
        ``alt``, ``columns``, ``rows`` (plain text, or ``{"text", "url"}``; untrusted),
        ``align``, and ``files`` with ``svg`` and ``csv`` as text and ``png`` in base64.
    line : int
        Line of the cell, for messages.
    """

    def __init__(self, renderer, content: dict, line: int):
        self.renderer, self.content, self.line = renderer, content, line
        self.name = str(content.get("name", ""))
        self.files = content.get("files") or {}
        self.check()

    def check(self) -> None:
        """Raise a CompendiumError that says what the exhibit lacks."""
        kind = self.content.get("kind")
        if not self.name.replace("-", "").isalnum():
            raise CompendiumError(f"exhibit {self.name!r}: the name takes letters, digits and -")
        if kind not in ("figure", "table"):
            raise CompendiumError(f"exhibit {self.name!r}: kind must be figure or table")
        needed = ["caption", "columns"] + (["alt"] if kind == "figure" else [])
        missing = [key for key in needed if not self.content.get(key)]
        if kind == "figure" and not {"svg", "png"} & set(self.files):
            missing.append("files.svg")
        if missing:
            raise CompendiumError(f"exhibit {self.name!r} lacks {', '.join(missing)}")
        width = len(self.content["columns"])
        for number, row in enumerate(self.content.get("rows", []), 1):
            if len(row) != width:
                raise CompendiumError(
                    f"exhibit {self.name!r}: row {number} has {len(row)} cells, not {width}"
                )

    def build(self) -> list[nodes.Element]:
        """Nodes of the whole exhibit."""
        paths = {ending: self.write(ending) for ending in self.files}
        box = nodes.container(classes=["exhibit", f"exhibit-{self.content['kind']}"])
        if self.content["kind"] == "figure":
            details = DataDetails("", self.table())
            details["summary"] = "Data of this figure"
            details["classes"] = ["exhibit-data"]
            box += [self.figure(paths), self.footer(paths), details]
        else:
            table = self.table()
            table.insert(0, nodes.title("", "", *self.prose("caption")))
            self.label(table)
            content = [table, *self.source(), self.footer(paths)]
            if self.content.get("fold"):
                details = DataDetails("", *content, classes=["exhibit-folded"])
                details["summary"] = str(self.content["fold"])
                details["open"] = bool(self.content.get("open"))
                content = [details]
            box += content
        return [box]

    def figure(self, paths: dict[str, str]) -> nodes.figure:
        """Picture, caption and source line."""
        # With `.*` each builder takes the format it can: HTML the SVG, LaTeX the PNG.
        uri = paths.get("svg") or paths["png"]
        image = nodes.image(uri=f"{uri.rpartition('.')[0]}.*", alt=str(self.content["alt"]))
        figure = nodes.figure("", image, nodes.caption("", "", *self.prose("caption")))
        if source := self.source():
            figure += nodes.legend("", *source)
        self.label(figure)
        return figure

    def table(self) -> nodes.table:
        """Every row as a real table; the text of a cell is never markup."""
        columns, rows = self.content["columns"], self.content.get("rows", [])
        align = [*self.content.get("align", []), *["left"] * len(columns)][: len(columns)]
        marked = self.content.get("marked", [])
        content = Rows("", columns=columns, rows=rows, align=align, marked=marked)
        classes = ["exhibit-rows", "colwidths-auto"]
        if len(rows) > LONG_TABLE:
            classes.append("exhibit-many")
        return nodes.table("", content, classes=classes)

    def label(self, node: nodes.Element) -> None:
        """Give `node` the exhibit's name, so that ``{numref}`` finds it."""
        node["names"].append(nodes.fully_normalize_name(self.name))
        self.renderer.renderer.document.note_explicit_target(node, node)

    def prose(self, key: str) -> list[nodes.Node]:
        """Parse a line of MyST of the exhibit."""
        return parse(self.renderer, self.content[key], self.line, inline=True)

    def source(self) -> list[nodes.paragraph]:
        """Line that says where the data come from, if any."""
        if not self.content.get("source"):
            return []
        return [nodes.paragraph("", "", *self.prose("source"), classes=["exhibit-source"])]

    def write(self, ending: str) -> str:
        """Write a file of the exhibit beside the built book; return Sphinx's path to it."""
        content = self.files[ending]
        try:
            data = base64.b64decode(content) if ending == "png" else content.encode("utf-8")
        except (binascii.Error, AttributeError, ValueError):
            raise CompendiumError(f"exhibit {self.name!r}: unreadable file {ending}") from None
        # One folder a page: names need to be unique within a page only.
        folder = self.renderer.renderer.sphinx_env.docname.split("/")
        return self.renderer.write_file([*folder, f"{self.name}.{ending}"], data, overwrite=True)

    def footer(self, paths: dict[str, str]) -> nodes.paragraph:
        """Line to cite the exhibit by, and links to the files a reader may want to keep."""
        line = nodes.paragraph(classes=["exhibit-footer"])
        number = addnodes.pending_xref(
            "", nodes.inline("", self.name), refdomain="std", reftype="numref",
            reftarget=nodes.fully_normalize_name(self.name), refexplicit=False, refwarn=True,
            refdoc=self.renderer.renderer.sphinx_env.docname,
        )  # fmt: skip
        address = nodes.literal("", f"#{self.name}")
        line += [nodes.Text("Cite: "), number, nodes.Text(", "), address]
        for place, ending in enumerate(ending for ending in DOWNLOADS if ending in paths):
            line += nodes.Text(", " if place else ". Download: ")
            label = nodes.inline("", DOWNLOADS[ending])
            line += addnodes.download_reference("", "", label, reftarget=paths[ending])
        return line


def text_and_url(content: str | dict | None) -> tuple[str, str]:
    """Text of a cell, and the address it leads to: only an http(s) address becomes a link."""
    text, url = content, ""
    if isinstance(content, dict):
        text, url = content.get("text", ""), str(content.get("url") or "")
    return "" if text is None else str(text), url if is_web_address(url) else ""


def html_of(rows: Rows, links: pages.Links) -> str:
    """Rows as HTML; what is the name of a row of evidence leads to it."""

    def cell(tag: str, content: str | dict | None, align: str) -> str:
        text, url = text_and_url(content)
        # `text-right` and its kin are the classes the theme knows.
        classes = [f"text-{align if align in ALIGNMENTS else 'left'}"]
        if len(text) > LONG_CELL:
            classes.append("exhibit-long")
        elif len(text) <= SHORT_CELL:
            classes.append("exhibit-short")
        shown = html.escape(text)
        if url:
            shown = f'<a class="reference external" href="{html.escape(url)}">{shown}</a>'
        else:
            shown = ROW_ID.sub(named, shown)
        head = ' scope="col"' if tag == "th" else ""
        return f'<{tag}{head} class="{" ".join(classes)}"><p>{shown}</p></{tag}>'

    def named(match: re.Match) -> str:
        target = links.row(match[0])
        if not target:
            return match[0]
        address = html.escape(target)
        return f'<a class="row-id reference internal" href="{address}">{match[0]}</a>'

    def line(number: int, tag: str, content: list) -> str:
        classes = "row-even" if number % 2 else "row-odd"
        classes += " exhibit-marked" if number - 1 in rows["marked"] else ""
        cells = [cell(tag, c, a) for c, a in zip(content, rows["align"], strict=True)]
        return f'<tr class="{classes}">{"".join(cells)}</tr>\n'

    body = "".join(line(number, "td", row) for number, row in enumerate(rows["rows"], 1))
    return f"<thead>{line(0, 'th', rows['columns'])}</thead>\n<tbody>{body}</tbody>"


def nodes_of(rows: Rows) -> nodes.tgroup:
    """Rows as nodes, for builders that write no HTML."""

    def line(content: list) -> nodes.row:
        row = nodes.row()
        for text, url in map(text_and_url, content):
            shown = nodes.reference("", text, refuri=url) if url else nodes.Text(text)
            row += nodes.entry("", nodes.paragraph("", "", shown))
        return row

    width = len(rows["columns"])
    # Only text builders look at the width; the one of plain text hangs where it is 1.
    group = nodes.tgroup("", *[nodes.colspec(colwidth=20) for _ in range(width)], cols=width)
    body = nodes.tbody("", *map(line, rows["rows"]))
    return group + [nodes.thead("", line(rows["columns"])), body]


# ------------------------------------------------------------------------------ notebooks


def find_errors(app, doctree: nodes.document) -> None:
    """Note the cells of a notebook that ended in an error.

    Read from the notebook, not from the page, which may hide the output. A cell tagged
    `raises-exception` shows an error on purpose.
    """
    env = app.env
    for number, cell in enumerate(cells_of(env), 1):
        if "raises-exception" in cell["metadata"].get("tags", []):
            continue
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                problem = f"the cell failed: {output['ename']}: {output['evalue']}"
                page = page_of(env, env.docname)
                page.faults.append(fault(env, env.docname, number * 10000, problem))


def executed(env, docname: str) -> Path:
    """File of the notebook of a page, where MyST-NB writes each once it is read."""
    return Path(env.mystnb_config.output_folder, f"{docname}.ipynb")


def cells_of(env, docname: str = "") -> list[dict]:
    """Cells of a page's notebook, by default the one being read; none for a page of text."""
    notebook = executed(env, docname or env.docname)
    return json.loads(notebook.read_text("utf-8"))["cells"] if notebook.exists() else []


def mark_cells(app, doctree: nodes.document) -> None:
    """Give each cell an anchor, and note which publishes values.

    Cells count from 1 as in the stored chapter, without the one that papermill injects.
    """
    env = app.env
    page, numbers = page_of(env, env.docname), {}
    for index, cell in enumerate(cells_of(env)):
        if "injected-parameters" in cell["metadata"].get("tags", []):
            continue
        numbers[index] = len(numbers) + 1
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or "publish" not in source:
            continue
        for id in re.findall(r"publish\(\s*[\"']([\w.]+)[\"']", source):
            page.publishes[id] = numbers[index]
        if "publish_all(" in source:
            page.publishes.setdefault("", numbers[index])
    for container in doctree.findall(nodes.container):
        if container.get("cell_index") in numbers:
            container["ids"].append(f"cell-{numbers[container['cell_index']]}")


# ----------------------------------------------------------------------- cards and catalogue


class CataloguePart(nodes.General, nodes.Element):
    """Place of a part of the catalogue in a page."""


class CatalogueDirective(SphinxDirective):
    """``{catalogue} name``: a table of the evidence, the sources, the values, the grades."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Leave a place that is filled when all values are known."""
        name, known = self.arguments[0], pages.part_names()
        page = page_of(self.env, self.env.docname)
        if name not in known:
            problem = f"the catalogue has no part{nearest(name, known)}"
            details = {"value": name, "allowed": ", ".join(known)}
            page.faults.append(fault(self.env, self.env.docname, self.lineno, problem, **details))
            return []
        page.parts.append(name)
        node = CataloguePart()
        node["part"] = name
        return [node]


class VintagesDirective(SphinxDirective):
    """``{vintages} name``: figures or a table of the estimates over time (`vintages.PARTS`)."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Show the exhibits of that part, up to the vintage of the build."""
        name = self.arguments[0]
        if name not in vintages.PARTS:
            problem = f"the estimates over time have no part{nearest(name, vintages.PARTS)}"
            details = {"value": name, "allowed": ", ".join(vintages.PARTS)}
            page = page_of(self.env, self.env.docname)
            page.faults.append(fault(self.env, self.env.docname, self.lineno, problem, **details))
            return []
        self.env.note_reread()  # other rows or code change it, not the page
        found = vintages.parts(catalogue_of(self.env.app).as_of)[name]
        if not found:
            return [nodes.paragraph("", "Nothing is due by this vintage.")]
        place = PlainPage(self.state._renderer)
        return [node for content in found for node in Exhibit(place, content, self.lineno).build()]


class CourseworkDirective(SphinxDirective):
    """``{coursework}``: what each chapter teaches, and its exercises (`exercises.cells`)."""

    def run(self) -> list[nodes.Node]:
        """Tell it from the chapters as they are stored, so that it cannot fall behind them."""
        self.env.note_reread()
        parent = nodes.Element()
        lines = coursework.overview().splitlines()
        self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, parent)
        return parent.children


class PlainPage:
    """What an `Exhibit` asks of a notebook's renderer, for a page of text."""

    def __init__(self, renderer):
        self.renderer = renderer

    def write_file(self, path: list[str], content: bytes, overwrite: bool) -> str:
        """Write a file beside those of the notebooks; return Sphinx's path to it."""
        env = self.renderer.sphinx_env
        file = Path(env.mystnb_config.output_folder, *path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return f"/{Path(os.path.relpath(file, env.srcdir)).as_posix()}"


def catalogue_of(app) -> Catalogue:
    """Catalogue of the build: its vintage is that of its chapters."""
    known = known_values(app)
    days = [value.value for id, value in known.items() if id.endswith(".as_of")]
    as_of = str(days[0] if days else parameters.Parameters().as_of)
    kept = getattr(app, "compendium_catalogue", None)
    if kept is None or kept.values is not known or kept.as_of != as_of:
        kept = app.compendium_catalogue = Catalogue(as_of, known)
    return kept


def links_from(app, docname: str) -> pages.Links:
    """Addresses as seen from a page; empty where the book lacks the page they lead to."""
    env = app.env
    known: dict[str, Page] = env.compendium_pages
    homes = {part: name for name in sorted(known) for part in known[name].parts}
    chapters = {
        name.rpartition("/")[2]: name for name in sorted(known, reverse=True) if "/" in name
    }
    rows = catalogue_of(app).facts

    def page(part: str) -> str:
        return app.builder.get_relative_uri(docname, homes[part]) if part in homes else ""

    def at(part: str, fragment: str) -> str:
        uri = page(part)
        return f"{uri}#{fragment}" if part in homes else ""

    def cell_of(value: values.Value) -> pages.Place:
        home = chapters.get(value.chapter, "")
        found = known[home].publishes if home else {}
        number = found.get(value.id, found.get("", 1))
        uri = f"{app.builder.get_relative_uri(docname, home)}#cell-{number}" if home else ""
        title = env.titles[home].astext().partition(":")[0] if home else value.chapter
        return pages.Place(title, number, uri)

    return pages.Links(
        row=lambda id: at(rows[id]["table"], f"row-{id}") if id in rows else "",
        value=lambda id: at("values", pages.anchor(id)),
        source=lambda id: at("sources", f"source-{id}"),
        csv=lambda name: relative_uri(app.builder.get_target_uri(docname), f"{TABLES}/{name}.csv"),
        page=page,
        cell=cell_of,
    )


def link_evidence(app, doctree: nodes.document, docname: str) -> None:
    """Turn values and names of rows into links, and fill in the parts of the catalogue."""
    if app.builder.format != "html":
        refer_plainly(doctree)
        return
    links = links_from(app, docname)
    for node in list(doctree.findall(lambda n: isinstance(n, (ValueText, Rows, CataloguePart)))):
        if isinstance(node, ValueText):
            node["href"] = links.value(node["value_id"])
            continue
        if isinstance(node, CataloguePart):
            content = pages.part(node["part"], catalogue_of(app), links)
        else:
            content = html_of(node, links)
        node.parent.replace(node, nodes.raw("", content, format="html"))


def refer_plainly(doctree: nodes.document) -> None:
    """Where nothing opens on a click: each value names its place in the catalogue."""
    for node in list(doctree.findall(ValueText)):
        if not isinstance(node.parent, nodes.title):
            node += nodes.superscript("", f"[{node['value_id']}]")
    for node in list(doctree.findall(CataloguePart)):
        text = (
            f"The part {node['part']} of the catalogue stands in the HTML edition and in data/raw."
        )
        node.parent.replace(node, nodes.paragraph("", text))


class PlainExhibits(SphinxPostTransform):
    """Tables and panels where no HTML is written, before a builder looks into its tables."""

    default_priority = 5

    def is_supported(self) -> bool:
        """Whether the builder writes no HTML."""
        return self.app.builder.format != "html"

    def run(self, **options: object) -> None:
        """Put nodes that every builder knows in their place."""
        for node in list(self.document.findall(Rows)):
            node.parent.replace(node, nodes_of(node))
        for node in list(self.document.findall(Panel)):
            text = "The panel in which assumptions can be changed stands in the HTML edition."
            node.parent.replace(node, nodes.paragraph("", text))


def add_cards(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the cards of the values a page shows at its end, and load what its tables need."""
    if doctree is None:
        return
    page = page_of(app.env, pagename)
    if any(part not in ("index", "grades") for part in page.parts):
        app.add_css_file("tables.css")
        app.add_js_file("tables.js")
    if page.panel:
        context["panel"] = page.panel
        app.add_css_file("whatif.css")
        app.add_js_file(vega_name(), loading_method="defer")
        app.add_js_file("whatif.js", loading_method="defer", priority=900)
    catalogue, links = catalogue_of(app), links_from(app, pagename)
    shown = dict.fromkeys(node["value_id"] for node in doctree.findall(ValueText))
    cards = [
        pages.card(catalogue.values[id], catalogue, links) for id in shown if id in catalogue.values
    ]
    context["body"] += "\n".join(cards)


def write_tables(app, exception) -> None:
    """Write the tables of the vintage beside the pages that offer them."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, TABLES)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in pages.files_of(catalogue_of(app)).items():
            (folder / f"{name}.csv").write_text(content, "utf-8")


def serve_scripts(app, config) -> None:
    """Serve what cards and tables need from the book itself."""
    folder = Path(app.doctreedir, "compendium")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables.js").write_text(pages.table_script(), "utf-8")
    (folder / "tables.css").write_text(pages.table_style(), "utf-8")
    (folder / licences.NOTICES).write_text(licences.notices(), "utf-8")
    config.html_static_path += [str(folder), str(files("compendium").joinpath("static"))]
    config.templates_path.append(str(files("compendium").joinpath("layouts")))
    app.add_css_file("evidence.css")
    app.add_js_file("evidence.js", loading_method="defer", priority=900)


# ------------------------------------------------------------------------------ HTML pages


def visit_value(self, node: ValueText) -> None:
    """Open a value in HTML: a link in its page, plain text where titles are repeated."""
    attributes = {"data-value-id": node["value_id"]}
    if node.get("href"):
        attributes |= {"href": node["href"], "data-card": pages.card_id(node["value_id"])}
    self.body.append(self.starttag(node, "a" if node.get("href") else "span", "", **attributes))


def depart_value(self, node: ValueText) -> None:
    """Close a value in HTML."""
    self.body.append("</a>" if node.get("href") else "</span>")


def visit_details(self, node: DataDetails) -> None:
    """Open what is folded in HTML."""
    summary = self.encode(node["summary"])
    opened = {"open": "open"} if node.get("open") else {}
    self.body.append(self.starttag(node, "details", **opened) + f"<summary>{summary}</summary>\n")


def depart_details(self, node: DataDetails) -> None:
    """Close what is folded in HTML."""
    self.body.append("</details>\n")


def visit_summary(self, node: Summary) -> None:
    """Open the box of a chapter in HTML."""
    self.body.append(self.starttag(node, "section", **{"aria-label": "The chapter in short"}))


def depart_summary(self, node: Summary) -> None:
    """Close the box of a chapter in HTML."""
    self.body.append("</section>\n")


def name_code(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Let what folds code be called what it shows; MyST-NB gives it another name."""
    if doctree is not None:
        context["body"] = context["body"].replace(' aria-label="Toggle hidden content"', "")


def name_toggles(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the arrows that unfold the navigation a name; the theme gives them none."""
    if "generate_toctree_html" not in context:
        return
    made = context["generate_toctree_html"]

    def named(*args, **options):
        soup = made(*args, **options)
        for toggle in soup.find_all("summary"):
            if not toggle.get_text(strip=True):
                page = toggle.find_parent("li").find("a")
                toggle["aria-label"] = (
                    f"Pages under {page.get_text(strip=True)}" if page else "Pages"
                )
        return soup

    context["generate_toctree_html"] = named


def visit_panel(self, node: Panel) -> None:
    """Write a panel in HTML around its caption."""
    before, after = pages.panel(node["content"])
    self.body.append(before)
    self.context.append(after)


def depart_panel(self, node: Panel) -> None:
    """Write what follows the caption."""
    self.body.append(self.context.pop())


def drop_thebe(app, config) -> None:
    """Take Jupyter Book's live-code extension out: it asks other hosts and breaks the console."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if one.handler.__module__ != "sphinx_thebe"]
    styles = app.registry.css_files
    styles[:] = [style for style in styles if "thebe" not in style[0]]


def serve_mathjax(app, config) -> None:
    """Serve formulas from the book itself, where the package that holds MathJax is installed."""
    package, name = MATHJAX
    if found := importlib.util.find_spec(package):
        file = Path(found.submodule_search_locations[0], name)
        config.html_static_path.append(str(file))
        config.mathjax_path = file.name


def setup(app) -> dict:
    """Tell Sphinx what is here."""
    app.add_config_value("compendium_values", "", "")
    app.add_role("value", ValueRole())
    app.add_directive("catalogue", CatalogueDirective)
    app.add_directive("vintages", VintagesDirective)
    app.add_directive("coursework", CourseworkDirective)
    # Builders without visitors of their own treat these as the nodes they derive from.
    app.add_node(ValueText, html=(visit_value, depart_value))
    app.add_node(Rows)
    app.add_node(DataDetails, html=(visit_details, depart_details))
    app.add_node(Summary, html=(visit_summary, depart_summary))
    app.add_node(Panel, html=(visit_panel, depart_panel))
    app.add_post_transform(PlainExhibits)
    app.connect("config-inited", drop_thebe)
    app.connect("config-inited", serve_mathjax)
    app.connect("config-inited", serve_scripts)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", merge_pages)
    app.connect("doctree-read", find_errors)
    app.connect("doctree-read", mark_cells)
    app.connect("env-updated", settle)
    app.connect("doctree-resolved", resolve_values)
    app.connect("doctree-resolved", link_evidence)
    app.connect("doctree-resolved", tell_reading_time)
    app.connect("doctree-resolved", part_exercises)
    app.connect("html-page-context", add_cards)
    app.connect("html-page-context", name_code)
    app.connect("html-page-context", name_toggles, priority=900)  # after the theme's own
    app.connect("build-finished", write_tables)
    return {
        "version": compendium.__version__,
        "env_version": 5,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
