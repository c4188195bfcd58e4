"""Where the checkout comes from: its public Git remote, its branch, its commit."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from compendium import paths

HOSTS = ("github.com", "gitlab.com")
# Left out when asking whether the checkout differs from its commit: no book is made of these.
ASIDE = (
    ":!README.md", ":!CHANGELOG.md", ":!CONTRIBUTING.md", ":!docs", ":!tests", ":!benchmarks",
    ":!codecheck.yml", ":!Containerfile", ":!.devcontainer", ":!.github", ":!.ci",
)  # fmt: skip
NAME = r"[A-Za-z0-9_](?:[\w.-]*[\w-])?"  # of an owner or a project


@dataclass(frozen=True)
class Repository:
    """What Git says of a checkout; empty texts where it says nothing.

    Parameters
    ----------
    url : str
        Public https address of the remote `origin`, without credentials and without ``.git``.
    branch : str
        Branch that the remote has too, or else the remote's main branch.
    commit : str
        The commit checked out.
    changed : bool
        Whether what a book is made of differs from that commit.
    """

    url: str = ""
    branch: str = ""
    commit: str = ""
    changed: bool = False

    @property
    def host(self) -> str:
        """Name of the host of the remote."""
        return urlsplit(self.url).netloc

    @property
    def name(self) -> str:
        """Name of the project."""
        return self.url.rpartition("/")[2]


def read(root: Path = paths.ROOT) -> Repository:
    """Ask Git about a checkout.

    A folder that is no checkout of its own, though it may lie in one, is in no repository.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != Path(root).resolve():
        return Repository()
    url = public_url(_git(root, "remote", "get-url", "origin"))
    changed = _git(root, "status", "--porcelain", "--", ".", *ASIDE)
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    return Repository(url, _branch(root) if url else "", commit, bool(commit and changed))


def public_url(remote: str) -> str:
    """Https address of a project on a public host; "" for every other remote.

    Parameters
    ----------
    remote : str
        As Git has it: ``https://``, ``ssh://`` or ``git@host:owner/project.git``. A user name, a
        password, a port and the ending ``.git`` are left out.
    """
    if match := re.fullmatch(rf"(?:[\w.-]+@)?([\w.-]+):(?!//)/?({NAME}/{NAME})/?", remote):
        host, path = match.groups()
    else:
        try:
            parts = urlsplit(remote)
            host, path = parts.hostname or "", parts.path.strip("/")
        except ValueError:
            return ""
        if parts.scheme not in ("https", "http", "ssh", "git"):
            return ""
    path = path.removesuffix(".git")
    if host.lower() not in HOSTS or not re.fullmatch(f"{NAME}/{NAME}", path):
        return ""
    return f"https://{host.lower()}/{path}"


def _branch(root: Path) -> str:
    """Branch to open notebooks from: one that the remote is known to have, if any."""
    here = _git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if here and _git(root, "rev-parse", "--verify", "--quiet", f"refs/remotes/origin/{here}"):
        return here
    main = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return main.removeprefix("origin/") or here or "HEAD"


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # no Git here
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
