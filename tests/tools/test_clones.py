"""Clones without anything that the pipeline makes, and with their inputs."""

import json
import re
import subprocess

import pytest
from verified_repository import create

from tools.verification.clones import (
    Output,
    Stage,
    bring_inputs,
    delete_outputs,
    read_stages,
    refuse_outputs_outside,
)
from tools.verification.commands import RefusalError
from tools.verification.original import find_original


def stage(*outs, **settings):
    """Return a stage that makes some outputs."""
    made = {"name": "s", "entry": "s", "frozen": False, "runs": True, "lock": "dvc.lock"}
    return Stage(**{**made, **settings}, deps=(), written_deps=(), outs=outs)


def output(path, **settings):
    return Output(
        **{"path": path, "written": path, "inside": True, "cached": True, "hash": None, **settings}
    )


@pytest.fixture
def repository(tmp_path):
    return create(tmp_path, {"pipeline/dvc.yaml": "", "README.md": ""})


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def test_a_project_may_lie_in_a_folder_of_the_repository(repository, workspace):
    original = find_original(str(repository.root / "pipeline"), workspace)
    assert original.project == repository.root / "pipeline"
    project = original.clone(workspace / "clone")
    assert project == workspace / "clone" / "pipeline"
    assert (project / "dvc.yaml").is_file()


@pytest.mark.parametrize("bare", [True, False])
def test_a_repository_may_be_bare_or_elsewhere(repository, workspace, bare):
    address = f"file://{repository.root}"
    if bare:
        address = str(repository.home / "bare.git")
        repository.run("git", "clone", "--quiet", "--bare", str(repository.root), address)
    original = find_original(address, workspace)
    assert original.project == workspace / "original"
    assert (original.clone(workspace / "clone") / "README.md").is_file()


@pytest.mark.parametrize(
    ("moved", "folder"), [("pipeline/.dvc", "."), (".dvc", "pipeline")], ids=["below", "above"]
)
def test_a_folder_beside_the_project_is_refused_with_the_project(
    repository, workspace, moved, folder
):
    if moved != ".dvc":
        (repository.root / ".dvc").rename(repository.root / moved)
        repository.commit()
    original = find_original(str(repository.root / folder), workspace)
    project = (repository.root / moved).parent
    with pytest.raises(RefusalError) as refusal:
        read_stages(original.clone(workspace / "clone"), original, {})
    assert str(refusal.value) == (
        f"expected a DVC project in the last commit of {original.project}, got no folder .dvc; "
        f"--repo takes the folder of a DVC project: {project}"
    )


def test_an_address_whose_project_lies_in_a_folder_is_refused_with_the_folder(
    repository, workspace
):
    (repository.root / ".dvc").rename(repository.root / "pipeline" / ".dvc")
    repository.commit()
    original = find_original(f"file://{repository.root}", workspace)
    message = "clone it and take the folder of a DVC project there for --repo: pipeline$"
    with pytest.raises(RefusalError, match=message):
        read_stages(original.clone(workspace / "clone"), original, {})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"dvc.yaml": "stages:\n  s:\n    cmd: true: no\n"},
            r"dvc\.yaml' is invalid.*Mapping values are not allowed.*line 3, column 14",
        ),
        ({"dvc.yaml": "stages:\n  s:\n    outs: [a]\n"}, r"dvc\.yaml' validation failed.*stages"),
        (
            {"dvc.yaml": "stages: {s: {cmd: 'true'}}\n", ".gitignore": "dvc.lock\n"},
            r"'dvc\.lock' is git-ignored.*delete its line in \.gitignore and commit it",
        ),
    ],
    ids=["syntax", "schema", "lock"],
)
def test_the_reason_for_which_dvc_refuses_a_pipeline_is_shown(tmp_path, workspace, files, message):
    repository = create(tmp_path, files)
    original = find_original(str(repository.root), workspace)
    project = original.clone(workspace / "clone")
    with pytest.raises(RefusalError) as refusal:
        read_stages(project, original, repository.environment)
    assert str(refusal.value).startswith("expected a pipeline that DVC can read")
    assert re.search(message, str(refusal.value), re.DOTALL), refusal.value


def test_missing_inputs_of_an_address_are_pulled_in_a_clone(repository, workspace):
    address = f"file://{repository.root}"
    assert find_original(address, workspace).how_to_pull().startswith("clone it, type dvc pull")


def test_an_address_of_nothing_is_refused(workspace):
    with pytest.raises(RefusalError, match="expected a repository, got 'file:///no/such/place'"):
        find_original("file:///no/such/place", workspace)


def test_the_reason_for_which_git_refuses_a_repository_is_shown(repository, workspace):
    with (repository.root / ".git" / "config").open("a") as config:
        config.write("[core\n")
    with pytest.raises(RefusalError, match=r"expected a Git repository, got .*bad config line"):
        find_original(str(repository.root), workspace)


def test_a_commit_of_no_branch_is_cloned(repository, workspace):
    """As continuous integration checks it out."""
    repository.run("git", "switch", "--quiet", "--detach")
    (repository.root / "README.md").write_text("later")
    repository.commit()
    project = find_original(str(repository.root), workspace).clone(workspace / "clone")
    assert (project / "README.md").read_text() == "later"


def test_whatever_a_stage_makes_is_deleted_and_nothing_else(tmp_path):
    for path in ("dvc.lock", "out/deep/file", "made.txt", "frozen.txt", "data.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.touch()
    stages = [
        stage(output("out"), output("made.txt"), output("missing.txt")),
        stage(output(str(outside), inside=False)),
        stage(output("frozen.txt"), frozen=True, runs=False),
        stage(output("data.txt"), runs=False, lock=""),
    ]
    delete_outputs(tmp_path, stages)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"frozen.txt", "data.txt"}
    assert outside.exists()


@pytest.mark.parametrize("layout", ["files/md5/", ""], ids=["DVC 3", "DVC 2"])
def test_a_folder_is_copied_from_a_cache_file_by_file(tmp_path, monkeypatch, layout):
    """DVC itself is not asked here: it would check what it finds in the cache."""
    cache, project = tmp_path / "cache", tmp_path / "project"
    objects = {
        "aa/11.dir": json.dumps([{"md5": "bb22", "relpath": "x"}, {"md5": "cc33", "relpath": "y"}]),
        "bb/22": "x",
        "dd/44": "of no input",
    }
    for path, text in objects.items():
        (cache / layout / path).parent.mkdir(parents=True)
        (cache / layout / path).write_text(text)
    project.mkdir()
    done = subprocess.CompletedProcess([], 0, b"", b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    data = stage(output("folder", hash="aa11.dir"), runs=False, lock="")
    bring_inputs(project, [data], None, {}, [cache])
    copied = (project / ".dvc" / "cache").rglob("*")
    names = {
        file.relative_to(project / ".dvc" / "cache").as_posix() for file in copied if file.is_file()
    }
    assert names == {f"{layout}aa/11.dir", f"{layout}bb/22"}


@pytest.mark.parametrize("path", ["../elsewhere/model", "link/model"])
def test_an_output_outside_the_clone_is_refused(tmp_path, path):
    """It would be deleted and overwritten: also behind a link that leaves the clone."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (project / "link").symlink_to(elsewhere)
    stages = [stage(output(path, inside=not path.startswith("..")))]
    with pytest.raises(
        RefusalError, match=f"got {path} of stage 's' outside of it; a run would overwrite them$"
    ):
        refuse_outputs_outside(project, stages)


def test_outputs_in_the_clone_are_not_refused(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "link").symlink_to("inner")
    refuse_outputs_outside(tmp_path, [stage(output("model"), output("link/model"))])
