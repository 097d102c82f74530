"""The files of the page: templates, style and scripts."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

_FOLDER = Path(__file__).parent


def read_asset(name: str) -> str:
    """Return the text of a file of this package."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def combine_scripts(names: Sequence[str]) -> str:
    """Return scripts, named without .js, as one function, which defines no global names."""
    scripts = "\n".join(read_asset(f"{name}.js") for name in names)
    return f'(() => {{\n"use strict";\n{scripts}}})();\n'


def combine_styles(names: Sequence[str]) -> str:
    """Return styles, named without .css, as one."""
    return "".join(read_asset(f"{name}.css") for name in names)


def csp_digest(text: str) -> str:
    """Return the digest that identifies a script or style in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
