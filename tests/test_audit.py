"""Known vulnerabilities: what the auditor answers is told apart from no answer.

The database itself cannot be asked here, so the auditor's answers are played back.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from compendium import audit, paths

NONE = "Found no known vulnerabilities and no adverse project statuses in 187 packages"
ONE = "numpy 2.4.6 has 1 known vulnerability:\n- GHSA-x: bad\nFound 1 known vulnerability in 187 packages"
SILENT = "error: Request failed after 3 retries\n  cause: dns error"


@pytest.mark.parametrize(
    ("exit_code", "said", "code", "told"),
    [
        (0, NONE, audit.CLEAN, "no vulnerability is known of the 2 pins"),
        (1, ONE, audit.VULNERABLE, "make lock"),
        (2, SILENT, audit.UNKNOWN, "nothing could be asked"),
        (1, "No solution found", audit.UNKNOWN, "nothing could be asked"),
        (0, "", audit.UNKNOWN, "nothing could be asked"),
    ],
)
def test_answers_are_told_apart(tmp_path, monkeypatch, exit_code, said, code, told):
    asked = []

    def run(command, *, cwd, **options):
        asked.extend([command, Path(cwd, "pyproject.toml").read_text("utf-8")])
        return subprocess.CompletedProcess(command, exit_code, "", said)

    monkeypatch.setattr(subprocess, "run", run)
    lock = (
        'one==1.0 ; python_version < "3.12" \\\n    --hash=sha256:00\ntwo==2.0 \\\n    --hash=x\n'
    )
    (tmp_path / "requirements.lock").write_text(lock)
    answer = audit.ask("http://127.0.0.1/", tmp_path)
    assert answer.code == code and told in answer.text
    assert asked[0][-2:] == ["--service-url", "http://127.0.0.1/"]
    assert r'"one==1.0 ; python_version < \"3.12\"", "two==2.0"' in asked[1]
    assert list(tmp_path.iterdir()) == [tmp_path / "requirements.lock"]


def test_the_auditor_still_knows_what_it_is_asked():
    command = [sys.executable, "-m", "uv", *audit.AUDIT, "--service-url", "http://x/", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for option in ("--no-build", "--service-url"):
        assert option in done.stdout


def test_the_script_ends_with_the_code_of_the_answer(tmp_path):
    # No service stands there, so nothing can be asked; nor is the index, which is not looked for.
    done = subprocess.run(
        [sys.executable, paths.ROOT / "scripts" / "audit.py", "--service", "http://127.0.0.1:9/"],
        capture_output=True, text=True, check=False,
        env={"PATH": "", "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == audit.UNKNOWN
    assert "nothing could be asked" in done.stderr
