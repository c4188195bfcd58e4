"""Kernels forked from a warm process: as good as fresh ones, and nothing leaks or stays."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_client.provisioning.local_provisioner import LocalPortCache
from test_chapters import GIVEN, cell, store

from compendium import chapters, kernels
from compendium.errors import UsageError

LOADED = "import sys; print(sorted(m for m in sys.modules if m.partition('.')[0] == 'compendium'))"
SPOIL = """
import numpy as np, pandas as pd, random
pd.DataFrame.sum = None
np.random.seed(1); random.seed(1)
"""
LOOK = """
import os, random, sys
import numpy as np, pandas as pd
print(pd.DataFrame.sum is None, np.random.rand() == np.random.RandomState(1).rand(),
      random.random() == random.Random(1).random())
"""
DRAW = """
import matplotlib.pyplot as plt
plt.plot([1, 3, 2]); plt.show()
"""


def outputs(folder, *cells, kind="warm"):
    """Executed notebook of some cells, and the process ids left behind."""
    store(*cells)
    group = kernels.Group(kind)
    file = chapters.execute("arms_trade", GIVEN, folder / kind, group=group)
    assert not group._alive
    return nbformat.read(file, as_version=4).cells


def test_the_libraries_are_there_and_the_project_is_not(folder):
    names = ", ".join(repr(name) for name in kernels.PRELOAD)
    source = f"import sys; print([m for m in ({names},) if m not in sys.modules])"
    cells = outputs(folder, cell(source), cell(LOADED))
    assert cells[3].outputs[0]["text"] == "[]\n"
    assert set(eval(cells[4].outputs[0]["text"])) <= {
        "compendium", "compendium.errors", "compendium.inheritance", "compendium.kernels",
        "compendium.reads",
    }  # fmt: skip


REHEARSED = """
import json, sys
from pathlib import Path
import nbformat
from compendium import chapters, kernels, parameters, paths
folder = Path(sys.argv[1])
if __name__ == "__main__":
    paths.BUILD = folder
    kernels.start_server(rehearse="2024-10-28")
    given = parameters.validate("arms_trade", {"as_of": "2024-10-28"})
    file = chapters.execute("arms_trade", given, folder)
    print(json.loads((folder / "runs" / "arms_trade.json").read_text())["untold"])
"""


@pytest.mark.long
def test_a_run_that_began_with_the_models_run_is_never_kept(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(REHEARSED)
    done = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "['rests on what was worked out before it began']\n", done.stderr


def test_nothing_leaks_into_the_next_notebook(folder):
    outputs(folder, cell(SPOIL))
    assert outputs(folder, cell(LOOK))[3].outputs[0]["text"] == "False False False\n"


def test_a_forked_kernel_gives_what_a_fresh_one_gives(folder):
    shown = [cell(DRAW), cell("import sys; print(sys.path)"), cell("%time"), cell("1"), cell("1;")]
    shown += [cell("import os; os.getcwd(), os.environ['PYTHONHASHSEED'], hash('x')")]
    shown += [cell("import sys; print('x', file=sys.stderr)")]
    warm, fresh = (outputs(folder, *shown, kind=kind) for kind in kernels.KINDS)
    del warm[5], fresh[5]  # a time
    assert warm == fresh
    assert "image/png" in warm[3].outputs[0]["data"]


def test_unseeded_draws_differ_from_notebook_to_notebook(folder):
    draw = cell("import numpy as np; print(np.random.rand())")
    first, second = (outputs(folder, draw)[3].outputs[0]["text"] for _ in range(2))
    assert first != second


def test_a_stopped_group_starts_no_kernel(folder):
    store(cell("1"))
    group = kernels.Group()
    group.stop()
    with pytest.raises(RuntimeError, match="were stopped"):
        chapters.execute("arms_trade", GIVEN, folder, group=group)


@pytest.mark.parametrize("kind", kernels.KINDS)
def test_a_port_that_another_process_takes_first_kills_no_kernel(folder, monkeypatch, kind):
    kernels.start_server()  # its own socket stays when the folder goes
    ports = LocalPortCache.instance()
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        tempfile.TemporaryDirectory() as place,
    ):
        monkeypatch.setattr(tempfile, "tempdir", place)
        monkeypatch.setattr(ports, "find_available_port", lambda ip: taken.getsockname()[1])
        shown = outputs(folder, cell("1"), kind=kind)[3]
        assert shown.outputs[0]["data"] == {"text/plain": "1"}
        assert not list(Path(place).glob("kernel-*"))


def test_an_unknown_kind_is_refused():
    with pytest.raises(UsageError, match="did you mean 'fresh'"):
        kernels.Group("frehs")


@pytest.mark.parametrize(
    ("place", "value"),
    [("tempfile.tempdir", "/tmp/" + "long/" * 20), ("sys.warnoptions", ["always"])],
)
def test_kernels_are_fresh_where_a_server_would_fail_or_differ(monkeypatch, place, value):
    assert kernels.choose("warm") == "warm"
    monkeypatch.setattr(place, value)
    assert kernels.choose("warm") == "fresh"


# Where tests run in the background, a shell may have told their processes to ignore Ctrl-C.
SCRIPT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from compendium import chapters, kernels, parameters
if __name__ == "__main__":
    chapters.execute("arms_trade", parameters.ArmsTrade(), Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    "signal", [9, *(pytest.param(number, marks=pytest.mark.long) for number in (2, 15))]
)
def test_a_killed_build_leaves_no_kernel(folder, tmp_path, tmp_path_factory, signal):
    mark = tmp_path_factory.mktemp("aside") / "kernel"  # not in the checkout
    store(cell(f"import os; open({str(mark)!r}, 'w').write(str(os.getpid()))\nwhile True: pass"))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    driver = subprocess.Popen(
        [sys.executable, script, folder], env={**os.environ, "COMPENDIUM_ROOT": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(lambda: mark.exists() and mark.read_text())
        kernel = int(mark.read_text())
        driver.send_signal(signal)
        driver.wait(60)
        wait_for(lambda: not running(kernel))
    finally:
        driver.kill()  # its endless cell must not outlive a test that fails


def wait_for(condition, seconds=120):  # a loaded machine is slow to start, not wrong
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def running(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_where_kernels_cannot_be_forked_processes_are_spawned(monkeypatch):
    monkeypatch.setattr(kernels, "available", lambda: False)
    with kernels.processes(1) as pool:
        assert pool.submit(os.path.basename, "a/b").result(timeout=60) == "b"


def test_a_process_that_is_gone_is_sent_no_signal(monkeypatch):
    ended = kernels._Forked(SimpleNamespace(pid=2**22 + 1, exitcode=0))
    monkeypatch.setattr(kernels.os, "kill", lambda pid, number: pytest.fail("a signal was sent"))
    ended.terminate()
    sent = []
    alive = kernels._Forked(SimpleNamespace(pid=7, exitcode=None))
    monkeypatch.setattr(kernels.os, "kill", lambda pid, number: sent.append((pid, number)))
    alive.terminate()
    alive.kill()
    assert sent == [(7, 15), (7, 9)]

    def late(pid, number):
        raise ProcessLookupError

    monkeypatch.setattr(kernels.os, "kill", late)
    alive.kill()  # it ended between the look and the signal
