"""Prose held against the numbers: digits bound to values, words of likelihood to probabilities.

Read are the pages of the book: markdown, the text that code cells pass on as prose, and, once
a chapter has run, what it really wrote. Nothing is run here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from compendium import book, files, notebooks, paths, uncertainty, values
from compendium.errors import CompendiumError, Fault, FaultsError, nearest
from compendium.exhibits import MIME

ALLOWED = "prose.yml"
# A text of so few words in a code cell is a name, a key or a label, not a sentence.
FEWEST_WORDS = 4
# Stands in a sentence for what is not prose: code, a formula, a role, a piece of an f-string.
BLANK = "\N{OBJECT REPLACEMENT CHARACTER}"
VALUE = re.compile(r"\{value\}`\s*([^`\s]+)\s*([^`]*?)\s*`")
WORDS = re.compile(
    r"\b(almost no chance|very unlikely|unlikely|roughly even chance|very likely|likely"
    r"|almost certain|nearly certain|highly probable|highly improbable|improbable|remote"
    r"|probable|probably)\b",
    re.IGNORECASE,
)
# The directive names two words for most bands; the book keeps to the first of each.
TWINS = {
    "remote": "almost no chance",
    "highly improbable": "very unlikely",
    "improbable": "unlikely",
    "probable": "likely",
    "probably": "likely",
    "highly probable": "very likely",
    "nearly certain": "almost certain",
}
CONFIDENCE = re.compile(r"\bconfiden(ce|t)\b", re.IGNORECASE)
SENTENCE = re.compile(r"\n|(?<=[.!?])\s+(?=[A-Z{*])")
# Directives whose content is no prose, and those whose argument is a setting and no title.
CODE = (
    "code", "code-block", "code-cell", "math", "literalinclude", "raw", "catalogue", "vintages",
    "coursework",
)  # fmt: skip
SETTINGS = ("grid", "figure", "image", "list-table", "solution-start")
# Roles whose content is no prose; of a role that names a place, what it is called is.
CODE_ROLES = ("code", "math", "eq", "raw")
PLACE_ROLES = ("doc", "ref", "numref", "term", "download", "cite", "cite:p", "cite:t")
# A digit of any script, and signs such as one half.
DIGIT = (
    "[\\d"
    + "".join(c for c in map(chr, range(0x2FFF)) if c.isnumeric() and not c.isdecimal())
    + "]"
)
# A large number in words.
SPELT = (
    r"(?i:\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety)[ -](?:hundred|thousand|[mb]illion)\b)"
)
WORD_VALUES = ("_word", "_phrase")


@dataclass(frozen=True)
class Allowed:
    """What needs no value: patterns of digits and of words of likelihood."""

    digits: tuple[re.Pattern, ...]
    likelihood: tuple[re.Pattern, ...]


@dataclass(frozen=True)
class Passage:
    """A text of the book and where it stands.

    Attributes
    ----------
    file : str
        Page, and cell where it is a notebook.
    text : str
        MyST.
    source : tuple of str
        Lines of the cell or page the text came from.
    line : int
        Line in that cell or page of the text's first line.
    written : bool
        The text stands in its place line by line (a page), not within a string of code.
    """

    file: str
    text: str
    source: tuple[str, ...]
    line: int
    written: bool = True


# --------------------------------------------------------------------------- what is read


def passages(root: Path = paths.ROOT) -> Iterator[Passage]:
    """Every text of the pages named in ``_toc.yml``, as they are stored."""
    for page in book.pages(root):
        file = root / page
        if file.suffix == ".md":
            lines = tuple(files.read_text(file).splitlines())
            yield Passage(page.as_posix(), "\n".join(lines), lines, 1)
        else:
            notebook = notebooks.read(file)
            yield from _stored(page.as_posix(), notebook)


def _stored(name: str, notebook: nbformat.NotebookNode) -> Iterator[Passage]:
    for number, cell in enumerate(notebook.cells, 1):
        place, lines = f"{name}, cell {number}", tuple(cell.source.splitlines())
        if cell.cell_type == "markdown":
            yield Passage(place, cell.source, lines, 1)
        elif "parameters" not in cell.metadata.get("tags", ()):
            for text, line in strings(cell.source):
                yield Passage(place, text, lines, line, written=False)


def strings(code: str) -> Iterator[tuple[str, int]]:
    """Texts in code that read as prose, with their first lines; a hole in one is a `BLANK`."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a magic; it runs, but holds no prose
        return
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            inside.update(ast.walk(node))
            parts = [p.value if isinstance(p, ast.Constant) else BLANK for p in node.values]
            text = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if VALUE.search(text) or len(re.findall(r"[A-Za-z]{2,}", text)) >= FEWEST_WORDS:
            yield text, node.lineno


def outputs(name: str, notebook: nbformat.NotebookNode) -> Iterator[Passage]:
    """Texts that a chapter wrote when it ran: paragraphs, captions and source lines."""
    # Counted as in the stored chapter, without the cell that papermill injects.
    stored = [c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", ())]
    for number, cell in enumerate(stored, 1):
        lines = tuple(cell.source.splitlines())
        for output in cell.get("outputs", ()):
            content = output.get("data", {}).get(MIME, {})
            for key in ("text", "question", "answer", "confidence", "caption", "source"):
                if content.get(key):
                    place = f"{name}, cell {number}"
                    yield Passage(place, content[key], lines, 1, written=False)


def allowed(root: Path = paths.ROOT) -> Allowed:
    """Read the allow-list; each entry must say why.

    Raises
    ------
    CompendiumError
        An entry lacks its reason, or is no regular expression.
    """
    file = root / "chapters" / ALLOWED
    label = f"chapters/{ALLOWED}"
    content, _ = files.read_yaml(file, ("digits", "likelihood"))
    found: dict[str, list[re.Pattern]] = {"digits": [], "likelihood": []}
    for kind, entries in content.items():
        if kind not in found:
            raise CompendiumError(f"{label}: unknown key {kind!r}; allowed: {', '.join(found)}")
        for number, entry in enumerate(entries if isinstance(entries, list) else (entries,), 1):
            if (
                not isinstance(entry, dict)
                or set(entry) != {"text", "reason"}
                or not all(isinstance(text, str) and text.strip() for text in entry.values())
            ):
                raise CompendiumError(
                    f"{label}: {kind}, entry {number}: give text and reason, both as words"
                )
            try:
                found[kind].append(re.compile(entry["text"]))
            except re.error as error:
                problem = f"not a regular expression ({error})"
                raise CompendiumError(f"{label}: {kind}, entry {number}: {problem}") from None
    return Allowed(tuple(found["digits"]), tuple(found["likelihood"]))


# ---------------------------------------------------------------------- what is prose in it


@lru_cache(maxsize=1)
def _parser():
    settings = book.configuration(paths.ROOT / "_config.yml").get("parse", {})
    config = MdParserConfig(enable_extensions=set(settings.get("myst_enable_extensions", ())))
    return create_md_parser(config, RendererHTML)


def lines_of(text: str) -> Iterator[tuple[str, int]]:
    """Prose of a MyST text and the line each piece starts on, counted from 0.

    Code, formulas and addresses become `BLANK`; a value stays as its role. What stands in a
    directive is prose unless the directive is one of code.
    """
    for token in _parser().parse(text):
        start = token.map[0] if token.map else 0
        if token.type == "inline":
            yield _inline(token.children), start
        elif token.type == "html_block":
            yield re.sub(r"(?s)<!--.*?-->|<[^>]*>", " ", token.content), start
        elif token.type in ("fence", "colon_fence") and re.match(r"\{\w", token.info):
            name, _, title = token.info.partition("}")
            name = name.strip("{ ")
            if name in CODE:
                continue
            if title.strip() and name not in SETTINGS:
                yield from ((piece, start) for piece, _ in lines_of(title.strip()))
            body = re.sub(r"^:(?!alt|caption)[\w-]+:.*$", "", token.content, flags=re.M)
            yield from ((piece, start + 1 + line) for piece, line in lines_of(body))


def _inline(tokens: Sequence) -> str:
    pieces = []
    for token in tokens:
        if token.type == "text":
            # What looks like a role here is the text of a row, printed letter for letter.
            pieces.append(VALUE.sub(BLANK, token.content))
        elif token.type in ("softbreak", "hardbreak"):
            pieces.append("\n")
        elif token.type == "myst_role":
            pieces.append(_role(token.meta["name"], token.content))
        elif token.type == "image":
            pieces.append(token.content)
        elif token.content:
            pieces.append(BLANK)
    return "".join(pieces)


def _role(name: str, content: str) -> str:
    """What a reader reads of a role."""
    if name == "value":
        return f"{{value}}`{content}`"
    if called := re.fullmatch(r"(.+?)\s*<[^<>]+>", content):
        return called[1]
    return BLANK if name in CODE_ROLES + PLACE_ROLES else content


# ------------------------------------------------------------------------- what is at fault


def audit(
    texts: Iterable[Passage],
    known: Mapping[str, Sequence[values.Value]] | None,
    permitted: Allowed,
) -> list[Fault]:
    """Every fault of the prose.

    Parameters
    ----------
    texts : iterable of Passage
    known : mapping of str to sequence of Value, or None
        Values by id, one for each scenario that states it; None leaves out what needs them.
    permitted : Allowed

    Returns
    -------
    list of Fault
        Digits bound to nothing; values that no chapter states, or not in that form; words of
        likelihood that do not fit the probability beside them, or stand beside none; likelihood
        and confidence in one sentence.
    """
    faults = []
    for passage in texts:
        for piece, line in lines_of(passage.text):
            for sentence in SENTENCE.split(piece):
                for problem, shown, remedy in _problems(sentence, known, permitted):
                    place = _line(passage, line, shown)
                    faults.append(Fault(passage.file, problem, place, None, shown, remedy))
    return list(dict.fromkeys(faults))


def _line(passage: Passage, line: int, shown: str) -> int:
    """Line of a fault: where its own words stand, at or after where its paragraph starts."""
    first = passage.line - 1 + (line if passage.written else 0)
    words = max(shown.replace(BLANK, " ").split(), key=len, default=shown)
    after = range(first, len(passage.source))
    return 1 + next((n for n in after if words in passage.source[n]), first)


def _problems(sentence: str, known, permitted: Allowed) -> Iterator[tuple[str, str, str]]:
    used = [(match[1], match[2] or "value") for match in VALUE.finditer(sentence)]
    plain = VALUE.sub(BLANK, sentence)
    rest = plain
    for pattern in permitted.digits:
        rest = re.sub(rf"(?<![\w.,])(?:{pattern.pattern})(?!\w|[.,]\d)", BLANK, rest)
    numbers = re.findall(rf"[^\s{BLANK}]*{DIGIT}[^\s{BLANK}]*", rest)
    # Looked for before anything is blanked: thirty-five thousand begins like the name of a row.
    spelt = [
        n for n in re.findall(SPELT, plain) if not any(p.fullmatch(n) for p in permitted.digits)
    ]
    for number in numbers + spelt:
        yield (
            "a number without a value behind it",
            number,
            "a {value} role with the id of a published value, or an entry with its reason in "
            f"chapters/{ALLOWED}",
        )
    if known is not None:
        yield from _unknown(used, known)
    yield from _likelihood(plain, used, known, permitted)


def _unknown(used, known) -> Iterator[tuple[str, str, str]]:
    for id, form in used:
        if BLANK in id:
            continue  # put together by code; what it came to is checked once it has run
        if id not in known:
            hint = nearest(id, known)
            yield "no chapter states this value", id, f"the id of a published value{hint}"
            continue
        problems = []
        for value in known[id]:
            try:
                value.text(form)
            except CompendiumError as error:
                problems.append(str(error))
        if len(problems) == len(known[id]):
            yield problems[0], f"{id} {form}", "a form that the value has"


def _likelihood(plain: str, used, known, permitted: Allowed) -> Iterator[tuple[str, str, str]]:
    for pattern in permitted.likelihood:
        plain = pattern.sub(BLANK, plain)
    words = [match[0] for match in WORDS.finditer(plain)]
    dynamic = [id for id, _ in used if id.endswith(WORD_VALUES)]
    if CONFIDENCE.search(plain) and (words or dynamic):
        shown = CONFIDENCE.search(plain)[0]
        yield "likelihood and confidence in one sentence", shown, "a sentence of its own for each"
    for word in words:
        term = TWINS.get(word.lower(), word.lower())
        low, high = uncertainty.band(term)
        beside = [value for id, _ in used for value in (known or {}).get(id, ())]
        chances = [share for value in beside if (share := probability(value)) is not None]
        if known is None:
            continue
        if not chances:
            remedy = "the probability in the same sentence as a {value} role, or another word"
            yield "a word of likelihood beside no probability", word, remedy
        elif wrong := [c for c in chances if uncertainty.likelihood(c) != term]:
            yield (
                f"the word does not fit the {wrong[0]:.0%} beside it",
                word,
                f"{low} to {high} % for {term!r}; {uncertainty.likelihood(wrong[0])!r} for that number",
            )


def require_fitting(notebooks: Path, known: Mapping[str, values.Value]) -> None:
    """Raise if what the chapters wrote when they ran does not fit their values.

    Parameters
    ----------
    notebooks : Path
        Folder of the executed notebooks.
    known : mapping of str to Value
        The values of the same build.

    Raises
    ------
    FaultsError
        Every fault with file, cell, line and text.
    """
    texts = [
        passage
        for file in sorted(notebooks.glob("*.ipynb"))
        for passage in outputs(f"chapters/{file.name}", nbformat.read(file, as_version=4))
    ]
    by_id = {id: [value] for id, value in known.items()}
    faults = audit(texts, by_id, allowed(paths.ROOT)) + word_faults(known, "values.json")
    if faults:
        raise FaultsError(faults)


def probability(value: values.Value) -> float | None:
    """Share between 0 and 1 of a value that is a part of a whole, else None."""
    if isinstance(value.value, str) or value.unit not in ("percent", "share"):
        return None
    share = value.value / 100 if value.unit == "percent" else value.value
    return share if 0 <= share <= 1 else None


def word_faults(known: Mapping[str, values.Value], file: str) -> list[Fault]:
    """Values that are words of likelihood but do not fit the probability they name."""
    faults = []
    for id, value in known.items():
        for ending in WORD_VALUES:
            base = known.get(id.removesuffix(ending)) if id.endswith(ending) else None
            share = None if base is None else probability(base)
            if share is None:
                continue
            word = uncertainty.likelihood(share)
            if value.value not in (word, uncertainty.phrase(word)):
                problem = f"the word does not fit the {share:.0%} of {base.id}"
                faults.append(Fault(file, problem, None, id, str(value.value), word))
    return faults
