"""Drawings are made when looked at, and taken from the folder only where they would be the same."""

import numpy as np
import pandas as pd
import pytest
from test_figures import CASES

from compendium import cache, drawings, exhibits
from compendium.drawings import Drawing, Later, later


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(drawings.FOLDER, str(tmp_path / "drawings"))
    return tmp_path / "drawings"


@pytest.fixture
def made():
    """Arguments of every call that drew."""
    return []


@pytest.fixture
def draw(made):
    @later
    def stub(*args, **kwargs):
        made.append((args, kwargs))
        return Drawing(None, "Alt.", pd.DataFrame({"a": [len(made)]}))

    return stub


def make(drawing):
    return {"alt": drawing.alt, "a": int(drawing.table["a"].iloc[0])}


def test_nothing_is_drawn_until_a_part_is_asked_for_and_then_once(draw, made):
    drawing = draw(1, form="x")
    assert made == []
    assert drawing.alt == "Alt." and list(drawing.table["a"]) == [1] and drawing.figure is None
    assert made == [((1,), {"form": "x"})]


def test_the_same_drawing_is_taken_from_the_folder(draw, made, home):
    first = drawings.kept(draw(1), make)
    assert drawings.kept(draw(1), make) == first == {"alt": "Alt.", "a": 1}
    assert len(made) == 1
    assert drawings.kept(draw(2), make)["a"] == 2


def test_without_a_folder_it_is_drawn_each_time(draw, made, tmp_path, monkeypatch):
    monkeypatch.delenv(drawings.FOLDER, raising=False)
    assert [drawings.kept(draw(1), make)["a"] for _ in range(2)] == [1, 2]
    assert draw(1).key is None


@pytest.mark.parametrize("damage", [b"", b"half", b"\xff\xfe\x00", None])
def test_a_damaged_one_is_drawn_again_and_mended(draw, made, home, damage):
    drawings.kept(draw(1), make)
    (file,) = home.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"Alt.", b"All.") if damage is None else damage)
    assert drawings.kept(draw(1), make) == {"alt": "Alt.", "a": 2}
    assert drawings.kept(draw(1), make) == {"alt": "Alt.", "a": 2}
    assert len(made) == 2 and len([*home.iterdir()]) == 1


def test_where_nothing_can_be_written_it_is_drawn_all_the_same(draw, made, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(drawings.FOLDER, str(tmp_path / "file"))
    assert [drawings.kept(draw(1), make)["a"] for _ in range(2)] == [1, 2]


def test_other_code_draws_again(draw, made, home, monkeypatch):
    drawings.kept(draw(1), make)
    monkeypatch.setattr(drawings, "_code", lambda: "changed")
    drawings.kept(draw(1), make)
    assert len(made) == 2


def test_the_code_that_counts_is_that_which_draws(monkeypatch):
    before = drawings._code()
    for number, name in enumerate(drawings.DRAWN_BY):
        digest = drawings.reads.digest_file
        monkeypatch.setattr(
            drawings.reads, "digest_file",
            lambda file, name=name, digest=digest: "other" if str(file).endswith(name) else digest(file),
        )  # fmt: skip
        drawings._code.cache_clear()
        assert drawings._code().split()[number] == "other"
        monkeypatch.undo()
        drawings._code.cache_clear()
    assert drawings._code() == before


FRAME = pd.DataFrame({"day": pd.to_datetime(["2024-01-01", "2024-01-02"]), "n": [1, 2]})
OTHERS = {
    "a value": FRAME.assign(n=[1, 3]),
    "a type": FRAME.assign(n=[1.0, 2.0]),
    "a column's name": FRAME.rename(columns={"n": "m"}),
    "the order of columns": FRAME[["n", "day"]],
    "the order of rows": FRAME[::-1],
    "the index": FRAME.set_axis([5, 6]),
    "the index's name": FRAME.rename_axis("row"),
    "one row less": FRAME[:1],
    "no row": FRAME[:0],
    "a gap": FRAME.assign(n=[1, None]),
    "a text": FRAME.assign(n=["1", "2"]),
    "a series": FRAME["n"],
    "an array": FRAME["n"].to_numpy(),
    "a list": [1, 2],
    "a tuple": (1, 2),
    "a flat list": [[1], 2],
    "another flat list": [1, [2]],
    "a dictionary": {"n": [1, 2]},
    "its order": {"n": 1, "m": 2},
    "its other order": {"m": 2, "n": 1},
    "a float": 1.0,
    "an integer": 1,
    "a truth": True,
    "letters": "1",
    "nothing": None,
    "a day": pd.Timestamp("2024-01-01"),
    "a NumPy float": np.float64(1.0),
}


def test_whatever_differs_in_what_is_drawn_gives_another_name(draw, home):
    keys = {name: draw(content).key for name, content in {"itself": FRAME, **OTHERS}.items()}
    assert None not in keys.values()
    assert len(set(keys.values())) == len(keys)
    assert draw(FRAME.copy()).key == keys["itself"]
    assert draw(frame=FRAME).key != keys["itself"]


def test_a_series_is_known_by_its_name_and_its_index(draw, home):
    series = FRAME["n"]
    others = [series, series.rename("m"), series.set_axis([3, 4]), series.to_frame()]
    assert len({draw(other).key for other in others}) == 4


def test_two_functions_do_not_share(home):
    one, other = later(lambda x: x), later(CASES["ranges"][0])
    assert one(1).key != other(1).key


@pytest.mark.parametrize("content", [object(), len, {1, 2}, np.array([object()]), [[], print]])
def test_what_cannot_be_told_is_drawn_each_time(draw, made, home, content):
    assert draw(content).key is None
    assert [drawings.kept(draw(content), make)["a"] for _ in range(2)] == [1, 2]
    assert not home.exists()


@pytest.mark.parametrize("name", CASES)
def test_a_figure_that_was_kept_is_the_one_that_is_drawn(name, home, monkeypatch):
    case = CASES[name][0]
    assert isinstance(case(), Later) and case().key
    parts = ("fig-x", "Caption.", "Source.")
    first, again = (exhibits.figure_bundle(case(), *parts) for _ in range(2))
    assert len([*home.iterdir()]) == 1
    monkeypatch.delenv(drawings.FOLDER)
    assert exhibits.figure_bundle(case(), *parts) == first == again


def test_old_drawings_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.paths, "BUILD", tmp_path)
    monkeypatch.setattr(cache, "LIMIT", 250)
    monkeypatch.setenv(drawings.FOLDER, str(drawings.folder()))
    drawings.folder().mkdir(parents=True)
    for age, name in enumerate("abcd"):
        file = drawings.folder() / f"{name}.json"
        file.write_text("x" * 100)
        cache.os.utime(file, (1000 - age, 1000 - age))
    cache.prune()
    assert sorted(file.stem for file in drawings.folder().iterdir()) == ["a", "b"]
