"""Exercises of the chapters: what is asked, and whether an answer is right.

One module a chapter. The exercise with the label ``arms-two-grades`` is held by the function
``two_grades`` of the module ``arms``: it takes the parameters and the result of the chapter
and returns what is expected (`answers`), worked out from rows and parameters on its own, not
by the code of the chapter's solution. None says that the vintage knows too little to ask.
How an exercise stands in a notebook is told in `cells`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from compendium import register
from compendium.errors import CompendiumError, nearest
from compendium.exercises.answers import Answer, Wrong

KEY = "check"  # of the metadata of a check's output
# Module by chapter; its name begins the labels of the chapter's exercises.
MODULES = {name: chapter.exercises for name, chapter in register.CHAPTERS.items()}
OPEN, RIGHT, WRONG, UNASKED = "not answered yet", "right", "not right", "not asked"
DONE = (RIGHT, UNASKED)  # what a solution may come to


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    Attributes
    ----------
    label : str
    state : {"not answered yet", "right", "not right", "not asked"}
    message : str
        What is wrong, in plain words, without the answer; empty where nothing is.
    """

    label: str
    state: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.label}: {self.state}" + (f": {self.message}." if self.message else ".")

    def _repr_mimebundle_(self, **_: object) -> tuple[dict, dict]:
        # For a program in the metadata: a type of its own would be warned of in the book.
        return {"text/plain": str(self)}, {KEY: vars(self)}


def checker(chosen, result) -> Callable[[str, object], Verdict]:
    """`check` bound to a run of a chapter: the notebook says ``check("label", answer)``."""
    return lambda label, answer: check(label, answer, chosen, result)


def check(label: str, answer: object, chosen, result) -> Verdict:
    """Tell whether an answer is right, and if not, what is wrong with it.

    Parameters
    ----------
    label : str
        Label of the exercise.
    answer : object
        As the student gives it; ``...`` and None are no answer yet.
    chosen : Parameters
        Parameters of the run.
    result : object
        Result of the chapter's model under them.
    """
    right = expected(label, chosen, result)
    if right is None:
        return Verdict(label, UNASKED, f"too little was known by {chosen.as_of} to ask this")
    if answer is None or answer is ...:
        return Verdict(label, OPEN)
    try:
        right.hold(answer)
    except Wrong as wrong:
        return Verdict(label, WRONG, str(wrong))
    return Verdict(label, RIGHT)


def expected(label: str, chosen, result) -> Answer | None:
    """What is expected of an exercise under the parameters of a run.

    Raises
    ------
    CompendiumError
        No exercise has this label.
    """
    return _function(label)(chosen, result)


def labels(module: str) -> list[str]:
    """Labels that a module has a check for, in its order."""
    found = import_module(f"{__name__}.{module}")
    return [
        f"{module}-{name.replace('_', '-')}"
        for name, thing in vars(found).items()
        if callable(thing)
        and getattr(thing, "__module__", "") == found.__name__
        and not name.startswith("_")
    ]


def _function(label: str) -> Callable:
    module, _, name = label.partition("-")
    if module not in MODULES.values():
        raise CompendiumError(
            f"exercise {label!r}: its label begins with no chapter's word{nearest(module, MODULES.values())}; "
            f"allowed: {', '.join(MODULES.values())}"
        )
    known = labels(module)
    if label not in known:
        raise CompendiumError(
            f"exercise {label!r}: src/compendium/exercises/{module}.py has no function "
            f"{name.replace('-', '_')!r}{nearest(label, known)}; allowed: {', '.join(known)}"
        )
    return getattr(import_module(f"{__name__}.{module}"), name.replace("-", "_"))
