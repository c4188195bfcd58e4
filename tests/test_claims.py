"""The rule that turns probabilities into a verdict, branch by branch."""

import math

import pytest

from compendium.claims import VERDICTS, verdict
from compendium.errors import CompendiumError


@pytest.mark.parametrize(
    ("chosen", "readings", "later", "word"),
    [
        (None, {}, None, "not testable"),
        (None, {"a": None}, None, "not testable"),
        (0.5, {}, None, "reproduced"),
        (0.9, {"a": 0.0}, 0.5, "reproduced"),
        (0.9, {"a": 0.9}, 0.49, "overtaken"),
        (0.2, {"a": 0.9}, 0.1, "reproduced with another reading"),  # it never held as chosen
        (0.2, {"a": 0.1, "b": 0.5}, None, "reproduced with another reading"),
        (None, {"a": 0.7}, None, "reproduced with another reading"),
        (0.49, {"a": 0.49, "b": None}, None, "not reproduced"),
        (0.2, {}, 0.9, "not reproduced"),  # later evidence does not make an old basis sound
        (None, {}, 0.1, "not reproduced"),
    ],
)
def test_every_branch(chosen, readings, later, word):
    assert verdict(chosen, readings, later) == word
    assert word in VERDICTS


@pytest.mark.parametrize("wrong", [math.nan, -0.1, 1.1, 97])
def test_what_is_no_probability_is_refused_by_name(wrong):
    for arguments in ((wrong, {}, None), (None, {"west": wrong}, None), (0.5, {}, wrong)):
        with pytest.raises(CompendiumError, match="not a probability from 0 to 1"):
            verdict(*arguments)
    with pytest.raises(CompendiumError, match="west"):
        verdict(None, {"west": wrong}, None)
