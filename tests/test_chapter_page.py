"""The page of a chapter: its box, its sections in order, its parameters, its folded code."""

import re

import pytest
from bs4 import BeautifulSoup

from compendium import book, parameters
from compendium.exercises import cells

CHAPTERS = [chapter for chapter in parameters.CHAPTERS if chapter != "replication"]
# Sections that every chapter has, in this order; others may stand between or after them.
SECTIONS = (
    r"What the study said",
    r"The evidence: .+",
    r"The model: .+",
    r"Results: .+",
    r"What drives .+",
    r"Check against later evidence.*",
    r"Limits, and what would change the conclusion",
    r"Exercises",
)


@pytest.fixture(scope="module")
def soups(quick_book):
    html = quick_book / "_build" / "quick" / "html"
    return {
        page.with_suffix("").as_posix(): BeautifulSoup(
            html.joinpath(page).with_suffix(".html").read_text("utf-8"), "html.parser"
        )
        for page in book.pages(quick_book)
    }


def article(soups, chapter):
    return soups[f"chapters/{chapter}"].find("article")


def heading(node):
    return node.get_text().rstrip("#").strip()


def test_every_page_has_one_title_a_language_and_landmarks(soups):
    for name, soup in soups.items():
        assert len(soup.find_all("h1")) == 1, name
        assert soup.html["lang"] == "en", name
        assert len(soup.find_all("main")) == 1, name
        assert soup.find("nav") and soup.find("footer"), name
        assert soup.find("a", class_="skip-link") or soup.find(id="pst-skip-link"), name


def test_no_role_is_left_as_it_is_written(soups):
    for name, soup in soups.items():
        texts = [
            text
            for text in soup.find("article").find_all(string=re.compile(r"\{[a-z:]+\}\s*`"))
            if not text.find_parent(["code", "pre", "script"])
        ]
        assert texts == [], name


def test_no_heading_skips_a_level_and_no_id_stands_twice(soups):
    for name, soup in soups.items():
        levels = [int(h.name[1]) for h in soup.find("article").find_all(re.compile("^h[1-6]$"))]
        assert [b for a, b in zip(levels, levels[1:], strict=False) if b > a + 1] == [], name
        ids = [node["id"] for node in soup.find_all(id=True)]
        assert sorted(set(ids)) == sorted(ids), name


def test_every_table_says_what_its_columns_are(soups):
    for name, soup in soups.items():
        for table in soup.find("article").find_all("table"):
            heads = table.find_all("th")
            assert heads, (name, table.get("id"))
            scopes = [head for head in heads if head.get("scope") in ("col", "row")]
            plain = "exhibit-rows" not in table.get("class", ()) and "catalogue" not in table.get(
                "class", ()
            )
            assert plain or scopes == heads, (name, table.get("id"))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_sections_stand_in_order_under_headings_that_say_something(soups, chapter):
    found = [heading(h2) for h2 in article(soups, chapter).find_all("h2")]
    places = []
    for pattern in SECTIONS:
        hits = [place for place, text in enumerate(found) if re.fullmatch(pattern, text)]
        assert len(hits) == 1, (pattern, found)
        places += hits
    assert places == sorted(places)


@pytest.mark.parametrize("chapter", parameters.CHAPTERS)
def test_the_box_comes_first_and_has_question_answer_confidence_and_reading_time(soups, chapter):
    body = article(soups, chapter)
    (box,) = body.find_all(class_="chapter-summary")
    assert box.name == "section" and box["aria-label"]
    assert body.find(["h2", "table", "img"]) in box.find_all_next(["h2", "table", "img"])
    parts = ("question", "answer", "confidence", "time")
    question, answer, confidence, time = (
        box.find(class_=f"summary-{part}").get_text() for part in parts
    )
    assert question.startswith("Question. ") and question.endswith("?")
    assert answer.startswith("Answer. ")
    assert re.match(r"Confidence .*\b(low|moderate|high)\b", confidence, re.S)
    minutes, words = re.match(
        r"Reading time\. About (\d+) minutes? for ([\d,]+) words", time
    ).groups()
    words = int(words.replace(",", ""))
    shown = body.get_text(" ").split()
    assert 300 <= words < len(shown)
    assert int(minutes) == pytest.approx(words / 238, abs=1)
    if chapter != "replication":  # it counts statements, of which nothing is uncertain
        assert re.search(r"(interval|range) [\d.,]+ to|[\d.,]+ to [\d.,]+ percent", answer)


@pytest.mark.parametrize("chapter", parameters.CHAPTERS)
def test_the_box_says_what_a_student_gains_needs_and_takes(soups, chapter):
    box = article(soups, chapter).find(class_="chapter-summary")
    goals = [li.get_text().strip() for li in box.find(class_="summary-objectives").find_all("li")]
    assert 3 <= len(goals) <= 4
    assert not any(re.match("understand|know|learn|be aware", goal) for goal in goals)
    assert goals == list(cells.stated(cells.stored(chapter), "objectives"))
    before = box.find(class_="summary-prerequisites").get_text()
    assert re.match(r"Before you start\. .+\.$", before, re.S)
    number, minutes = re.search(
        r"Exercises\. (\d+), of about (\d+) minutes", box.find(class_="summary-time").get_text()
    ).groups()
    found = cells.of_chapter(chapter)
    assert (int(number), int(minutes)) == (len(found), sum(e.minutes for e in found))


@pytest.mark.parametrize("chapter", parameters.CHAPTERS)
def test_exercises_come_last_each_with_hint_and_folded_solution_and_a_right_check(soups, chapter):
    body = article(soups, chapter)
    places = [heading(h2) for h2 in body.find_all("h2")]
    after = places[places.index("Exercises") + 1 :]
    assert set(after) <= {"References", "Downloads", "Cite this"}  # the foot of a page
    section = body.find(id="exercises")
    asked, solved = section.select("div.exercise"), section.select("div.solution")
    found = cells.of_chapter(chapter)
    assert 3 <= len(asked) <= 5
    assert [one["id"] for one in asked] == [e.label for e in found]
    for one, solution, exercise in zip(asked, solved, found, strict=True):
        assert exercise.title in one.find(class_="admonition-title").get_text()
        assert one.find("details").find("summary").get_text().strip() == "Hint"
        assert "dropdown" in solution["class"]
        assert solution.select("div.cell_input")
        said = solution.select("div.cell_output")[-1].get_text().strip()
        assert re.fullmatch(rf"{exercise.label}: right\.|{exercise.label}: not asked: .+", said)


@pytest.mark.parametrize("chapter", parameters.CHAPTERS)
def test_parameters_are_a_table_and_not_a_cell(soups, chapter):
    body = article(soups, chapter)
    (head,) = [
        row
        for row in body.select("thead tr")
        if [c.get_text().strip() for c in row.find_all("th")]
        == ["Name", "Value", "Unit", "Allowed", "Reason", "Changed"]
    ]
    rows = [[td.get_text().strip() for td in tr.find_all("td")] for tr in
            head.find_parent("table").select("tbody tr")]  # fmt: skip
    assert [row[0] for row in rows] == list(parameters.model(chapter).model_fields)
    assert all(all(row[:5]) for row in rows)
    quick = {"draws", "sobol_samples", "bootstrap_draws"}  # what the scenario of the tests sets
    for tr, row in zip(head.find_parent("table").select("tbody tr"), rows, strict=True):
        changed = row[0] in quick and chapter in (
            "arms_trade",
            "troop_plausibility",
            "trade_trends",
        )
        assert row[5].startswith("yes, from ") if changed else row[5] == "no"
        assert ("exhibit-marked" in tr["class"]) == changed
    fold = head.find_parent("details")
    assert fold is None or fold.has_attr("open") == any(row[5] != "no" for row in rows)
    assert "Every parameter is a plain scalar" not in body.get_text()


@pytest.mark.parametrize("chapter", parameters.CHAPTERS)
def test_code_is_folded(soups, chapter):
    body = article(soups, chapter)
    inputs = body.select("div.cell_input")
    assert inputs
    for cell in inputs:
        if cell.find_parent(class_="solution"):  # folded as a whole
            continue
        fold = cell.find_parent("details")
        assert fold is not None and not fold.has_attr("open")
        assert not fold.find("summary").has_attr("aria-label")
        assert fold.find("summary").get_text().split()[0] in ("Code", "Code:")


def test_the_rows_that_move_the_arms_estimate_are_two_clicks_from_the_front_page(soups):
    link = soups["index"].find("article").find("a", href=re.compile("#tab-arms-rows$"))
    target = article(soups, "arms_trade").find(id="tab-arms-rows")
    assert link["href"] == "chapters/arms_trade.html#tab-arms-rows"
    assert target.name == "table"
    assert len(target.select("tbody tr")) == 5
    assert target.select("tbody tr")[0].find("a", class_="row-id")
