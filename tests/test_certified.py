"""The certified numbers come out of the chapters: what `make verify` says, without a book."""

import inprocess
import pytest

from compendium import exhibits, models, scenarios
from compendium.verification import certificate, checks, editions

SCENARIOS = ("replication", "hindsight")


def drawn(drawing):
    return {"files": {"png": "", "csv": exhibits.csv_of(drawing.table)}, "alt": drawing.alt}


@pytest.mark.long
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("chapter", models.MODELS)
def test_what_is_certified_comes_out_of_the_chapter(chapter, scenario):
    certified = certificate.edition(scenario)
    given = scenarios.read(scenario).chapters[chapter].model_dump(mode="json")
    stated, bundles = inprocess.run(chapter, given, drawn)
    own = {id: number for id, number in certified.numbers.items() if id.startswith(f"{chapter}.")}
    today = editions.numbers_of({value.id: value for value in stated})
    assert len(own) > 5
    assert [c.name for c in checks.of_values(scenario, own, today) if c.failed] == []
    if chapter == "replication":  # lists the values of a build, in the order of its files
        return
    page, shown, apart = f"chapters/{chapter}", {}, []
    for bundle in bundles:
        content = bundle[exhibits.MIME]
        if content.get("files"):
            shown[page, content["name"]] = content["files"].get("csv", "")
    assert shown.keys() == {key for key in certified.exhibits if key[0] == page}
    for key, text in shown.items():
        tolerance = certified.exhibits[key].tolerance
        apart += checks.differing_cells(certified.data[key], text, tolerance)[0]
    assert apart == []
