"""The site of pages and reference is built without a warning."""

import subprocess

from stages.shared.fingerprint import ROOT


def test_the_site_is_built_without_a_warning(tmp_path):
    command = ["sphinx-build", "--quiet", "--fail-on-warning", "-c", "docs", ".", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    reference = (tmp_path / "docs" / "reference.html").read_text(encoding="utf-8")
    for name in ("nncore.Network", "nncore.fit", "nncore.Model"):
        assert f'id="{name}"' in reference
    # A field of two names, and a parameter's description, as the hook in conf.py makes them.
    assert "<strong>weight_init, bias_init</strong>" in reference
    assert "<strong>train, validation</strong>" in reference
    modules = (tmp_path / "docs" / "modules.html").read_text(encoding="utf-8")
    for page in (reference, modules):
        assert "Create new instance of" not in page
        # Napoleon takes the text before a colon in a property's first line for its type.
        assert ">Type<" not in page
