"""The modules of the scripts in one script, as a page that loads no file needs them."""

import re
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
_IMPORT = re.compile(r'^import \{([^}]+)\} from "(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (\w+))", re.MULTILINE)


def combine_modules(main: str) -> str:
    """Return a module and all that it imports as one script, which defines no global names.

    Each module becomes a function that runs once and returns what it exports. It comes after those
    that it imports, so that circles are refused.

    Parameters
    ----------
    main : path below scripts/, without .js; its imports are relative paths

    Raises
    ------
    ValueError
        if modules import each other in a circle.
    """
    functions: dict[Path, str] = {}
    _add(SCRIPTS / f"{main}.js", functions, importing=())
    body = "\n".join(functions.values())
    return f'(() => {{\n"use strict";\nconst modules = {{}};\n{body}}})();\n'


def _add(file: Path, functions: dict[Path, str], importing: tuple[Path, ...]) -> None:
    """Add a module as a function, after those that it imports."""
    if file in importing:
        names = " → ".join(path.name for path in (*importing, file))
        raise ValueError(f"expected modules without a circle of imports; got {names}")
    text = file.read_text(encoding="utf-8")
    for _, path in _IMPORT.findall(text):
        imported = (file.parent / path).resolve()
        if imported not in functions:
            _add(imported, functions, (*importing, file))
    functions[file] = _function(file, text)


def _function(file: Path, text: str) -> str:
    exports = ", ".join(_EXPORT.findall(text))
    text = _IMPORT.sub(lambda match: _constants(match[1], (file.parent / match[2]).resolve()), text)
    text = _EXPORT.sub("", text)
    return f"modules[{_key(file)}] = (() => {{\n{text}return {{ {exports} }};\n}})();\n"


def _constants(names: str, imported: Path) -> str:
    return f"const {{{names}}} = modules[{_key(imported)}];"


def _key(file: Path) -> str:
    return f'"{file.relative_to(SCRIPTS).with_suffix("").as_posix()}"'
