"""Licences: known of every package of the lock, free, and their texts in the book."""

import json
from importlib.metadata import PackageNotFoundError, distribution

import pytest

from compendium import licences, paths
from compendium.errors import CompendiumError

OWN = {  # made by us or by the build
    "evidence.css", "evidence.js", "favicon.svg", "print.css", "sources.bib", "style.css",
    "whatif.css", "whatif.js", licences.NOTICES,
}  # fmt: skip


def test_the_committed_table_is_what_is_made_now():
    assert (paths.ROOT / licences.FILE).read_text("utf-8") == licences.table()


def test_no_licence_of_the_lock_forbids_passing_the_book_on():
    known = licences.packages()
    assert len(known) == len(licences.pins()) > 100
    assert {p.name: bad for p in known if (bad := licences.forbidding(p.licence))} == {}
    assert {b.name: bad for b in licences.BUNDLED if (bad := licences.forbidding(b.licence))} == {}


@pytest.mark.parametrize(
    ("licence", "forbidding"),
    [
        ("MIT", []),
        ("MIT OR GPL-3.0-or-later", []),
        ("MIT AND CC-BY-NC-4.0", ["CC-BY-NC-4.0"]),
        ("GPL-3.0-only OR AGPL-3.0-only", ["GPL-3.0-only"]),
    ],
)
def test_of_alternatives_one_is_enough_and_of_parts_each_counts(licence, forbidding):
    assert licences.forbidding(licence) == forbidding


def test_nested_alternatives_are_refused():
    with pytest.raises(CompendiumError, match="nests OR and AND"):
        licences.forbidding("MIT OR (ISC AND GPL-3.0-only)")


@pytest.mark.parametrize("name", licences.REVIEWED)
def test_what_was_read_by_hand_is_in_the_lock_and_agrees_with_the_metadata(name):
    assert name in licences.pins()
    try:
        distribution(name)
    except PackageNotFoundError:
        return  # on another system or Python
    if name != "sphinx-mathjax-offline":  # its classifier speaks of its own lines alone
        assert licences.declared(name) in ("", licences.REVIEWED[name][0])


def test_a_package_whose_licence_nobody_knows_is_named(tmp_path):
    (tmp_path / "requirements.lock").write_text("numpy==2.0\nnobody-knows==1.0\n")
    with pytest.raises(CompendiumError, match="no licence is known of nobody-knows;"):
        licences.packages(tmp_path)


def test_what_is_bundled_comes_with_a_package_of_the_lock():
    assert {one.brought for one in licences.BUNDLED} <= set(licences.pins())


def test_every_file_of_others_in_the_book_has_its_licence(quick_book):
    folder = quick_book / "_build" / "quick" / "html" / "_static"
    shipped = licences.shipped(folder)
    assert {name for name, owners in shipped.items() if not owners} == OWN
    used = {one.name for owners in shipped.values() for one in owners}
    assert used == {one.name for one in licences.BUNDLED if one.files}


def test_the_book_brings_the_texts_along_and_leads_to_them(quick_book):
    html = quick_book / "_build" / "quick" / "html"
    text = (html / "_static" / licences.NOTICES).read_text("utf-8")
    assert text == licences.notices()
    for one in licences.BUNDLED:
        assert f"{one.name} ({one.licence})" in text
        assert len(licences.text_of(one)) > 500
    for words in (
        "Permission is hereby granted, free of charge", "SIL OPEN FONT LICENSE", "Bitstream Vera",
        "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION", "SpryMedia",
        "University of Washington Interactive Data Lab", "Mike Bostock",
    ):  # fmt: skip
        assert words in text
    assert f'href="_static/{licences.NOTICES}"' in (html / "index.html").read_text("utf-8")


def test_a_package_without_a_licence_file_is_named():
    with pytest.raises(CompendiumError, match="sphinxcontrib-applehelp ships no licence file"):
        licences.text_of(licences.Bundled("x", "MIT", "sphinxcontrib-applehelp", ()))


def test_sources_of_the_map_are_named_with_their_licences():
    shapes = json.loads((paths.ROOT / "data" / "shapes" / "datapackage.json").read_text("utf-8"))
    text = " ".join(licences.notices().split())
    for name in ("Natural Earth", "World Port Index", "GeoNames"):
        assert name in json.dumps(shapes) and name in text


def test_what_only_tests_use_is_not_in_the_book(quick_book):
    names = [f.name for f in (quick_book / "_build" / "quick" / "html").rglob("*.js")]
    assert names and not [name for name in names if "axe" in name or "thebe" in name]
