"""The report of a verification: one content, as JSON, Markdown and a plain HTML page."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compendium import book, commands, files, paths
from compendium.errors import Fault, FaultsError
from compendium.verification.checks import DIFFERS, MISSING, NEW, SAME, WITHIN

PASSED, FAILED = "passed", "failed"
TITLE = "Verification of the certified results"
ENDINGS = ("html", "md", "json")
KINDS = {"value": "values", "text": "numbers in the text", "figure": "figures", "table": "tables"}
COLUMNS = (
    "Scenario", "What", "Page", "Name", "Certified", "Built", "Tolerance", "Verdict",
    "Changed under it",
)  # fmt: skip
STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1, h2 { line-height: 1.2; }
.verdict { font-size: 1.25rem; font-weight: bold; border-left: .5rem solid; padding-left: .75rem; }
.passed { border-color: #006b4f; } .failed { border-color: #a33b00; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0 0 1rem; }
caption { text-align: left; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0;
  border-bottom: 1px solid #bbb; overflow-wrap: break-word; max-width: 24rem; }
summary { cursor: pointer; padding: .25rem 0; }
a, summary { color: #004b87; }
"""


@dataclass(frozen=True)
class Section:
    """A heading, its sentences, and a table if any; a folded one is opened by its reader."""

    title: str
    sentences: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    folded: bool = False


def require_own(folder: Path) -> None:
    """Raise where a report in this folder would take the place of anything but a report."""
    files.require_folders(folder)
    own = {f"report.{ending}" for ending in ENDINGS}
    there = {file.name for file in folder.iterdir()} if folder.exists() else set()
    if others := sorted(there - own):
        problem = "holds what a report would remove"
        allowed = "a folder of nothing but an earlier report, or a new one (--report DIR)"
        raise FaultsError([Fault(paths.relative(folder), problem, None, None, others[0], allowed)])


def write(content: Mapping, folder: Path) -> None:
    """Write ``report.html``, ``report.md`` and ``report.json``; the folder is replaced as a whole."""
    folder = Path(folder).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    texts = (as_html(content), as_markdown(content), data)
    with commands.workshop(folder.parent, ".verify-report-") as place:
        aside = Path(place, folder.name)
        aside.mkdir()
        for ending, text in zip(ENDINGS, texts, strict=True):
            (aside / f"report.{ending}").write_text(text, "utf-8")
        book.publish(aside, folder)


def sections(content: Mapping) -> Iterator[Section]:
    """What the report says, what failed before all else."""
    checks = content["checks"]
    failed = [check for check in checks if check["failed"]]
    if content["failures"]:
        yield Section("What failed beside the results", tuple(content["failures"]))
    if failed:
        sentence = f"{len(failed):,} of {len(checks):,} certified results did not come out again."
        yield Section("Results that failed", (sentence,), COLUMNS, _rows(failed))
    yield _counts(checks)
    yield _inputs(content["inputs"])
    yield _packages(content["packages"])
    yield Section("Machine", (), ("What", "Found"), tuple(content["environment"].items()))
    yield _runs(content)
    yield _run_against_run(content)
    digests = content.get("digests", {})
    yield Section(
        f"All inputs ({len(digests):,})",
        ("The first twelve digits of the SHA-256 of each file.",),
        ("File", "Certified", "Now"),
        tuple((file, own["certified"], own["now"]) for file, own in digests.items()),
        folded=True,
    )
    for kind, name in KINDS.items():
        own = [check for check in checks if check["kind"] == kind]
        yield Section(f"All {name} ({len(own):,})", (), COLUMNS, _rows(own), folded=True)


def _counts(checks: Sequence[Mapping]) -> Section:
    verdicts = (SAME, WITHIN, DIFFERS, MISSING, NEW)
    rows = [
        (
            name,
            *(str(sum(c["kind"] == kind and c["verdict"] == v for c in checks)) for v in verdicts),
        )
        for kind, name in KINDS.items()
    ]
    sentences = (
        "Missing is what is certified and was not built; new is what was built and is not certified.",
    )
    return Section("Results by verdict", sentences, ("What", *verdicts), tuple(rows))


def _inputs(changed: Sequence[Mapping]) -> Section:
    if not changed:
        return Section("Inputs", ("Every input is the certified one.",))
    rows = tuple(
        (c["file"], c["kind"], c["part"], c["what"], c["was"], c["now"],
         "fails" if c["binding"] else "told only")
        for c in changed
    )  # fmt: skip
    sentence = (
        "Another row, table, parameter or locked package fails the verification. "
        "Other code, pages and files are told; what they move fails by itself."
    )
    columns = ("File", "Kind", "Part", "What", "Certified", "Now", "Counts as")
    return Section(f"Inputs: {len(rows)} changed", (sentence,), columns, rows)


def _packages(packages: Mapping) -> Section:
    count = f"{len(packages['locked'])} packages are locked for this machine"
    rows = tuple((c["part"], c["was"], c["now"]) for c in packages["departures"])
    if not rows:
        return Section("Packages", (f"{count}, and all are installed as locked.",))
    sentence = f"{count}; {len(rows)} {'is' if len(rows) == 1 else 'are'} not installed as locked."
    return Section("Packages", (sentence,), ("Package", "Locked", "Installed"), rows)


def _runs(content: Mapping) -> Section:
    rows = tuple(
        (r["copy"], r["scenario"], r["kernel"], f"{r['seconds']:.0f} s",
         f"{r['memory'] / 1e6:,.0f} MB" if r["memory"] else "not told by the system",
         f"{r['disk'] / 1e6:,.0f} MB")
        for r in content["runs"]
    )  # fmt: skip
    columns = ("Copy", "Scenario", "Notebooks start", "Time", "Peak memory", "Disk")
    return Section("Builds, as measured", (), columns, rows)


def _run_against_run(content: Mapping) -> Section:
    said = [f"Left out is {file}: {why}." for file, why in content["volatile"].items()]
    rows = tuple(
        (own["scenario"], f"{own['files']:,}", ", ".join(own["differ"]) or "none")
        for own in content["run_against_run"]
    )
    said.insert(0, "Two builds, in two copies, were held against each other byte for byte.")
    columns = ("Scenario", "Files", "Files that differ")
    return Section("Run against run", tuple(said if rows else said[1:]), columns, rows)


def _rows(checks: Iterable[Mapping]) -> tuple[tuple[str, ...], ...]:
    keys = ("scenario", "kind", "page", "name", "expected", "got", "tolerance", "verdict", "why")
    return tuple(tuple(check[key] for key in keys) for check in checks)


def verdict(content: Mapping) -> str:
    """The verdict in a sentence."""
    failed = sum(check["failed"] for check in content["checks"]) + len(content["failures"])
    if content["verdict"] == PASSED:
        return f"Passed: all {len(content['checks']):,} certified results came out again."
    return f"Failed: {failed:,} finding{'s' if failed != 1 else ''}; they stand first."


# --------------------------------------------------------------------------------- forms


def as_markdown(content: Mapping) -> str:
    """The report as Markdown."""
    parts = [f"# {TITLE}", f"**{verdict(content)}**"]
    for section in sections(content):
        parts += [f"## {section.title}", "\n".join(f"- {_cell(s)}" for s in section.sentences)]
        if section.rows:
            lines = [section.columns, ["---"] * len(section.columns), *section.rows]
            parts.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
    return "\n\n".join(filter(None, parts)) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def as_html(content: Mapping) -> str:
    """The report as one page that asks nothing of any other place."""
    body = "\n".join(_html(section) for section in sections(content))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{TITLE}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{TITLE}</h1>\n"
        f'<p class="verdict {content["verdict"]}">{html.escape(verdict(content))}</p>\n'
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def _html(section: Section) -> str:
    title = html.escape(section.title)
    said = "".join(f"<li>{html.escape(s)}</li>\n" for s in section.sentences)
    inner = f"<ul>\n{said}</ul>\n" if said else ""
    if section.rows:
        heads = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in section.columns)
        rows = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>\n"
            for row in section.rows
        )
        # A table wider than the window is scrolled by keyboard too.
        inner += (
            f'<div class="wide" tabindex="0" role="region" aria-label="{title}"><table>\n'
            f"<thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody>\n</table></div>\n"
        )
    if section.folded:
        return (
            f"<h2>{title}</h2>\n<details><summary>Show {title.lower()}</summary>\n{inner}</details>"
        )
    return f"<h2>{title}</h2>\n{inner}"
