"""The rendered page: values in prose, exhibits, and what fails a build."""

import base64
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import nbformat.v4 as nb
import pytest
from bs4 import BeautifulSoup

from compendium import book, evidence, paths, rendering
from compendium.errors import CompendiumError
from compendium.rendering import MATHJAX, MIME, is_web_address

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><path d="M0 0h9v9z"/></svg>'
PNG = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    )
).decode()
VALUES = {
    "format": "compendium-values/1",
    "as_of": "2024-10-28",
    "values": {
        "arms_trade.containers": {
            "value": 13_000,
            "low": 10_000,
            "high": 16_500,
            "level": 0.9,
            "unit": "containers",
            "decimals": 0,
            "label": "Containers shipped",
            "kind": "estimate",
            "rows": [],
            "chapter": "arms_trade",
        },
        "arms_trade.months": {
            "value": 14,
            "low": None,
            "high": None,
            "level": None,
            "unit": "count",
            "decimals": 0,
            "label": "Months",
            "kind": "evidence",
            "rows": [],
            "chapter": "arms_trade",
        },
    },
}
FIGURE = {
    "name": "fig-containers",
    "kind": "figure",
    "caption": "Counts reach {value}`arms_trade.containers` ([how](methods.md)).",
    "alt": "Dots rise from 6,000 to 13,000 containers & more",
    "source": "Source: statements of *three* issuers.",
    "columns": ["Issuer", "Containers", "Statement"],
    "align": ["left", "right", "left"],
    "rows": [
        [
            "ROK <script>alert(1)</script>",
            "13,000",
            {"text": "MND", "url": "https://example.org/a"},
        ],
        ['"USA" -- *State* {value}`x.y`', "10,000", {"text": "bad", "url": "javascript:alert(1)"}],
        ["UA", "9,000", {"text": "data", "url": "data:text/html,x"}],
    ],
    "files": {"svg": SVG, "png": PNG, "csv": "Issuer,Containers\nROK,13000\n"},
}
TABLE = {
    "name": "tab-wide",
    "kind": "table",
    "caption": "Twelve columns in {value}`arms_trade.months number` months.",
    "source": "Source: the rows themselves.",
    "columns": [f"Column number {i}" for i in range(12)],
    "rows": [[f"cell {row}.{i}" for i in range(12)] for row in range(3)],
    "files": {"csv": "a\n1\n"},
}
PROSE = {"kind": "prose", "text": "By then *{value}`arms_trade.months number`* months.\n\n- Item"}
ARMS = """# Arms: {value}`arms_trade.containers`

Some {value}`arms_trade.containers interval`, in full {value}`arms_trade.containers full`;
{value}`arms_trade.containers number` as a number. See {numref}`fig-containers` and
{numref}`tab-wide`."""


def exhibit(content):
    """Output of a cell that shows an exhibit, with the plain text every output has."""
    data = {MIME: content, "text/plain": "<Exhibit>", "image/png": PNG}
    return nb.new_output("display_data", data)


def notebook(file, *cells):
    """Write a notebook as it is after its execution."""
    book = nb.new_notebook(cells=list(cells))
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python",
        "language": "python",
    }
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(book), "utf-8")


def code(source, *outputs, tags=()):
    """Cell that was run."""
    return nb.new_code_cell(
        source, execution_count=1, outputs=list(outputs), metadata={"tags": list(tags)}
    )


def write_book(root, index="# The book\n\nStudy.\n", *cells):
    """Checkout of a tiny book, with the real configuration and style."""
    shutil.copytree(paths.ROOT / "assets", root / "assets")
    shutil.copyfile(paths.ROOT / "_config.yml", root / "_config.yml")
    toc = "format: jb-book\nroot: index\nparts:\n- caption: Study\n  numbered: 1\n  chapters:\n"
    toc += (
        "  - file: chapters/arms_trade\n- caption: How\n  chapters:\n  - file: chapters/methods\n"
    )
    (root / "_toc.yml").write_text(toc, "utf-8")
    (root / "index.md").write_text(index, "utf-8")
    cells = cells or (
        nb.new_markdown_cell(ARMS),
        code("show(figure)", exhibit(FIGURE)),
        nb.new_markdown_cell("## The wide table"),
        code("show(table)", exhibit(TABLE), tags=["hide-input"]),
        code("say(text)", exhibit(PROSE)),
    )
    notebook(root / "chapters" / "arms_trade.ipynb", *cells)
    methods = "# Methods\n\n## Of {value}`arms_trade.months` months\n\nFormula $x^2$.\n"
    (root / "chapters" / "methods.md").write_text(methods, "utf-8")
    (root / "values.json").write_text(json.dumps(VALUES), "utf-8")
    return root


def jupyter_book(root, **environment):
    """What `jupyter-book build .` says and how it ends."""
    return subprocess.run(
        [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "1000", **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Folder of the tiny book's HTML, with the sources beside it."""
    root = write_book(tmp_path_factory.mktemp("book"))
    target = root / "_build" / "replication" / "book"
    book.render(
        "replication", root / "chapters", root / "values.json", target, title="As <then>", root=root
    )
    return target


def page(built, name):
    return BeautifulSoup((built / name).read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def arms(built):
    return page(built, "chapters/arms_trade.html")


def value_texts(node):
    return [value.get_text() for value in node.select(".compendium-value")]


def test_value_in_prose_takes_every_form(arms):
    texts = value_texts(arms.select_one("article"))
    assert "10,000 to 16,500 containers" in texts
    assert "13,000 containers (90 % interval 10,000 to 16,500)" in texts
    assert "13,000" in texts
    assert {value["data-value-id"] for value in arms.select(".compendium-value")} == {
        "arms_trade.containers",
        "arms_trade.months",
    }


def test_value_in_heading_title_and_both_tocs(built, arms):
    assert "13,000 containers" in arms.h1.get_text()
    assert "13,000 containers" in arms.title.get_text()
    methods = page(built, "chapters/methods.html")
    assert "13,000 containers" in methods.select_one("nav.bd-links").get_text()
    assert "Of 14 months" in methods.select_one(".bd-sidebar-secondary").get_text()


def test_figure_is_numbered_captioned_and_has_alt_text(built, arms):
    figure = arms.select_one("#fig-containers")
    assert figure.name == "figure"
    assert figure.img["alt"] == FIGURE["alt"]
    assert figure.img["src"].endswith(".svg")
    assert (built / "chapters" / figure.img["src"]).read_text("utf-8") == SVG
    caption = figure.select_one(".caption-text")
    assert value_texts(caption) == ["13,000 containers"]
    assert caption.a["href"].endswith("methods.html")
    number = figure.select_one(".caption-number").get_text(strip=True)
    assert number == "Figure 1.1"
    assert arms.select_one('p a[href="#fig-containers"]').get_text() == number
    assert "three" in figure.select_one(".legend em").get_text()


def test_table_twin_is_a_real_table(arms):
    details = arms.select_one("details.exhibit-data")
    assert details.summary.get_text() == "Data of this figure"
    heads = details.select("thead th")
    assert [(th["scope"], th.get_text()) for th in heads] == [("col", c) for c in FIGURE["columns"]]
    assert len(details.select("tbody tr")) == 3
    assert "text-right" in details.select("tbody td")[1]["class"]


def test_text_of_evidence_is_never_markup(arms):
    rows = arms.select("details.exhibit-data tbody tr")
    cells = [td.get_text() for td in rows[0].select("td")]
    assert cells[0] == "ROK <script>alert(1)</script>"
    assert rows[1].td.get_text() == '"USA" -- *State* {value}`x.y`'
    assert [a["href"] for a in arms.select("details.exhibit-data tbody a")] == [
        "https://example.org/a"
    ]
    assert not [s for s in arms.find_all("script") if "alert" in s.get_text()]


@pytest.mark.parametrize(
    "url",
    ["javascript:x", " https://a", "https:a", "//a/b", "https://a/\n", "data:,x", "https://[", ""],
)
def test_what_is_not_an_address_of_the_web(url):
    assert not is_web_address(url)


def test_table_is_numbered_and_has_caption_source_and_container(arms):
    table = arms.select_one("table#tab-wide")
    assert table.caption.select_one(".caption-number").get_text(strip=True) == "Table 1.1"
    assert value_texts(table.caption) == ["14"]
    assert table.find_parent(class_="pst-scrollable-table-container")
    assert len(table.select("thead th[scope=col]")) == 12
    assert arms.select_one(".exhibit-table .exhibit-source").get_text() == TABLE["source"]


def test_prose_of_a_cell_is_myst(arms):
    paragraphs = [p for p in arms.select("article p") if "By then" in p.get_text()]
    assert [p.get_text() for p in paragraphs] == ["By then 14 months."]
    assert value_texts(paragraphs[0].em) == ["14"]


def test_downloads_are_there(built, arms):
    links = arms.select(".exhibit-footer a.download")
    names = [Path(link["href"]).name for link in links]
    assert names == ["fig-containers.png", "fig-containers.csv", "tab-wide.csv"]
    files = [built / "chapters" / link["href"] for link in links]
    assert files[0].read_bytes() == base64.b64decode(PNG)
    assert files[1].read_text("utf-8") == FIGURE["files"]["csv"]


@pytest.mark.parametrize(
    ("name", "number"), [("fig-containers", "Figure 1.1"), ("tab-wide", "Table 1.1")]
)
def test_every_exhibit_says_how_to_cite_it(arms, name, number):
    (footer,) = [p for p in arms.select(".exhibit-footer") if f"#{name}" in p.get_text()]
    assert footer.get_text().startswith(f"Cite: {number}, #{name}. Download: ")
    assert footer.a["href"] == f"#{name}"
    assert arms.find(id=name).name in ("figure", "table")
    assert footer.find_parent("details") is None  # seen without a click


def test_every_page_names_the_scenario(built):
    for name in ("chapters/arms_trade.html", "chapters/methods.html", "search.html"):
        text = page(built, name).select_one(".bd-header-announcement").get_text(strip=True)
        assert text == "Scenario: replication (As <then>). Evidence known by 2024-10-28."


def assert_asks_no_other_host(file):
    text = file.read_text("utf-8")
    soup = BeautifulSoup(text, "html.parser")
    urls = [tag["src"] for tag in soup.find_all(["script", "img", "iframe"], src=True)]
    urls += [tag["href"] for tag in soup.find_all("link", href=True) if tag["href"] != "#"]
    assert not [url for url in urls if "//" in url or url.startswith("data:")]
    assert not [url for url in urls if not (file.parent / url.partition("?")[0]).exists()]
    assert "thebe" not in text.lower()
    assert soup.html["lang"] == "en"


def test_pages_ask_no_other_host(built):
    for name in ("chapters/arms_trade.html", "search.html", "genindex.html"):
        assert_asks_no_other_host(built / name)


@pytest.mark.skipif(not find_spec(MATHJAX[0]), reason=f"{MATHJAX[0]} is not installed")
def test_formulas_are_served_from_the_book(built):
    assert_asks_no_other_host(built / "index.html")  # has those of its chapters
    assert_asks_no_other_host(built / "chapters/methods.html")
    assert "tex-svg-full.js" in (built / "chapters/methods.html").read_text("utf-8")


def test_style_is_linked_once(arms):
    assert len([link for link in arms.select("link") if "style.css" in link["href"]]) == 1


def test_faults_of_all_pages_are_told_at_once_with_page_and_nearest_id(tmp_path):
    index = "# The book\n\nLine three.\n\nOf {value}`arms_trade.containrs` and {value}`a.b`.\n"
    cells = (
        nb.new_markdown_cell("# Arms\n\n{value}`arms_trade.containers sum`"),
        nb.new_markdown_cell("One\n\n{value}`arms_trade.months interval`"),
        code("boom()", nb.new_output("error", ename="NameError", evalue="no boom", traceback=[])),
        code("show()", exhibit({**FIGURE, "rows": [["one"]]})),
        code(
            "boom()",
            nb.new_output("error", ename="NameError", evalue="meant", traceback=[]),
            tags=["raises-exception"],
        ),
    )
    root = write_book(tmp_path, index, *cells)
    with pytest.raises(book.CompendiumError) as caught:
        book.render("replication", root / "chapters", root / "values.json", root / "out", root=root)
    text = str(caught.value)
    nearest = "index.md:5: no value 'arms_trade.containrs' was published; "
    assert nearest + "did you mean 'arms_trade.containers'?" in text
    assert "index.md:5: no value 'a.b' was published" in text
    arms = "chapters/arms_trade.ipynb, cell"
    assert f"{arms} 1:3: value 'arms_trade.containers': unknown form 'sum'" in text
    assert f"{arms} 2:3: value 'arms_trade.months' has no interval" in text
    assert f"{arms} 3: the cell failed: NameError: no boom" in text
    assert f"{arms} 4: exhibit 'fig-containers': row 1 has 1 cells, not 3" in text
    assert "meant" not in text
    assert "6 faults found in the pages" in text
    assert str(tmp_path) not in text
    assert not (root / "out").exists()


@pytest.mark.long
def test_plain_jupyter_book_executes_settles_and_stays_fresh(tmp_path):
    """Pages read before the chapter that publishes; then a later, incremental build."""
    publish = "from compendium import values\n"
    publish += "values.publish('arms_trade.containers', {}, unit='containers')"
    cells = [nb.new_markdown_cell("# Arms: {value}`arms_trade.containers`")]
    cells += [nb.new_code_cell(publish.format(5))]
    root = write_book(tmp_path, "# The book\n\n{value}`arms_trade.containers`\n", *cells)
    # `chapters/aaa` is read first, so its value is known only later.
    (root / "chapters/methods.md").rename(root / "chapters/aaa.md")
    (root / "chapters/aaa.md").write_text("# Of {value}`arms_trade.containers`\n\nText.\n", "utf-8")
    (root / "_toc.yml").write_text(
        (root / "_toc.yml").read_text("utf-8").replace("methods", "aaa"), "utf-8"
    )
    output = {"COMPENDIUM_OUTPUT": str(root / "_build" / "interactive")}
    first = jupyter_book(root, **output)
    assert first.returncode == 0, first.stderr
    html = root / "_build" / "html"
    assert page(html, "chapters/aaa.html").h1.get_text().startswith("Of 5 containers")
    assert "Of 5 containers" in page(html, "index.html").select_one("nav.bd-links").get_text()

    cells[1] = nb.new_code_cell(publish.format(7))
    notebook(root / "chapters" / "arms_trade.ipynb", *cells)
    second = jupyter_book(root, **output)
    assert second.returncode == 0, second.stderr
    assert page(html, "chapters/aaa.html").h1.get_text().startswith("Of 7 containers")
    assert value_texts(page(html, "index.html").article) == ["7 containers"]

    # A missing value fails the build, and the next one as well.
    (root / "index.md").write_text("# The book\n\n{value}`a.b`\n", "utf-8")
    for _ in range(2):
        third = jupyter_book(root, **output)
        assert third.returncode != 0
        assert "index.md:3: no value 'a.b' was published" in third.stderr


# --- cards and catalogue ---------------------------------------------------------------------

CATALOGUE = ("arms", "sources", "values", "index", "grades")


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """The tiny book with a value that rests on a real row, and pages of the catalogue."""
    row = evidence.load("arms", "2024-10-28", indicator="containers_shipped_cumulative").iloc[0]
    root = write_book(
        tmp_path_factory.mktemp("traced"),
        "# The book\n",
        nb.new_markdown_cell(
            "# Arms: {value}`arms_trade.containers`\n\nAgain {value}`arms_trade.containers`."
        ),
        code("x = 1", tags=["injected-parameters"]),
        code("values.publish_all(result.values)"),
        code("show(figure)", exhibit(FIGURE | {"rows": [["a", row["obs_id"], "b"]]})),
    )
    known = json.loads(json.dumps(VALUES))
    known["values"]["arms_trade.containers"]["rows"] = [row["obs_id"]]
    known["values"]["arms_trade.as_of"] = known["values"]["arms_trade.months"] | {
        "value": "2024-10-28",
        "unit": "date",
    }
    (root / "values.json").write_text(json.dumps(known), "utf-8")
    toc = (root / "_toc.yml").read_text("utf-8")
    (root / "chapters" / "catalogue").mkdir()
    for part in CATALOGUE:
        (root / "chapters" / "catalogue" / f"{part}.md").write_text(
            f"# {part}\n\n```{{catalogue}} {part}\n```\n"
        )
        toc += f"  - file: chapters/catalogue/{part}\n"
    (root / "_toc.yml").write_text(toc, "utf-8")
    target = root / "_build" / "book"
    book.render("replication", root / "chapters", root / "values.json", target, root=root)
    return target, row["obs_id"]


def test_a_value_links_to_the_catalogue_and_has_a_card(traced):
    built, row = traced
    arms = page(built, "chapters/arms_trade.html")
    link = arms.select_one("article a.compendium-value")
    assert link["href"] == "catalogue/values.html#value-arms-trade-containers"
    (card,) = arms.select(".value-card")  # one card, however often the value stands there
    assert card["id"] == link["data-card"]
    assert card["popover"] == "manual" and card["role"] == "dialog" and card["aria-label"]
    text = card.get_text(" ", strip=True)
    assert "13,000 containers (90 % interval 10,000 to 16,500)" in text
    assert "Containers shipped. Estimate; rounded to a whole number." in text
    known = evidence.load("arms", "2024-10-28", obs_id=row).iloc[0]
    assert known["issuer"] in text and str(known["known_on"].date()) in text
    assert f"{known['reliability']}{known['credibility']}" in text
    hrefs = [a["href"] for a in card.select("a")]
    assert f"catalogue/arms.html#row-{row}" in hrefs
    assert f"catalogue/sources.html#source-{known['source_id']}" in hrefs
    # Cells count as in the stored chapter: the injected one is passed over.
    assert "#cell-2" in hrefs and arms.select_one("#cell-2")
    assert "Computed in Arms, cell 2" in text


def test_titles_repeated_elsewhere_hold_no_link_within_a_link(traced):
    built, _ = traced
    for name in ("index.html", "chapters/arms_trade.html", "chapters/catalogue/arms.html"):
        assert not page(built, name).select("a a")


def test_a_row_named_in_a_table_links_to_the_catalogue(traced):
    built, row = traced
    link = page(built, "chapters/arms_trade.html").select_one("details.exhibit-data a.row-id")
    assert (link.get_text(), link["href"]) == (row, f"catalogue/arms.html#row-{row}")


def test_every_link_into_the_catalogue_has_its_target(traced):
    built, _ = traced
    pages = {name: page(built, f"chapters/catalogue/{name}.html") for name in CATALOGUE}
    for name, tree in pages.items():
        targets = {node["id"] for node in tree.select("[id]")}
        assert len(targets) == len(tree.select("[id]")), name
    for tree in [*pages.values(), page(built, "chapters/arms_trade.html")]:
        for link in tree.select("a.row-id, a.value-id, a.source-id, a.compendium-value"):
            file, _, fragment = link["href"].partition("#")
            home = pages[Path(file).stem] if file else tree
            assert home.find(id=fragment), link["href"]


def test_the_catalogue_shows_what_rests_on_a_row_and_offers_the_table(traced):
    built, row = traced
    tree = page(built, "chapters/catalogue/arms.html")
    line = tree.find(id=f"row-{row}")
    assert [a.get_text() for a in line.select("a.value-id")] == ["arms_trade.containers"]
    known = evidence.load("arms", "2024-10-28", implied=True, repeats=True)
    assert len(tree.select("table.catalogue tbody tr")) == len(known)
    href = tree.select_one("a[download]")["href"]
    text = (built / "chapters" / "catalogue" / href).resolve().read_text("utf-8")
    assert text.count("\n") == len(known) + 1
    values = (built / "tables" / "values.csv").read_text("utf-8")
    assert "arms_trade.containers" in values


def test_scripts_of_tables_load_only_where_tables_are(traced):
    built, _ = traced

    def scripts(name):
        return [s.get("src", "") for s in page(built, name).find_all("script")]

    assert any("tables.js" in src for src in scripts("chapters/catalogue/arms.html"))
    assert not any("tables.js" in src for src in scripts("chapters/arms_trade.html"))
    assert any("evidence.js" in src for src in scripts("chapters/arms_trade.html"))
    assert "window.compendiumTables={" in (built / "_static" / "tables.js").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("```{catalogue} armz\n```\n", "the catalogue has no part; did you mean 'arms'"),
        ("```{vintages} tracs\n```\n", "over time have no part; did you mean 'tracks'"),
        ("{value}`arms_trade.containers in USD_million`", "cannot be told in USD_million"),
    ],
)
def test_a_page_asking_for_what_is_not_there_fails(tmp_path, text, words):
    root = write_book(tmp_path, f"# The book\n\n{text}")
    with pytest.raises(CompendiumError) as caught:
        book.render(
            "replication", root / "chapters", root / "values.json", tmp_path / "x", root=root
        )
    assert words in str(caught.value)


def test_a_page_older_than_its_values_fails(tmp_path):
    stale = PROSE | {"printed": {"arms_trade.months number": "13"}}
    root = write_book(
        tmp_path, "# The book\n", nb.new_markdown_cell("# Arms"), code("say(text)", exhibit(stale))
    )
    with pytest.raises(CompendiumError) as caught:
        book.render(
            "replication", root / "chapters", root / "values.json", tmp_path / "x", root=root
        )
    assert "was '13' when the chapter ran and is '14' now" in str(caught.value)
    assert "chapters/arms_trade.ipynb, cell 2" in str(caught.value)


@pytest.mark.parametrize(("builder", "file"), [("text", "page.txt"), ("latex", "book.tex")])
def test_plain_builders_name_the_place_of_a_value(tmp_path, builder, file):
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(
        "extensions = ['myst_nb', 'compendium.rendering']\n"
        "root_doc = 'page'\nlatex_documents = [('page', 'book.tex', 'T', 'A', 'manual')]\n"
        "compendium_values = 'values.json'\nnb_execution_mode = 'off'\n"
    )
    (source / "values.json").write_text(json.dumps(VALUES))
    (source / "page.md").write_text(
        "# Arms: {value}`arms_trade.containers`\n\nSome {value}`arms_trade.containers interval`.\n\n"
        "```{catalogue} grades\n```\n\n```{toctree}\nshown\n```\n"
    )
    panel = {"kind": "panel", "name": "a-panel", "caption": "Try *it*.", "alt": "A panel"}
    notebook(
        source / "shown.ipynb",
        nb.new_markdown_cell("# Shown"),
        code("show(figure)", exhibit(FIGURE)),
        code("show(table)", exhibit(TABLE)),
        code("show(panel)", exhibit(panel)),
    )
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", builder, str(source), str(tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / file).read_text("utf-8").replace("\\_", "_")
    assert "10,000 to 16,500" in text and "[arms_trade.containers]" in text.replace(
        "{[}", "["
    ).replace("{]}", "]")
    assert "grades of the catalogue stands in the HTML edition" in text
    found = (tmp_path / "out" / ("shown.txt" if builder == "text" else file)).read_text("utf-8")
    assert "assumptions can be changed stands in the HTML edition" in " ".join(found.split())
    assert "Counts reach" in found
    assert "cell 2.11" in found.replace("}", "").replace("{", "") and "javascript:" not in found
    assert ("https://example.org/a" in found) == (builder == "latex")
    assert "<script" not in text and "popover" not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a b"}, "takes letters, digits and -"),
        ({"kind": "film"}, "kind must be figure or table"),
        ({"alt": "", "columns": []}, "lacks columns, alt"),
        ({"files": {"csv": "a"}}, "lacks files.svg"),
        ({"rows": [["one"]]}, "row 1 has 1 cells, not 3"),
    ],
)
def test_an_exhibit_says_what_it_lacks(change, words):
    with pytest.raises(CompendiumError, match=words):
        rendering.Exhibit(None, FIGURE | change, 1)


def test_what_readers_side_by_side_found_is_brought_together():
    env, other = SimpleNamespace(), SimpleNamespace()
    rendering.page_of(env, "kept").parts.append("arms")
    rendering.page_of(other, "new").uses.append("a use")
    rendering.page_of(other, "not asked for")
    rendering.merge_pages(None, env, ["new"], other)
    assert set(env.compendium_pages) == {"kept", "new"}
    assert rendering.page_of(env, "new").uses == ["a use"]
    assert rendering.page_of(env, "kept").parts == ["arms"]


def test_an_arrow_that_unfolds_pages_is_named_after_them():
    tree = (
        "<ul><li><a>Study</a><details><summary><i></i></summary></details></li>"
        "<li><details><summary>said</summary></details></li>"
        "<li><details><summary></summary></details></li></ul>"
    )
    context = {"generate_toctree_html": lambda: BeautifulSoup(tree, "html.parser")}
    rendering.name_toggles(None, "page", "", context, None)
    names = [s.get("aria-label") for s in context["generate_toctree_html"]().find_all("summary")]
    assert names == ["Pages under Study", None, "Pages"]
    bare = {}
    rendering.name_toggles(None, "page", "", bare, None)  # a page of another theme
    assert not bare
