"""The templates and styles of the page, and the digests that its policy allows."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

_FOLDER = Path(__file__).parent


def read_template(name: str) -> str:
    """Return the text of a template, named without .html."""
    return (_FOLDER / "templates" / f"{name}.html").read_text(encoding="utf-8")


def combine_styles(names: Sequence[str]) -> str:
    """Return styles, named without .css, as one."""
    files = (_FOLDER / "styles" / f"{name}.css" for name in names)
    return "".join(file.read_text(encoding="utf-8") for file in files)


def csp_digest(text: str) -> str:
    """Return the digest that identifies a script or style in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
