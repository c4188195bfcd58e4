"""What a chapter puts before its reader: figures, tables and prose bound to values.

Each is one notebook output that carries two forms: one that any notebook program shows, and
one (`MIME`) from which the book makes numbered, captioned exhibits with downloads.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from IPython.display import display

from compendium import claims, drawings, evidence, parameters, values, whatif
from compendium.errors import CompendiumError

if TYPE_CHECKING:  # nothing is drawn where exhibits are only shown
    from matplotlib.figure import Figure

    from compendium.drawings import Drawing, Later

MIME = "application/vnd.compendium.exhibit+json"
FOLD = 12  # a longer table of parameters is folded
_NUMBER = r"[+−-]?\d{1,3}(?:,\d{3})*(?:\.\d+)?"
SEPARATED = re.compile(rf"{_NUMBER}(?: to {_NUMBER})?(?: %)?")
PNG_DPI = 200  # about two pixels for each of the 660 the page gives a figure of `WIDTH`
PNG_COMPRESSION = 3  # the usual 6 takes twice as long and saves a tenth of the bytes
ROLE = re.compile(r"\{value\}`\s*([^`\s]+)\s*([^`]*?)\s*`")


def figure(drawing: Drawing | Later, name: str, caption: str, source: str) -> None:
    """Show a figure; see `figure_bundle`."""
    _display(figure_bundle(drawing, name, caption, source))


def figure_bundle(drawing: Drawing | Later, name: str, caption: str, source: str) -> dict:
    """A figure with caption, alt text, source line and the table of its data, as an output.

    Parameters
    ----------
    drawing : Drawing or Later
    name : str
        Label to refer to it by, starting ``fig-``.
    caption : str
        What the figure finds, in MyST; may hold ``{value}`` roles.
    source : str
        Where the data come from.
    """
    drawn = drawings.kept(drawing, drawn_form)
    content = drawn | {"kind": "figure", "name": name, "caption": caption, "source": source}
    return {MIME: content, "image/png": drawn["files"]["png"], "text/plain": drawn["alt"]}


def drawn_form(drawing: Drawing | Later) -> dict:
    """The parts of a figure's output that are drawn: its files, its table and its alt text."""
    svg, png = io.StringIO(), io.BytesIO()
    lay_out(drawing.figure)
    # No date and no software tag: the same figure is the same bytes.
    drawing.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    drawing.figure.savefig(
        png,
        format="png",
        dpi=PNG_DPI,
        metadata={"Software": None},
        pil_kwargs={"compress_level": PNG_COMPRESSION},
    )
    encoded = base64.b64encode(png.getvalue()).decode("ascii")
    files = {"svg": svg.getvalue(), "png": encoded, "csv": csv_of(drawing.table)}
    return _table(drawing.table) | {"alt": drawing.alt, "files": files}


def lay_out(figure: Figure) -> None:
    """Place the parts of a figure for good, so that every saving finds them where they are.

    With a layout engine, or the stand-in that `set_layout_engine("none")` leaves, Matplotlib
    draws twice for each file; and a real engine would move things a little each time.

    The style has no formulas, because a dollar sign in a name is none; the labels of a scale of
    powers are.
    """
    from matplotlib.ticker import LogFormatter

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_formatter(), LogFormatter):
                for text in axis.get_ticklabels(which="both"):
                    text.set_parse_math(True)
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine(None)


def table(
    frame: pd.DataFrame,
    name: str,
    caption: str,
    source: str,
    links: Mapping[str, Sequence[str]] | None = None,
    fold: str | None = None,
) -> None:
    """Show a table; see `table_bundle`."""
    _display(table_bundle(frame, name, caption, source, links, fold))


def table_bundle(
    frame: pd.DataFrame,
    name: str,
    caption: str,
    source: str,
    links: Mapping[str, Sequence[str]] | None = None,
    fold: str | None = None,
) -> dict:
    """A table with caption and source line, as an output of a notebook.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells as they are to be read.
    name : str
        Label to refer to it by, starting ``tab-``.
    caption, source : str
        As for `figure`.
    links : mapping, optional
        Web address of each cell of a column.
    fold : str, optional
        Line under which the book folds the table.
    """
    content = (
        _table(frame, links)
        | {
            "kind": "table",
            "name": name,
            "caption": caption,
            "source": source,
            "files": {"csv": csv_of(frame)},
        }
        | ({"fold": fold} if fold else {})
    )
    plain = {
        "text/html": frame.to_html(index=False, border=0),
        "text/plain": frame.to_string(index=False),
    }
    return {MIME: content, **plain}


def csv_of(frame: pd.DataFrame) -> str:
    """Table for a program to read: numbers and spans without separators of thousands, minus as ``-``."""

    def plain(cell: object) -> object:
        if isinstance(cell, str) and SEPARATED.fullmatch(cell):
            return cell.replace(",", "").replace("−", "-")
        return cell

    return frame.map(plain).to_csv(index=False)


def evidence_table(
    rows: pd.DataFrame, name: str, caption: str, as_of: str | dt.date | None = None
) -> None:
    """Show evidence rows: what was said, by whom, when, how graded, where it was read.

    The compilers wrote their notes with all the evidence at hand. A vintage that does not
    hold all of it leaves them out, lest they tell what was not known yet.
    """
    cited = rows["source_id"]
    sources = evidence.sources(cited)
    frame = pd.DataFrame(
        {
            "Row": rows["obs_id"],
            "Of": rows["item"].str.replace("_", " "),
            "By": rows["period_end"].dt.date.astype(str),
            "Figure": [evidence.figure_text(r) for r in rows.itertuples()],
            "Unit": rows["unit"].str.replace("_", " "),
            "Issuer": rows["issuer"],
            "Known on": rows["known_on"].dt.date.astype(str),
            "Grade": rows["reliability"] + rows["credibility"].astype(str),
            "Read in": cited.map(sources["publisher"]),
            "Note": rows["note"],
        }
    )
    source = "`data/raw`; grades are Admiralty codes (source A to F, information 1 to 6)."
    if as_of is None or not evidence.complete(as_of):
        frame = frame.drop(columns="Note")
        source += " The compilers' notes, written later, are left out of this vintage."
    table(
        frame,
        name,
        caption,
        source,
        links={"Read in": list(cited.map(sources["url"]))},
    )


def claims_table(rows: pd.DataFrame, name: str, caption: str, chapter: bool = False) -> None:
    """Show statements of the study, as `evidence.claims` returns them."""
    frame = pd.DataFrame(
        {
            "Claim": rows["claim_id"],
            "Chapter": rows["chapter"].str.replace("_", " "),
            "Statement": rows["statement"],
            "Number": [claims.figure(row._asdict()) for row in rows.itertuples()],
            "Kind": rows["kind"],
            "Place": rows["locator"],
        }
    )
    frame = frame if chapter else frame.drop(columns="Chapter")
    table(frame, name, caption, "`data/raw/claims.csv`.")


def parameters_table(chosen: parameters.Parameters, name: str) -> None:
    """Show the parameters of a run in place of the cell that sets them.

    The caption names those that were changed, and the table marks them in words. A long table
    is folded as long as everything in it is at its default.
    """
    frame = parameters.table(chosen)
    changed = list(frame.loc[frame["changed"] != "", "parameter"])
    heads = {"parameter": "Name", "changed": "Changed"}
    bundle = table_bundle(
        frame.replace({"changed": {"": "no"}}).rename(columns=heads).rename(columns=str.capitalize),
        name,
        "Parameters of this build: "
        + (
            f"changed {'are' if len(changed) > 1 else 'is'} `{'`, `'.join(changed)}`."
            if changed
            else "all are at their defaults."
        ),
        "`src/compendium/parameters.py`",
        fold=f"Parameters: {len(frame)}, {len(changed) or 'none'} changed"
        if len(frame) > FOLD
        else None,
    )
    bundle[MIME]["open"] = bool(changed)
    bundle[MIME]["marked"] = [row for row, text in enumerate(frame["changed"]) if text]
    _display(bundle)


def summary(
    published: Iterable[values.Value],
    *,
    question: str,
    answer: tuple[str, str],
    confidence: str,
    objectives: tuple[str, ...],
    prerequisites: str,
    chosen: parameters.Parameters | None = None,
) -> None:
    """Show the box at the head of a chapter; the book adds the minutes of reading and exercises.

    Parameters
    ----------
    published : iterable of Value
        The chapter's values.
    question : str
        What the chapter asks.
    answer : tuple of str
        Two sentences in MyST whose numbers are ``{value}`` roles, with their interval.
    confidence : str
        A sentence of its own, as ICD 203 asks, that begins with "Confidence" and says low,
        moderate or high.
    objectives : tuple of str
        Three or four things a student can do after the chapter, each beginning with a verb that
        can be tested; they go on from "After this chapter you can".
    prerequisites : str
        What to know before, in a sentence.
    chosen : Parameters, optional
        Those of the run: where they are others than the headings of the chapter were written
        for, the box says so.

    Raises
    ------
    CompendiumError
        A part is missing or has another form.
    """
    if not question.endswith("?"):
        raise CompendiumError(f"summary: the question ends with a question mark: {question!r}")
    if len(answer) != 2 or not all(sentence.endswith(".") for sentence in answer):
        raise CompendiumError("summary: the answer is two sentences, each with its full stop")
    if not re.match(r"Confidence .*\b(low|moderate|high)\b.*\.$", confidence):
        raise CompendiumError(
            "summary: the confidence is a sentence that begins with 'Confidence' and says "
            f"low, moderate or high: {confidence!r}"
        )
    if len(objectives) not in (3, 4) or any(re.match("understand|know", o) for o in objectives):
        raise CompendiumError(
            "summary: the objectives are three or four, each a verb that can be tested, not to "
            f"understand or to know: {objectives!r}"
        )
    if not prerequisites.endswith("."):
        raise CompendiumError(f"summary: the prerequisites are a sentence: {prerequisites!r}")
    known = {value.id: value for value in published}
    parts = {"question": question, "answer": " ".join(answer), "confidence": confidence}
    said: dict[str, str] = {}
    question, answer, confidence = (_printed(text, known, said) for text in parts.values())
    lines = [f"**Question.** {question}", f"**Answer.** {answer}", confidence]
    lines.append("After this chapter you can\n" + "".join(f"\n- {goal}" for goal in objectives))
    lines.append(f"**Before you start.** {prerequisites}")
    goals = {"objectives": list(objectives), "prerequisites": prerequisites}
    content = {"kind": "summary", **parts, **goals, "printed": said}
    if chosen is not None and (warning := _of_headings(chosen)):
        content["headings"] = warning
        lines.insert(3, f"**Headings.** {warning}")
    _display({MIME: content, "text/markdown": "\n\n".join(lines)})


def _of_headings(chosen: parameters.Parameters) -> str:
    """What to make of headings where a run differs from those they were written for."""
    latest = pd.Timestamp(chosen.as_of) == evidence.compiled()
    changed = [
        f"`{name}`"
        for name, field in type(chosen).model_fields.items()
        if getattr(chosen, name) != field.default and not (name == "as_of" and latest)
    ]
    if not changed:
        return ""
    return (
        "They say what is found with the default parameters, from what was known on the day of the"
        f" study and on the last day of the tables. This build has other {', '.join(changed)}:"
        " where a heading and a number part, trust the number."
    )


def panel(panel: whatif.Panel | None) -> None:
    """Show a panel in which a reader changes assumptions (`compendium.whatif`).

    It works in the book; any other notebook program shows a sentence. None is a panel for
    which the vintage knows too little.
    """
    if panel is None:
        return prose("Too little was known by the day of this vintage for a panel.", {})
    content = whatif.content(panel)
    plain = f"In the book a panel to change assumptions stands here. {panel.alt}"
    return _display({MIME: content, "text/plain": plain})


def speaker(published: Iterable[values.Value]) -> Callable[..., None]:
    """`prose` bound to a chapter's values: the notebook says ``say("...")``."""
    known = {value.id: value for value in published}
    return lambda text, box=None: prose(text, known, box)


def prose(text: str, known: Mapping[str, values.Value], box: str | None = None) -> None:
    """Show a paragraph whose numbers are values.

    Parameters
    ----------
    text : str
        MyST; numbers stand as ``{value}`` roles. In the book they stay roles, so that they
        can be followed to their rows; elsewhere they are printed.
    known : mapping of str to Value
        The chapter's values by id.
    box : str, optional
        Title of a box to put the paragraph into.

    Notes
    -----
    Prose that depends on what `as_of` could know is written by a code cell, because a static
    paragraph would go on stating what another vintage cannot.
    """
    content = {"kind": "prose", "text": text, "printed": {}} | ({"box": box} if box else {})
    plain = f"**{box}.** {text}" if box else text
    _display({MIME: content, "text/markdown": _printed(plain, known, content["printed"])})


def _printed(text: str, known: Mapping[str, values.Value], said: dict[str, str]) -> str:
    """Text with its numbers printed; what was printed is noted in `said`.

    It goes along with the output: the book can tell a page older than its values.
    """

    def printed(match: re.Match) -> str:
        number = values.lookup(known, match[1]).text(match[2] or "value")
        said[f"{match[1]} {match[2] or 'value'}"] = number
        return number

    return ROLE.sub(printed, text)


def _table(frame: pd.DataFrame, links: Mapping[str, Sequence[str]] | None = None) -> dict:
    cells = frame.astype(str).to_numpy().tolist()
    for column, addresses in (links or {}).items():
        place = frame.columns.get_loc(column)
        for row, address in zip(cells, addresses, strict=True):
            row[place] = {"text": row[place], "url": address}
    numeric = [
        all(re.match(r"^[<>≤≥±−-]?[\d.,]+( to |$| %)", str(cell)) for cell in frame[column])
        for column in frame
    ]
    return {
        "columns": [str(column) for column in frame.columns],
        "rows": cells,
        "align": ["right" if n else "left" for n in numeric],
    }


def _display(bundle: dict) -> None:
    display(bundle, raw=True)
