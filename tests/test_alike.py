"""Names a letter apart are found, and no other."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from compendium import alike

SLIPS = {
    "a letter too few": ("artillery_shells", "artillery_shell"),
    "a letter too many": ("refined_petroleum", "refined_petrolleum"),
    "another letter": ("ROK NIS (Seoul)", "ROK NIS (Seoal)"),
    "two letters swapped": ("Ukraine HUR", "Ukrainne HUR"),
    "capitals": ("China customs", "China Customs"),
    "accents": ("Élysée", "Elysee"),
    "signs and blanks": ("KBS World (Spanish)", "KBS-World Spanish"),
    "a blank": ("news1 global", "news1global"),
    "another script": ("Коммерсант", "Комерсант"),
}


@pytest.mark.parametrize(("name", "slip"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_found_whichever_comes_first(name, slip):
    assert alike.slips(["other", name, slip]) == {slip: name}
    assert alike.slips([slip, name]) == {name: slip}


TWO = {
    "digits": ("shell_122mm", "shell_152mm"),
    "years": ("troops_2024", "troops_2025"),
    "short words": ("pork", "work"),
    "two letters": ("exports", "imports"),
    "a slip in each of two words": ("north korean shells", "nortt korean shelss"),
    "other words": ("ROK NIS", "ROK MND"),
}


@pytest.mark.parametrize("pair", TWO.values(), ids=TWO)
def test_two_names_are_two(pair):
    assert alike.slips(pair) == {}


def test_a_pair_known_to_be_two_names_hides_no_third():
    apart = {frozenset({"Anews", "inews"})}
    assert alike.slips(["Anews", "inews"], apart) == {}
    assert alike.slips(["Anews", "inews", "jnews"], apart) == {"jnews": "Anews"}
    # What is a slip itself has no slips.
    assert alike.slips(["shells", "shell", "shel"]) == {"shell": "shells"}


def apart(one: str, other: str) -> bool:
    """Whether a letter that goes from either or both leaves the same, letter by letter."""
    less = [{w, *(w[:i] + w[i + 1 :] for i in range(len(w)))} for w in (one, other)]
    return not less[0] & less[1]


words = st.text("ab", min_size=5, max_size=7)


@given(st.lists(words, unique=True, max_size=8))
def test_what_is_found_is_what_comparing_all_pairs_finds(names):
    kept, found = [], {}
    for name in names:
        like = [other for other in kept if not apart(name, other)]
        if like:
            found[name] = like
        else:
            kept.append(name)
    slips = alike.slips(names)
    assert slips.keys() == found.keys()
    assert all(slips[name] in found[name] for name in slips)


def test_hostile_names_take_no_time():
    vast = ["a" * 131_000, "a" * 130_999, "abcde " * 20_000, "", "--"]
    assert alike.slips(vast) == {}
