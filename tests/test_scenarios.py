"""Scenarios: the ones at hand are valid; each fault is told with file, line and key."""

import datetime as dt

import pytest

from compendium import parameters, paths, scenarios
from compendium.errors import FaultsError, UsageError

HEAD = "title: Mine\nreason: To try.\nas_of: 2024-10-28\n"  # three lines
ARMS = HEAD + "chapters:\n  arms_trade:\n"  # five lines


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Function that writes the only scenario, `mine`."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "SCENARIOS", tmp_path / "scenarios")
    paths.SCENARIOS.mkdir()

    def put(content):
        data = content if isinstance(content, bytes) else content.encode()
        (paths.SCENARIOS / "mine.yml").write_bytes(data)

    return put


@pytest.mark.parametrize("name", scenarios.names())
def test_a_shipped_scenario_is_valid(name):
    scenario = scenarios.read(name)
    assert scenario.name == name
    assert list(scenario.chapters) == list(parameters.CHAPTERS)
    assert {chosen.as_of for chosen in scenario.chapters.values()} == {scenario.as_of}


def test_the_baseline_changes_nothing_but_the_vintage():
    scenario = scenarios.read("replication")
    assert scenario.as_of == dt.date(2024, 10, 28)
    for chapter, chosen in scenario.chapters.items():
        assert chosen == parameters.model(chapter)()
    assert scenarios.read("hindsight").as_of == dt.date(2026, 10, 31)


def test_a_scenario_changes_what_it_names_alone(write):
    write(ARMS + "    draws: 8\n    price_basis: market\n  trade_trends:\n")
    scenario = scenarios.read("mine")
    arms = scenario.chapters["arms_trade"]
    assert (arms.draws, arms.price_basis, arms.seed) == (8, "market", 20241028)
    assert scenario.chapters["trade_trends"] == parameters.TradeTrends()
    assert (scenario.title, scenario.reason) == ("Mine", "To try.")


def test_a_day_may_stand_in_quotation_marks(write):
    write(HEAD.replace("2024-10-28", "'2024-10-28'"))
    assert scenarios.read("mine").as_of == dt.date(2024, 10, 28)


@pytest.mark.parametrize(
    ("content", "start", "words"),
    [
        (HEAD + "as_off: 2\n", ":4: as_off: unknown key", ["did you mean 'as_of'", "title, reason"]),
        (HEAD + "1: 2\n", ":4: 1: key is not text", []),
        (HEAD + "title: B\n", ":4: title: key given twice", ["already in line 1"]),
        (HEAD.replace("Mine", "''"), ":1: title: is empty", ["title: ..."]),
        (ARMS + "    draws: 2\n    draws: 4\n", ":7: draws: key given twice", []),
        ("title: A\nreason: b\n", ":1: as_of: missing key", ["allowed: as_of: ..."]),
        ("title: 3\nreason: b\nas_of: 2024-10-28\n", ":1: title: wrong type, found '3'", ["text"]),
        (HEAD + "chapters: [arms_trade]\n", ":4: chapters: wrong type", ["chapter: parameters"]),
        (HEAD + "chapters:\n  arms_trad:\n", ":5: arms_trad: unknown chapter", ["'arms_trade'?"]),
        (HEAD + "chapters:\n  arms_trade: 5\n", ":5: arms_trade: not a list of parameters", ["'5'"]),
        (HEAD + "chapters:\n  arms_trade: false\n", ":5: arms_trade: not a list", ["'False'"]),
        (HEAD + "chapters:\n  arms_trade: []\n", ":5: arms_trade: not a list", ["'[]'"]),
        (ARMS + "    seed: 1\n    drws: 4\n", ":7: arms_trade, parameter drws", ["'draws'?"]),
        (ARMS + "    draws: '4'\n", ":6: arms_trade, parameter draws: wrong type", ["found '4'"]),
        (ARMS + "    draws: yes\n", ":6: arms_trade, parameter draws: wrong type", ["'True'"]),
        (ARMS + "    shell_price: .nan\n", ":6: arms_trade, parameter shell_price", ["'nan'"]),
        (ARMS + "    as_of: 2024-10-28\n", ":6: arms_trade, parameter as_of", ["top of the file"]),
        (HEAD.replace("10-28", "13-28"), ":3: as_of: not an ISO date", ["found '2024-13-28'"]),
        (HEAD.replace("-28", "-28 10:00:00"), ":3: as_of: not an ISO date", []),
        (HEAD.replace("2024", "1990"), ":3: as_of: out of range", ["from 2023-11-02"]),
        (HEAD + "x: [\n", ":5: not valid YAML: ", ["expected the node content", "two spaces"]),
        (HEAD + "x: \0\n", ":4: holds a NUL byte, which no text has", []),
        ("", ":1: not a list of keys", ["title, reason, as_of, chapters"]),
        ("- title\n", ":1: not a list of keys", []),
        (HEAD.encode("utf-16"), ":1: not readable as UTF-8", []),
        (b"title: caf\xe9\n", ":1: not readable as UTF-8", []),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_line_and_key(write, content, start, words):
    write(content)
    with pytest.raises(FaultsError) as caught:
        scenarios.read("mine")
    (text,) = map(str, caught.value.faults)
    assert text.startswith(f"scenarios/mine.yml{start}")
    assert "\n" not in text
    for word in words:
        assert word in text


def test_all_faults_come_at_once(write):
    write(ARMS.replace("10-28", "10-32") + "    draws: 3\n    sed: 1\n    as_of: x\n  none: {}\n")
    with pytest.raises(FaultsError) as caught:
        scenarios.read("mine")
    assert [fault.line for fault in caught.value.faults] == [3, 6, 7, 8, 9]


@pytest.mark.parametrize("nothing", ["null", "None", "~", ""])
def test_a_parameter_may_be_left_to_the_rows_in_words(write, nothing):
    write(ARMS + f"    shell_price: {nothing}\n")
    assert scenarios.read("mine").chapters["arms_trade"].shell_price is None


@pytest.mark.parametrize("name", ["../mine", "./mine", "mine.yml", "/etc/passwd", "", ".", "mine\n"])  # fmt: skip
def test_what_is_not_the_name_of_a_scenario_is_refused(write, name):
    write(HEAD)
    with pytest.raises(UsageError, match="allowed: mine$") as caught:
        scenarios.read(name)
    assert caught.value.exit_code == 2


def test_two_names_that_differ_in_capitals_alone_are_refused(write):
    content = "title: t\nreason: r\nas_of: 2024-10-28\n"
    write(content)
    (paths.SCENARIOS / "Mine.yml").write_text(content)
    with pytest.raises(FaultsError, match="differs from 'mine' in capitals alone"):
        scenarios.read("Mine")


def test_an_unknown_scenario_is_refused_with_the_nearest_one():
    with pytest.raises(UsageError, match="'replicaton'; did you mean 'replication'"):
        scenarios.read("replicaton")
