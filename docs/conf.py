"""Settings of the documentation's site, which `make docs` builds with Sphinx."""

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent.parent))

import nncore

project = "nncore"
release = nncore.__version__
html_title = f"nncore {release}"
html_theme = "furo"
html_show_copyright = False
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# The project's folder is the source, so that its pages' links lead where they do on GitHub.
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "benchmarks/RESULTS.md",
    "data/samples/*/README.md",
    "data/tables/README.md",
    "docs/*.md",
]
exclude_patterns = [".*", "build", "models"]
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Docstrings have shapes and units, of which types say less.
autodoc_typehints = "none"
# A class is described by its docstring and by that of its constructor.
autoclass_content = "both"
default_role = "code"
myst_heading_anchors = 3
# Napoleon's own way with attributes reads two names on a line as one and its type.
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False
# Two parameters of one description stay one entry.
napoleon_use_param = False

_FIELD = re.compile(r"(\S.*?) : (.*)")


def separate_descriptions(*event: Any) -> None:  # noqa: ANN401  the parts of Sphinx's event
    """Put the description of a parameter on a line of its own, and drop Python's own texts.

    The project's docstrings have it where NumPy's have the type, which signatures tell here.
    """
    lines: list[str] = event[-1]
    separated: list[str] = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        separated += [match[1], f"    {match[2]}"] if match else [line]
    # Python's own text for the constructor of a named tuple repeats the signature.
    lines[:] = [line for line in separated if not line.startswith("Create new instance of ")]


def skip_field(*event: Any) -> bool | None:  # noqa: ANN401  likewise
    """Leave out the fields of named tuples, which have no text but "Alias for field number 0"."""
    _, _, _, member, _, _ = event
    return True if type(member).__name__ == "_tuplegetter" else None


def setup(app: Sphinx) -> None:
    """Register the hooks, the first to run before Napoleon's."""
    app.connect("autodoc-process-docstring", separate_descriptions, priority=400)
    app.connect("autodoc-skip-member", skip_field)
