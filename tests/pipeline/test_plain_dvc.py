"""DVC's own commands where no recipe and no sweep has run: none has a word about them."""

import pytest
from pipeline_repository import clone, copy


def quiet(repo, *command):
    """Return what a command prints; it must succeed and name no recipe and no sweep."""
    done = repo.run(*command)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    # The parameters have a section sweep, whose keys some commands show.
    assert [word for word in ("recipe", "sweep/", "trials.csv") if word in printed] == [], printed
    return printed


@pytest.fixture(scope="module")
def shared(base, tmp_path_factory):
    """Return a repository with a remote, to which all is pushed, and with a result of a recipe."""
    home = tmp_path_factory.mktemp("plain")
    repo = copy(base, home / "one")
    quiet(repo, "dvc", "remote", "add", "--default", "--quiet", "team", str(home / "store"))
    repo.commit()
    repo["recipes/.dvc/cache/files/md5/00"].mkdir(parents=True)
    repo["recipes/.dvc/cache/files/md5/00/11"].write_text("a recipe's model")
    assert "files pushed" in quiet(repo, "dvc", "push")
    return repo


@pytest.fixture(scope="module")
def pulled(shared, tmp_path_factory):
    """Return a fresh clone that has pulled."""
    repo = clone(shared, tmp_path_factory.mktemp("clone"))
    assert "files fetched" in quiet(repo, "dvc", "pull")
    return repo


@pytest.mark.parametrize("name", ["shared", "pulled"])
@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "--cloud"),
        ("checkout",),
        ("fetch",),
        ("repro",),
        ("data", "status"),
        ("metrics", "show"),
        ("metrics", "diff", "HEAD"),
        ("params", "diff", "HEAD"),
        ("exp", "show"),
        ("exp", "show", "--all-commits"),
        ("dag",),
        ("gc", "--workspace", "--force"),
    ],
    ids=" ".join,
)
def test_a_command_without_a_target_has_no_word_about_them(request, name, command):
    quiet(request.getfixturevalue(name), "dvc", *command)


def test_metrics_are_those_of_this_pipeline(pulled):
    table = quiet(pulled, "dvc", "metrics", "show")
    paths = [line.split()[0] for line in table.splitlines()[1:]]
    assert sorted(paths) == ["reports/test.json", "reports/train.json"]


def test_the_collection_of_garbage_leaves_the_cache_of_the_recipes_whole(shared):
    quiet(shared, "dvc", "gc", "--workspace", "--force")
    assert shared["recipes/.dvc/cache/files/md5/00/11"].read_text() == "a recipe's model"


def test_an_experiment_can_be_applied(pulled, tmp_path):
    repo = copy(pulled, tmp_path / "copy")
    quiet(repo, "dvc", "exp", "run", "--name", "tried", "-S", "train.epochs=2")
    repo.output("git", "restore", "--staged", "--worktree", ".")
    quiet(repo, "dvc", "checkout")
    quiet(repo, "dvc", "exp", "apply", "tried")
    assert "epochs: 2\n" in repo["params.yaml"].read_text(encoding="utf-8")


def test_the_git_hooks_of_dvc_install_work(pulled, tmp_path):
    repo = copy(pulled, tmp_path / "copy")
    quiet(repo, "dvc", "install")
    quiet(repo, "git", "checkout", "-b", "another")
    repo.set(train__lr=0.01)
    quiet(repo, "dvc", "repro", "train")
    quiet(repo, "git", "commit", "--all", "--message", "another rate")
    quiet(repo, "git", "checkout", "-")
    assert quiet(repo, "dvc", "status") == "Data and pipelines are up to date.\n"
