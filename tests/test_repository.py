"""Where the checkout comes from: remotes that are public, and those that are not."""

import subprocess
from types import SimpleNamespace

import pytest

from compendium import metadata, repository, stamps

PUBLIC = {
    "https://github.com/owner/book.git": "https://github.com/owner/book",
    "https://token:x-oauth@github.com/owner/book": "https://github.com/owner/book",
    "https://user@GitHub.com/owner/book/": "https://github.com/owner/book",
    "git@github.com:fork/x.git": "https://github.com/fork/x",
    "ssh://git@gitlab.com:22/fork/x.git": "https://gitlab.com/fork/x",
}
OTHER = (
    "/home/me/book", "../book", "file:///srv/book.git", "http://localhost:3000/owner/book",
    "https://git.example.org/owner/book", "https://github.com.example.org/owner/book",
    "https://github.com/owner", "https://gitlab.com/group/team/book", "git@example.org:owner/book",
    "https://github.com/owner/book\"><script>", "https://github.com/a/b/../c", "https://[::1/x", "",
)  # fmt: skip
BUTTONS = {"binderhub_url": "https://mybinder.org", "colab_url": "https://colab.example"}


def git(root, *arguments):
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", root, *settings, *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-b", "work")
    (root / "a").write_text("a")
    git(root, "add", "a")
    git(root, "commit", "-m", "one")
    return root


@pytest.mark.parametrize(("remote", "url"), PUBLIC.items())
def test_a_public_remote_loses_its_credentials(root, remote, url):
    git(root, "remote", "add", "origin", remote)
    assert repository.read(root).url == url


@pytest.mark.parametrize("remote", OTHER)
def test_any_other_remote_is_none(remote):
    assert repository.public_url(remote) == ""


def test_without_a_remote_there_is_only_a_commit(root):
    found = repository.read(root)
    assert (found.url, found.branch, found.changed) == ("", "", False)
    assert len(found.commit) == 40


def test_a_changed_checkout_says_so(root):
    (root / "README.md").write_text("not part of a book")
    assert not repository.read(root).changed
    (root / "a").write_text("b")
    assert repository.read(root).changed


def test_a_folder_inside_another_checkout_is_none(root):
    (root / "copy").mkdir()
    assert repository.read(root / "copy") == repository.Repository()


def test_a_new_checkout_without_a_commit(tmp_path):
    git(tmp_path, "init")
    assert repository.read(tmp_path).commit == ""


def test_without_git_nothing_is_known(root, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert repository.read(root) == repository.Repository()


def test_branch_is_one_that_the_remote_has(root):
    git(root, "remote", "add", "origin", "https://github.com/owner/book")
    assert repository.read(root).branch == "work"  # nothing better is known
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert repository.read(root).branch == "main"
    git(root, "update-ref", "refs/remotes/origin/work", "HEAD")
    assert repository.read(root).branch == "work"


def test_a_book_is_out_of_date_when_its_buttons_or_its_commit_would_differ(root, monkeypatch):
    build = root / "_build" / "mine"
    build.mkdir(parents=True)
    (root / ".gitignore").write_text("_build")
    monkeypatch.setattr(stamps.paths, "ROOT", root)
    monkeypatch.setattr(stamps.paths, "BUILD", root / "_build")
    stamps.write(stamps.take("mine"), build)
    assert stamps.current("mine")
    git(root, "remote", "add", "origin", "https://github.com/owner/book")
    assert not stamps.current("mine")
    stamps.write(stamps.take("mine"), build)
    git(root, "remote", "set-url", "origin", "https://github.com/fork/book")
    assert not stamps.current("mine")
    stamps.write(stamps.take("mine"), build)
    git(root, "commit", "--allow-empty", "-m", "two")
    assert not stamps.current("mine")


def options(root, **buttons):
    """Options of the theme for a checkout, as a book's start sets them."""
    given = {"repository_url": "https://github.com/elsewhere/else", "launch_buttons": buttons}
    config = SimpleNamespace(html_theme_options=given, compendium_root=str(root))
    metadata.offer_launch(SimpleNamespace(config=config, srcdir=str(root)), config)
    return given


def test_buttons_appear_with_a_public_remote_and_follow_a_fork(root):
    assert options(root, **BUTTONS) == {}
    git(root, "remote", "add", "origin", "/srv/book.git")
    assert options(root, **BUTTONS) == {}
    git(root, "remote", "set-url", "origin", "https://github.com/owner/book")
    found = options(root, **BUTTONS)
    assert found["repository_url"] == "https://github.com/owner/book"
    assert found["launch_buttons"] == BUTTONS
    git(root, "remote", "set-url", "origin", "git@github.com:fork/x.git")
    assert options(root, **BUTTONS)["repository_url"] == "https://github.com/fork/x"


def test_colab_is_offered_for_github_alone(root):
    git(root, "remote", "add", "origin", "https://gitlab.com/owner/book")
    assert options(root, **BUTTONS)["launch_buttons"]["colab_url"] == ""
