"""The scripts of a page: modules that import each other, in one script."""

import re
import shutil
import subprocess

import pytest

from stages.page import modules
from stages.page.modules import SCRIPTS, combine_modules

IMPORT = re.compile(r'^import \{([^}]+)\} from "([^"]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const) (\w+)", re.MULTILINE)
FILES = sorted(SCRIPTS.rglob("*.js"))


def name_of(file):
    return file.relative_to(SCRIPTS).as_posix()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder of other modules."""
    monkeypatch.setattr(modules, "SCRIPTS", tmp_path)
    return tmp_path


def write(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_modules_import_what_others_export_and_use_it(file):
    text = file.read_text(encoding="utf-8")
    for imported, path in IMPORT.findall(text):
        exports = EXPORT.findall((file.parent / path).resolve().read_text(encoding="utf-8"))
        used = [name.strip() for name in imported.split(",") if name.strip()]
        assert set(used) <= set(exports)
        assert all(len(re.findall(rf"\b{name}\b", text)) > 1 for name in used)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_lines_with_import_and_export_are_of_the_form_that_is_combined(file):
    text = EXPORT.sub("", IMPORT.sub("", file.read_text(encoding="utf-8")))
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)


def test_a_page_has_all_modules():
    combined = combine_modules("image_page") + combine_modules("table_page")
    assert [
        file for file in map(name_of, FILES) if f'modules["{file[:-3]}"] = ' not in combined
    ] == []


def test_each_module_is_there_once_and_after_those_that_it_imports():
    text = combine_modules("image_page")
    seen = set()
    for name, body in re.findall(
        r'^modules\["([^"]+)"\] = \(\(\) => \{\n(.*?)^\}\)\(\);', text, re.MULTILINE | re.DOTALL
    ):
        assert name not in seen
        assert set(re.findall(r'= modules\["([^"]+)"\];', body)) <= seen
        seen.add(name)
    assert "image_page" in seen


def test_a_module_has_names_of_its_own(folder):
    first = "const hidden = 1;\nexport const value = () => hidden;\n"
    main = "const hidden = 2;\nconsole.log(value(), hidden);\n"
    write(folder, first=first, main=f'import {{ value }} from "./first.js";\n\n{main}')
    if not (node := shutil.which("node")):
        pytest.skip("needs Node.js")
    script = combine_modules("main")
    run = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    assert run.stdout == "1 2\n"


def test_a_circle_of_imports_is_refused(folder):
    write(
        folder,
        first='import { b } from "./second.js";\nexport const a = 1;\n',
        second='import { a } from "./first.js";\nexport const b = 1;\n',
    )
    with pytest.raises(ValueError, match=r"got first\.js → second\.js → first\.js"):
        combine_modules("first")
