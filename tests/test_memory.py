"""Results are kept by the parameters they read and the tables, and by nothing less."""

import numpy as np
import pandas as pd
import pytest

from compendium import evidence, memory, models, paths, reads, scenarios, upstream, values
from compendium.memory import remembered
from compendium.parameters import ArmsTrade, TradeTrends


@pytest.fixture
def calls():
    return []


def chosen(**changes):
    return ArmsTrade(**changes)


def test_only_parameters_that_were_read_count(calls):
    @remembered
    def rounds(p, factor=1):
        calls.append(p.max_age_days)
        return p.max_age_days * factor

    assert rounds(chosen(seed=1)) == rounds(chosen(seed=2)) == 240
    assert calls == [240]
    assert rounds(chosen(max_age_days=100)) == 100
    assert rounds(chosen(seed=3), factor=2) == 480
    assert rounds(chosen(seed=4), 1) == 240  # given by place: another call
    assert calls == [240, 100, 240, 240]


def test_a_branch_that_reads_more_is_kept_apart(calls):
    @remembered
    def price(p):
        calls.append(1)
        return p.shell_price if p.price_basis == "market" else 0.0

    assert price(chosen(shell_price=900.0)) == price(chosen(shell_price=1000.0)) == 0.0
    assert price(chosen(price_basis="market", shell_price=900.0)) == 900.0
    assert price(chosen(price_basis="market", shell_price=1000.0)) == 1000.0
    assert price(chosen(price_basis="market", shell_price=900.0, seed=5)) == 900.0
    assert len(calls) == 3


def test_what_an_inner_function_reads_counts_for_the_outer_also_when_it_is_remembered(calls):
    @remembered
    def inner(p):
        calls.append("inner")
        return p.max_age_days

    @remembered
    def outer(p):
        calls.append("outer")
        return inner(p) + 1

    assert inner(chosen()) == 240
    assert outer(chosen()) == 241  # inner is taken from memory here
    assert outer(chosen(max_age_days=100)) == 101
    assert outer(chosen(max_age_days=100, seed=9)) == 101
    assert calls == ["inner", "outer", "outer", "inner"]


def test_changed_copies_are_read_as_changed(calls):
    @remembered
    def age(p):
        calls.append(1)
        return p.max_age_days

    @remembered
    def moved(p):
        return age(p.model_copy(update={"max_age_days": 7})), p.seed

    assert moved(chosen(seed=1)) == (7, 1)
    assert moved(chosen(seed=2, max_age_days=50)) == (7, 2)
    assert calls == [1]
    assert age(chosen()) == 240


def test_the_kind_of_a_number_is_part_of_it():
    @remembered
    def text(p, amount):
        return f"{amount}"

    assert [text(chosen(), one) for one in (1, 1.0, True)] == ["1", "1.0", "True"]


def test_parameters_of_two_chapters_are_not_mixed_up():
    @remembered
    def day(p):
        return type(p.as_of).__name__, p.draws

    assert day(ArmsTrade(draws=128))[1] == day(TradeTrends(draws=128))[1] == 128


def test_a_changed_table_is_read_anew(calls, tmp_path, monkeypatch):
    (tmp_path / "arms.csv").write_text("one")
    monkeypatch.setattr(paths, "RAW", tmp_path)

    @remembered
    def size(as_of):
        calls.append(as_of)
        return (tmp_path / "arms.csv").stat().st_size

    assert size("2024-10-28") == size("2024-10-28") == 3
    (tmp_path / "arms.csv").write_text("three")
    assert size("2024-10-28") == 5
    assert len(calls) == 2


def test_an_error_is_not_kept(calls):
    @remembered
    def failing(p):
        calls.append(1)
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            failing(chosen())
    assert len(calls) == 2


def test_values_of_other_chapters_are_never_kept(calls):
    """They belong to the running build, which is neither a parameter nor a table."""
    given = scenarios.read("replication").chapters["arms_trade"]
    day = str(given.as_of)

    @remembered
    def inner(as_of):
        calls.append(1)
        return upstream.published("arms_trade", as_of)

    @remembered
    def outer(p):
        return inner(day), p.seed

    stated = {"arms_trade.as_of": values.Value("arms_trade.as_of", day, unit="date")}
    with upstream.using(stated):
        assert outer(given)[0] == stated
    with upstream.using({}):
        assert outer(given)[0] is None
    assert len(calls) == 2


def test_rows_left_out_are_left_out_of_what_is_kept_too(calls):
    @remembered
    def rows(as_of):
        calls.append(1)
        return len(evidence.load("arms", as_of, obs_id=["arms-sh-2024-10-dia"]))

    @remembered
    def both(as_of):
        with evidence.without("arms-sh-2024-10-dia"):
            without = rows(as_of)
        return rows(as_of), without

    assert rows("2024-10-28") == 1
    with evidence.without("arms-sh-2024-10-dia"):
        assert rows("2024-10-28") == 0
    assert rows("2024-10-28") == 1 and both("2024-10-28") == (1, 0)
    assert len(calls) == 2


def test_what_was_read_quietly_is_read_again_aloud(calls):
    @remembered
    def rows(as_of):
        calls.append(reads.is_quiet())
        return 1

    with reads.quiet():
        rows("2024-10-28")
    rows("2024-10-28"), rows("2024-10-28")
    assert calls == [True, False]


def test_callers_cannot_change_what_is_kept():
    @remembered
    def found(as_of):
        frame = pd.DataFrame({"value": [1.0, 2.0]})
        return {"frame": frame, "series": frame["value"], "array": np.array([1.0]), "list": [1]}

    first = found("2024-10-28")
    first["frame"].loc[0, "value"] = 99.0
    first["frame"]["new"] = 1
    first["series"].iloc[0] = 99.0
    first["list"].append(2)
    first["more"] = 1
    with pytest.raises(ValueError, match="read-only"):
        first["array"][0] = 99.0
    again = found("2024-10-28")
    assert list(again) == ["frame", "series", "array", "list"] and again["list"] == [1]
    assert list(again["frame"].columns) == ["value"] and list(again["frame"]["value"]) == [1, 2]
    assert list(again["series"]) == [1, 2]


def test_parameters_as_a_whole_are_refused():
    """A comparison of all of them would rest on more than is noted."""

    @remembered
    def same(p):
        return p == p

    with pytest.raises(TypeError, match="one by one"):
        same(chosen())


def test_old_results_make_room(monkeypatch, calls):
    monkeypatch.setattr(memory, "KEPT", 2)

    @remembered
    def number(n):
        calls.append(n)
        return n

    for n in (1, 2, 1, 3, 1, 2):
        number(n)
    assert calls == [1, 2, 3, 2]  # 2 had been asked for longest ago when 3 came


@pytest.mark.parametrize(
    "chapter",
    ["trade_trends", *(pytest.param(c, marks=pytest.mark.long)
                       for c in models.MODELS if c not in ("trade_trends", "replication"))],
)  # fmt: skip
def test_values_are_the_same_bit_for_bit_with_and_without_memory(chapter):
    """A run after other runs, of other parameters and vintages, against one that knows none."""
    given = scenarios.read("replication").chapters[chapter]
    others = [given.model_copy(update={"seed": 7}), scenarios.read("low").chapters[chapter]]
    others += [scenarios.read("hindsight").chapters[chapter]]
    for other in others:
        models.run(chapter, other)
    after = [values.record(value) for value in models.run(chapter, given).values]
    memory.forget()
    alone = [values.record(value) for value in models.run(chapter, given).values]
    assert repr(after) == repr(alone)
