"""The certified numbers come out of the models: what `make verify` says, without a book."""

import pytest

from compendium import models, scenarios
from compendium.verification import certificate, checks, editions

SCENARIOS = ("replication", "hindsight")


@pytest.mark.long
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("chapter", models.MODELS)
def test_what_is_certified_comes_out_of_the_model(chapter, scenario):
    stated = models.run(chapter, scenarios.read(scenario).chapters[chapter]).values
    certified = certificate.edition(scenario).numbers
    own = {id: number for id, number in certified.items() if id.startswith(f"{chapter}.")}
    today = editions.numbers_of({value.id: value for value in stated})
    assert len(own) > 5
    assert [c.name for c in checks.of_values(scenario, own, today) if c.failed] == []
