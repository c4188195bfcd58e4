"""Mutation testing of the models and the validators: change one thing, see whether a test fails.

`make mutation` draws mutants of Cosmic Ray at random, in proportion to the modules, and runs
the quick tests of the module against each, then whether the certified numbers come out again. Each mutant is written into a copy of the checkout and tried
in a process forked from one that has the libraries imported, which takes seconds where a
process of its own would take ten. What was tried is kept in `_build/mutation/`: a run that was
ended goes on where it was.
"""

import argparse
import ast
import compileall
import contextlib
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[1]
FOLDER = HOME / "_build" / "mutation"
COPY = FOLDER / "copy"
# Tests of a module, its own first; of a package, the tests of its chapter.
TESTS = {
    "arms": ["arms"],
    "troops": ["troops"],
    "trade": ["trade"],
    "strategy": ["strategy", "strategy_dates"],
    "policy": ["policy"],
    "uncertainty": ["uncertainty"],
    "datapackage": ["datapackage", "bad_input"],
    "rules": ["datapackage", "bad_input"],
    "alike": ["alike", "datapackage"],
    "notes": ["datapackage", "trade", "strategy"],
    "listings": ["strategy_dates", "policy"],
    "parameters": ["parameters", "scenarios", "bad_input"],
    "evidence": ["evidence"],
    "vintages": ["vintages"],
    "scenarios": ["scenarios", "bad_input"],
    "claims": ["claims"],
    "values": ["values", "bad_input"],
    "files": ["interruption", "scenarios", "bad_input"],
    "prose": ["prose", "bad_input"],
}
# Chapters whose certified numbers are worked out anew where those tests let a mutant live.
CHAPTERS = {
    "arms": "arms_trade",
    "troops": "troop_plausibility",
    "trade": "trade_trends",
    "strategy": "kremlin_strategy",
    "policy": "recommendations",
    "listings": "recommendations",
    **dict.fromkeys(("uncertainty", "evidence", "vintages", "claims", "values"), "replication"),
}
CERTIFIED = "tests/test_certified.py"
# Taken away, these change how often a thing is worked out and not what it is.
KEEPERS = {"remembered", "cache", "lru_cache", "cached_property"}
# Of the replacements of an operator, those that may go unnoticed. Cosmic Ray has eleven for each
# sign of arithmetic, most of which Python refuses for a float: they would flatter the score.
REPLACED = {
    "ReplaceBinaryOperator": {
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Add_Mul", "Mul_Add", "Sub_Mul", "Div_Sub",
        "FloorDiv_Div", "FloorDiv_Mul", "Mod_Mul", "Mod_Div", "Pow_Mul", "Pow_Div",
        "BitOr_BitAnd", "BitAnd_BitOr", "BitOr_BitXor", "BitXor_BitOr",
    },
    "ReplaceComparisonOperator": {
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE",
        "GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is",
    },
}  # fmt: skip
QUICK = 2  # seconds of processor time that a test may take; slower ones are left out
SECONDS = 60  # of processor time that a mutant may take beyond three times the sound tests
MEMORY = 6 * 2**30
Z = 1.959964  # of a 95 % interval


def main() -> int:
    """Draw mutants, try those not yet tried, and tell the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=400, help="mutants to draw")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="try those that survived anew")
    given = parser.parse_args()
    sys.path.append(str(FOLDER / "tool"))
    mutants = {file: every_mutant(file) for file in modules()}
    drawn = draw({file: len(found) for file, found in mutants.items()}, given.sample, given.seed)
    prepare()
    record = FOLDER / f"sample-{given.sample}-seed-{given.seed}.jsonl"
    tried = read(record)
    times: dict[str, dict] = {}
    for file, number in drawn:
        mutant = mutants[file][number]
        key = f"{file} {mutant['operator']} {mutant['occurrence']}"
        source = hashlib.sha256((HOME / file).read_bytes()).hexdigest()[:12]
        before = tried.get(key)
        if (
            before
            and before["source"] == source
            and not (given.again and before["outcome"] == "survived")
        ):
            continue
        part = part_of(file)
        if part not in times:
            times[part] = sound(part)
        outcome = attempt(file, mutant, times[part])
        tried[key] = {"key": key, "source": source, **mutant, **outcome}
        with record.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(tried[key]) + "\n")
        print(
            f"{outcome['outcome']:8} {outcome['seconds']:4.0f} s {file}:{mutant['line']} {mutant['operator']}",
            flush=True,
        )
    keys = [f"{f} {mutants[f][n]['operator']} {mutants[f][n]['occurrence']}" for f, n in drawn]
    tell(
        [tried[key] for key in keys if tried[key]["outcome"] != "invalid"],
        sum(map(len, mutants.values())),
    )
    return 0


def modules() -> list[str]:
    """Files of the models and the validators, from the top of the checkout."""
    found = []
    for name in TESTS:
        path = HOME / "src" / "compendium" / name
        found += sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return [file.relative_to(HOME).as_posix() for file in found]


def part_of(file: str) -> str:
    """Name in `TESTS` of a file."""
    return Path(file).parts[2].removesuffix(".py")


def every_mutant(file: str) -> list[dict]:
    """Mutants of a file, but for those of annotations and of what only saves time."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.operators.provider import OperatorProvider

    text = (HOME / file).read_text("utf-8")
    digest = hashlib.sha256(Path(__file__).read_bytes() + text.encode()).hexdigest()[:16]
    kept = FOLDER / "mutants" / f"{digest}.json"
    if kept.exists():
        return json.loads(kept.read_text("utf-8"))
    # Most of a text is names, strings and brackets, which no operator changes.
    nodes = [n for n in ast_nodes(get_ast(text)) if getattr(n, "value", "+") not in "()[]{}:,.=\n"
             and n.type not in ("name", "string", "fstring_string")]  # fmt: skip
    provider, found = OperatorProvider(), []
    idle = idle_spans(ast.parse(text))
    for name in provider:
        kind, _, change = name.partition("_")
        if change not in REPLACED.get(kind, {change}) or provider[name].arguments():
            continue  # those with arguments need names of variables
        operator = provider[name]()
        places = [at for node in nodes for at in operator.mutation_positions(node)]
        for occurrence, (begin, _) in enumerate(places):
            if not any(first <= begin < last for first, last in idle):
                found.append({"operator": name, "occurrence": occurrence, "line": begin[0]})
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found), "utf-8")
    return found


def idle_spans(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a change changes nothing: annotations never evaluated, and decorators that keep."""
    nodes: list[ast.expr | None] = []
    fields = set()  # of models that read their annotations
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            nodes.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            nodes.append(node.returns)
            nodes += [d for d in node.decorator_list if name_of(d) in KEEPERS]
        elif isinstance(node, ast.ClassDef) and "dataclass" not in map(
            name_of, node.decorator_list
        ):
            fields.update(node.body)
        elif isinstance(node, ast.AnnAssign) and node not in fields:
            nodes.append(node.annotation)
    return [
        # A decorator begins with its sign.
        ((n.lineno, max(n.col_offset - 1, 0)), (n.end_lineno, n.end_col_offset))
        for n in nodes
        if n
    ]


def mutated(text: str, name: str, occurrence: int) -> str:
    """Text of a module with one change."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.operators.provider import OperatorProvider

    return mutate_code(text, OperatorProvider()[name](), occurrence)


def is_python(text: str) -> bool:
    """Whether it can be compiled: what cannot is no mutant."""
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def name_of(decorator: ast.expr) -> str:
    """Last name of a decorator."""
    decorator = decorator.func if isinstance(decorator, ast.Call) else decorator
    return decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")


def draw(sizes: dict[str, int], sample: int, seed: int) -> list[tuple[str, int]]:
    """Mutants drawn without replacement, from each file in proportion; in mixed order."""
    chance = random.Random(seed)  # noqa: S311, NPY002 - which mutants are tried is no secret and no result
    total = sum(sizes.values())
    shares = {file: sample * size / total for file, size in sizes.items()}
    counts = {file: int(share) for file, share in shares.items()}
    # What is left goes by systematic sampling, so that every mutant is as likely as another.
    place, at = chance.random(), 0.0
    for file, share in shares.items():
        at += share - counts[file]
        if at > place:
            counts[file] += 1
            place += 1
    drawn = [
        (file, number) for file, size in sizes.items()
        for number in chance.sample(range(size), min(counts[file], size))
    ]  # fmt: skip
    chance.shuffle(drawn)
    return drawn


def prepare() -> None:
    """Make the copy anew and import the libraries."""
    sys.path.insert(0, str(HOME / "src"))
    from compendium.verification.builds import copy_checkout

    shutil.rmtree(COPY, ignore_errors=True)
    copy_checkout(COPY)
    sys.path.remove(str(HOME / "src"))
    forget()
    sys.path.insert(0, str(COPY / "src"))
    sys.path = [
        p for p in sys.path if Path(p or ".").resolve() not in (HOME / "src", HOME / "tests")
    ]
    os.environ |= {"COMPENDIUM_ROOT": str(COPY), "PYTHONPATH": str(COPY / "src")}
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    os.chdir(COPY)
    compileall.compile_dir(COPY / "src", quiet=1)
    import hypothesis

    import compendium.bibliography
    import compendium.book
    import compendium.comparison
    import compendium.models
    import compendium.sweep  # noqa: F401 - what the processes that try mutants need

    for name in ("arms", "troops", "trade", "strategy", "policy"):
        __import__(f"compendium.{name}")
    assert Path(compendium.models.__file__).is_relative_to(COPY), "not the copy"
    hypothesis.settings.register_profile("mutation", deadline=None, derandomize=True, database=None)
    forget()


def forget() -> None:
    """Forget the modules of the compendium; the libraries stay."""
    for name in [n for n in sys.modules if n.partition(".")[0] == "compendium"]:
        del sys.modules[name]


class Watch:
    """Learns which tests are quick; where that is known, runs those alone, the quickest first.

    With None it runs all of them to their end.
    """

    def __init__(self, known: dict[str, float] | None):
        self.known, self.costs, self.failed = known, {}, ""

    def pytest_collection_modifyitems(self, items):
        if self.known:
            items[:] = [item for item in items if item.nodeid in self.known]
            items.sort(key=lambda item: self.known[item.nodeid])

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.failed:
            self.failed = report.nodeid

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        if self.known or self.known is None:
            return (yield)
        signal.signal(signal.SIGPROF, lambda *_: pytest.skip("slow"))
        signal.setitimer(signal.ITIMER_PROF, QUICK)
        begin = time.process_time()
        try:
            found = yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        self.costs[item.nodeid] = round(time.process_time() - begin, 3)
        return found


def run_tests(
    files: list[str], watch: Watch, seconds: float | None, chosen: tuple[str, ...] = ()
) -> dict:
    """Outcome of tests, in a process of its own."""
    reader, writer = os.pipe()
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 3
        try:
            os.setsid()
            quiet = os.open(FOLDER / "last.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(quiet, 1), os.dup2(quiet, 2)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            if seconds:
                resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
                sys.dont_write_bytecode = True
            options = ["-x", "-n0", "-q", "-p", "no:cacheprovider", "--tb=line", *chosen,
                       "--hypothesis-profile=mutation", f"--basetemp={FOLDER / 'tmp'}"]  # fmt: skip
            status = int(pytest.main([*options, *files], plugins=[watch]))
            told = json.dumps({"failed": watch.failed, "costs": watch.costs if not seconds else {}})
            with os.fdopen(writer, "w") as stream:
                stream.write(told)
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as stream:
        told = stream.read()
    _, status, used = os.wait4(child, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # what it started and left
    told = json.loads(told or "{}")
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "seconds": round(time.monotonic() - begin, 1),
            "processor": round(used.ru_utime + used.ru_stime, 1), **told}  # fmt: skip


def files_of(part: str) -> list[str]:
    """Files with the tests of a part."""
    return [f"tests/test_{name}.py" for name in TESTS[part]]


def sound(part: str) -> dict:
    """Times of the tests of a part against the sound program."""
    tests = "".join((HOME / f"tests/test_{name}.py").read_text("utf-8") for name in TESTS[part])
    digest = hashlib.sha256(tests.encode()).hexdigest()[:12]
    kept = FOLDER / "times" / f"{part}-{digest}.json"
    if kept.exists():
        return json.loads(kept.read_text("utf-8"))
    found = run_tests(files_of(part), Watch({}), None)
    if found["code"] != 0:
        sys.exit(
            f"the tests of {part} fail without a mutant:\n{(FOLDER / 'last.txt').read_text()[-2000:]}"
        )
    print(f"sound    {found['seconds']:4.0f} s {part}", flush=True)
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(found, indent=1), "utf-8")
    return found


def attempt(file: str, mutant: dict, times: dict) -> dict:
    """Outcome of one mutant."""
    target = COPY / file
    text, stat = target.read_text("utf-8"), target.stat()
    changed = mutated(text, mutant["operator"], mutant["occurrence"])
    if not is_python(changed):
        return {"outcome": "invalid", "test": "", "seconds": 0.0}
    try:
        target.write_text(changed, "utf-8")
        # A time of its own: what is compiled is known by time and size.
        os.utime(target, (stat.st_atime, stat.st_mtime + 100))
        part = part_of(file)
        seconds = 3 * times["processor"] + SECONDS
        found = run_tests(files_of(part), Watch(times["costs"]), seconds)
        if found["code"] == 0 and part in CHAPTERS:
            chosen = ("-m", "long", "-k", CHAPTERS[part])
            found = run_tests([CERTIFIED], Watch(None), seconds, chosen)
    finally:
        target.write_text(text, "utf-8")
        os.utime(target, (stat.st_atime, stat.st_mtime))
    code = found["code"]
    outcome = "survived" if code == 0 else "killed" if code > 0 else "timeout"
    return {"outcome": outcome, "test": found.get("failed", ""), "seconds": found["seconds"]}


def read(record: Path) -> dict[str, dict]:
    """What was tried, by mutant; the last attempt counts."""
    if not record.exists():
        return {}
    lines = record.read_text("utf-8").splitlines()
    return {found["key"]: found for found in map(json.loads, lines)}


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, square = killed / tried, Z * Z / tried
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * (share * (1 - share) / tried + square / (4 * tried)) ** 0.5
    return middle - half, middle + half


def tell(tried: list[dict], total: int) -> None:
    """Print survivors and score."""
    for one in tried:
        if one["outcome"] == "survived":
            file = one["key"].split()[0]
            print(f"\nsurvived: {one['key']}")
            before = (HOME / file).read_text("utf-8")
            after = mutated(before, one["operator"], one["occurrence"])
            for old, new in zip(before.splitlines(), after.splitlines(), strict=False):
                if old != new:
                    print(f"  {one['line']}: - {old.strip()}\n  {one['line']}: + {new.strip()}")
                    break
    parts: dict[str, list[int]] = {}
    for one in tried:
        counts = parts.setdefault(part_of(one["key"].split()[0]), [0, 0])
        counts[0] += one["outcome"] != "survived"
        counts[1] += 1
    print()
    for part, (killed, count) in parts.items():
        print(f"{part:12} {killed:4} of {count:4}  {killed / count:6.1%}")
    killed, count = sum(k for k, _ in parts.values()), len(tried)
    numbers = sum(CERTIFIED in one["test"] for one in tried)
    late = sum(one["outcome"] == "timeout" for one in tried)
    low, high = interval(killed, count)
    print(f"killed {killed} of {count} mutants ({killed - numbers} by tests, {late} of those by the limit "
          f"of time; {numbers} by the certified numbers), drawn from {total}: "
          f"{killed / count:.1%}, 95 % interval {low:.1%} to {high:.1%}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
