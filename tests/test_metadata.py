"""A small book with hostile facts: its head, its foot, its bibliography, its buttons."""

import csv
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import nbformat.v4 as nb
import pytest
import yaml
from bs4 import BeautifulSoup
from checkout import Copy
from jupyter_book.config import yaml_to_sphinx

from compendium import book, citation, licences, metadata, paths, values
from compendium.errors import CompendiumError

HOSTILE = 'Odd </script><script>alert(1)</script> & "quoted" {brace} 100% $x_1$'
ROW, SOURCE = "arms-sh-2024-10-dia", "hankookilbo2024dia"
TOC = """format: jb-book
root: index
parts:
- caption: The study
  numbered: 1
  chapters:
  - file: chapters/arms_trade
- caption: How it works
  chapters:
  - file: chapters/evidence
  - file: chapters/references
"""
RENDER = """
from pathlib import Path
from compendium import book, values
root = Path({root!r})
value = values.Value("arms_trade.n", 1.0, rows=({row!r},), label="Rounds")
day = values.Value("arms_trade.as_of", "2024-10-28", unit="date")
file = root / "values.json"
values.write(file, {{v.id: v for v in (value, day)}}, scenario="odd", as_of="2024-10-28")
book.render("odd", root / "run", file, root / "html", root=root)
"""


def git(root, *arguments):
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", root, *settings, *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """A book whose citation and one source are hostile, in a checkout with a public remote."""
    copy = Copy(tmp_path_factory.mktemp("metadata"))
    root = copy.root
    (root / "_toc.yml").write_text(TOC)
    (root / "index.md").write_text("# Odd\n\nFirst words.\n")
    facts = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    facts |= {"title": HOSTILE, "abstract": HOSTILE, "url": "https://example.org/book"}
    (root / "CITATION.cff").write_text(yaml.safe_dump(facts), "utf-8")
    file = root / "data" / "raw" / "sources.csv"
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["source_id"] == SOURCE:
            row |= {"title": HOSTILE, "author": HOSTILE, "url": "javascript:alert(1)"}
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    cells = [
        nb.new_markdown_cell("# Arms\n\nThere were {value}`arms_trade.n` rounds.", id="a"),
        nb.new_code_cell("n = 1", id="b", metadata={"tags": ["parameters"]}),
        nb.new_code_cell("n = 2", id="c", metadata={"tags": ["injected-parameters"]}),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nb.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    (root / "run").mkdir()
    (root / "run" / "arms_trade.ipynb").write_text(json.dumps(notebook))
    (root / ".gitignore").write_text("/html\n/values.json\n.render-*\n")
    git(root, "init", "-b", "main")
    git(root, "remote", "add", "origin", "https://secret:token@github.com/fork/book.git")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    done = subprocess.run(
        [sys.executable, "-c", RENDER.format(root=str(root), row=ROW)],
        env={**os.environ, "COMPENDIUM_ROOT": str(root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return root / "html"


def soup(html, name):
    return BeautifulSoup((html / f"{name}.html").read_text("utf-8"), "html.parser")


@pytest.mark.long
def test_hostile_facts_stay_text_on_every_page(html):
    for name in ("index", "chapters/arms_trade", "chapters/evidence", "chapters/references"):
        page = soup(html, name)
        assert not [
            s for s in page.find_all("script") if "alert(1)" in s.text and not s.get("type")
        ]
        assert not page.find_all("a", href=lambda href: href and href.startswith("javascript:"))


def test_head_names_the_work_and_its_chapter(html):
    page = soup(html, "chapters/arms_trade")
    tags = {tag.get("name") or tag.get("property"): tag["content"] for tag in page.head("meta")
            if tag.get("content")}  # fmt: skip
    assert tags["citation_title"] == tags["og:title"] == "Arms"
    assert tags["citation_inbook_title"] == tags["og:site_name"] == HOSTILE
    assert tags["og:url"] == "https://example.org/book/chapters/arms_trade.html"
    assert tags["description"] == "There were 1 rounds."
    (data,) = page.find_all("script", type="application/ld+json")
    (chapter,) = json.loads(data.string)["@graph"]
    assert (chapter["@type"], chapter["position"]) == ("Chapter", "1")
    assert chapter["isPartOf"]["name"] == HOSTILE


def test_what_is_cited_has_its_address_where_one_is_known(html):
    for name, tail in (("index", "book"), ("chapters/arms_trade", "book/chapters/arms_trade.html")):
        place, address = soup(html, name).select_one("#cite-this"), f"https://example.org/{tail}"
        bibtex, ris = (block.text for block in place.select("pre"))
        assert place.p.text.endswith(f" {address}")
        assert f"url = {{{address}}}" in bibtex and f"\nUR  - {address}\n" in ris


@pytest.mark.parametrize(
    ("own", "site", "cited"),
    [
        ("https://example.org/own", "https://example.org/site", "https://example.org/own"),
        ("", "https://example.org/site", "https://example.org/site"),
        ("", "", ""),
    ],
)
def test_an_address_comes_from_the_citation_file_or_else_from_the_configuration(
    tmp_path, monkeypatch, own, site, cited
):
    monkeypatch.setattr(metadata, "edition", lambda app, work: "Edition")
    facts = yaml.safe_load((paths.ROOT / citation.NAME).read_text("utf-8"))
    (tmp_path / citation.NAME).write_text(
        yaml.safe_dump(facts | ({"url": own} if own else {})), "utf-8"
    )
    configured = yaml_to_sphinx({"html": {"baseurl": site}})[0]["html_baseurl"]
    config = SimpleNamespace(compendium_root=tmp_path, html_baseurl=configured)
    assert metadata.work_of(SimpleNamespace(config=config)).url == cited


def test_first_page_leads_to_the_licences_of_others(html):
    (link,) = soup(html, "index").select("#chapter-downloads a[href*=licences]")
    text = (html / link["href"]).read_text("utf-8")
    assert text == licences.notices()


def test_first_page_and_evidence_tell_of_the_dataset(html):
    for name, first in (("index", "Report"), ("chapters/evidence", "Chapter")):
        (data,) = soup(html, name).find_all("script", type="application/ld+json")
        work, dataset = json.loads(data.string)["@graph"]
        assert (work["@type"], dataset["@type"]) == (first, "Dataset")
        files = [part["contentUrl"] for part in dataset["distribution"]]
        assert "https://example.org/book/downloads/evidence.zip" in files
        inside = [file.removeprefix("https://example.org/book/") for file in files]
        assert [file for file in inside if not (html / file).is_file()] == []


def test_citation_names_scenario_vintage_version_and_commit(html):
    text = soup(html, "chapters/arms_trade").select_one("#cite-this p").text
    assert "Scenario odd, evidence known by 2024-10-28, version 0.1.0, commit " in text
    assert "with changes" not in text


def test_what_the_page_shows_to_copy_is_what_it_offers_to_fetch(html):
    for name in ("index", "chapters/arms_trade"):
        place = soup(html, name).select_one("#cite-this")
        shown = [block.text for block in place.select("pre")]
        links = [link["href"] for link in place.select("a[download]")]
        fetched = [((html / name).parent / link).read_text("utf-8") for link in links]
        assert shown == fetched and len(shown) == 2
        assert fetched[0].startswith("@") and fetched[1].startswith("TY  - ")


def test_every_link_of_a_foot_leads_somewhere(html):
    for name in ("index", "chapters/arms_trade", "chapters/evidence", "chapters/references"):
        for link in soup(html, name).select("section.foot a:not(.external):not(.headerlink)"):
            file, _, fragment = link["href"].partition("#")
            target = (html / name).parent / file if file else html / f"{name}.html"
            assert target.resolve().is_file(), link
            if fragment:
                page = BeautifulSoup(target.read_text("utf-8"), "html.parser")
                assert page.find(id=fragment), link


def test_references_of_a_chapter_are_its_sources_and_works(html):
    lists = soup(html, "chapters/arms_trade").select("#chapter-references ul")
    keys = [[link.text for link in part.select("a.source-id")] for part in lists]
    assert keys[0] == [SOURCE]
    assert "saltelli2010variance" in keys[1]
    assert HOSTILE in lists[0].text


def test_bibliography_holds_the_vintage_and_no_id_twice(html):
    page = soup(html, "chapters/references")
    ids = [element["id"] for element in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    labels = [label.text.strip("[]") for label in page.select(".citation .label")]
    assert SOURCE in labels and "saltelli2010variance" in labels
    assert len(labels) == len(set(labels))
    shown = soup(html, "chapters/evidence")
    assert shown  # the catalogue's own page of sources is tested elsewhere
    with (html / "tables" / "sources.csv").open(newline="", encoding="utf-8") as lines:
        visible = {row["source_id"] for row in csv.DictReader(lines)}
    assert visible <= set(labels)
    assert {key for key in labels if key not in visible}.isdisjoint({"abc2024pentagon"})


def test_chapter_offers_its_parameters_rows_and_notebook(html):
    given = yaml.safe_load((html / "downloads" / "arms_trade-parameters.yml").read_text())
    assert given == {"n": 2}
    with (html / "downloads" / "arms_trade-rows.csv").open(newline="") as lines:
        assert [row["obs_id"] for row in csv.DictReader(lines)] == [ROW]
    notebook = json.loads((html / "_sources" / "chapters" / "arms_trade.ipynb").read_text())
    assert [cell["source"] for cell in notebook["cells"]][2] == ["n = 2"]


def test_buttons_lead_to_the_fork_without_its_token(html):
    page = soup(html, "chapters/arms_trade")
    launch = {
        a["href"] for a in page.select("a") if "mybinder" in a["href"] or "colab" in a["href"]
    }
    assert launch == {
        "https://mybinder.org/v2/gh/fork/book/main?urlpath=lab/tree/chapters/arms_trade.ipynb",
        "https://colab.research.google.com/github/fork/book/blob/main/chapters/arms_trade.ipynb",
    }
    assert "secret" not in str(page) and "token" not in str(page.select("a"))
    command = page.select_one("#chapter-downloads").text
    assert "git clone" in command and "--require-hashes" in command


def test_a_citation_file_with_a_fault_stops_the_book_in_plain_words(tmp_path):
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (tmp_path / "index.md").write_text("# A\n")
    (tmp_path / "_config.yml").write_text(
        "title: A\nsphinx:\n  extra_extensions: [compendium.rendering, compendium.metadata]\n"
    )
    (tmp_path / citation.NAME).write_text("title: A")
    values.write(tmp_path / "values.json", {}, as_of="2024-10-28")
    with pytest.raises(CompendiumError) as caught:
        book.render("a", tmp_path, tmp_path / "values.json", tmp_path / "html", root=tmp_path)
    assert "CITATION.cff lacks authors, version, date-released" in str(caught.value)
    assert "Traceback" not in str(caught.value)
