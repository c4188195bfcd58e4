"""No key or password stands in a tracked file, nor in what was ever committed.

A short list of the forms that tokens have. A scanner by entropy, such as detect-secrets, would
take each of the thousands of hashes in requirements.lock for one, and want a list of exceptions
that is longer than this.
"""

import re
import subprocess

import pytest

from compendium import paths

# Each begins with letters as they stand, which makes them ten times as quick to look for.
FORMS = {
    "a private key": r"BEGIN [A-Z ]*PRIVATE KEY",
    "AWS": r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}",
    "GitHub": r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60}",
    "GitLab": r"glpat-[\w-]{20}",
    "Google": r"AIza[\w-]{35}",
    "Hugging Face": r"hf_[A-Za-z]{34}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "PyPI": r"pypi-AgE[\w-]{50}",
    "Slack": r"xox[abprs]-[A-Za-z0-9-]{10}",
    "a model's service": r"sk-(?<!\wsk-)[\w-]{32}",
    "a web token": r"eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.",
    "a password in an address": r"://[^/\s:@\"'<>]+:[^/\s@\"'<>{$]+@",
    "a password that is set": r"(?i)\b(?:password|passwd|secret|api_key|token)\s*[:=]\s*[\"'][^\"'\s{]{8,}[\"']",
}
# Made up, in the tests that keep them out of the book.
MADE_UP = (
    "https://user:word@host", "https://secret:token@github.com", "https://token:x-oauth@github.com",
)  # fmt: skip


def git(*arguments):
    done = subprocess.run(["git", "-C", paths.ROOT, *arguments], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a checkout of Git")
    return done.stdout.decode("utf-8", "replace")


def found(text):
    """Places in a text that have the form of a key; the key itself is not repeated."""
    for example in MADE_UP:
        text = text.replace(example, "")
    return [
        f"{kind}: {match[0][:8]}..."
        for kind, form in FORMS.items()
        for match in re.finditer(form, text)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "key = AKIA" + "Q" * 16,
        "ghp_" + "a1" * 18,
        "https://me:" + "hunter2@example.org",
        "password = " + '"correct-horse"',
    ],
)
def test_a_key_would_be_found(text):
    assert len(found(text)) == 1


def test_no_tracked_file_holds_a_key():
    faults = {}
    for name in git("ls-files", "-z").split("\0")[:-1]:
        file = paths.ROOT / name
        if file.is_file() and (here := found(file.read_text("utf-8", "replace"))):
            faults[name] = here
    assert faults == {}


def test_nothing_ever_committed_held_a_key():
    lines = git("log", "-p", "--all", "--unified=0", "--no-ext-diff", "--no-color").splitlines()
    assert found("\n".join(line[1:] for line in lines if line.startswith("+"))) == []
