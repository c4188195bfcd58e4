"""Names that look like slips of one another: one letter apart, or written in another way."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable

LETTERS = range(5, 41)  # of a word that is looked at letter by letter; short ones are often alike


def slips(names: Iterable[str], apart: Collection[frozenset[str]] = ()) -> dict[str, str]:
    """Names that may be a slip of an earlier one.

    Two names are alike if they differ in capitals, accents, blanks and signs alone, or in one
    word by one letter that is missing, another, or elsewhere. Names with other digits are never
    alike: those of years, calibres and resolutions differ in little else.

    Parameters
    ----------
    names : iterable of str
        The commonest first: of two that are alike the later is taken for the slip.
    apart : collection of frozenset of str, optional
        Pairs that are known to be two names.

    Returns
    -------
    dict of str to str
        Each such name, and the first name that it is like.
    """
    parts = {name: words for name in dict.fromkeys(names) if (words := _words(name))}
    near = _a_letter_apart(word for words in parts.values() for word in words)
    joined: dict[str, list[str]] = {}
    whole: dict[tuple[str, ...], list[str]] = {}
    found = {}
    for name, words in parts.items():
        others = itertools.chain(
            joined.get("".join(words), ()),
            *(
                whole.get((*words[:place], other, *words[place + 1 :]), ())
                for place, word in enumerate(words)
                for other in near.get(word, ())
            ),
        )
        like = next((other for other in others if {other, name} not in apart), None)
        if like is not None:
            found[name] = like
            continue
        joined.setdefault("".join(words), []).append(name)
        whole.setdefault(words, []).append(name)
    return found


def _words(name: str) -> tuple[str, ...]:
    """Letters and digits of a name, without capitals and accents."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W\d_]+|\d+", plain))


def _a_letter_apart(words: Iterable[str]) -> dict[str, list[str]]:
    """Words that are a letter apart from each.

    They leave the same when one letter goes (the deletes of W. Garbe's SymSpell): one look at
    each word, where comparing all of them grows with the square of their number.
    """
    long = [w for w in dict.fromkeys(words) if len(w) in LETTERS and not w.isdecimal()]
    once: set[str] = set()
    shared: set[str] = set()  # few of all that is left, so that little has to be kept
    for word in long:
        for left in _left(word):
            (shared if left in once else once).add(left)
    leaving: dict[str, list[str]] = {}
    near: dict[str, list[str]] = {}
    for word in long:
        for left in filter(shared.__contains__, _left(word)):
            for other in leaving.setdefault(left, []):
                near.setdefault(word, []).append(other)
                near.setdefault(other, []).append(word)
            leaving[left].append(word)
    return near


def _left(word: str) -> dict[str, None]:
    """The word, and what is left of it without one of its letters."""
    return dict.fromkeys([word, *(word[:i] + word[i + 1 :] for i in range(len(word)))])
