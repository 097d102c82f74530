"""Draw docs/pictures/badges.svg: facts about the project, each read from the file that decides it.

python -m docs.badges
"""

import json
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs/pictures/badges.svg"
HEIGHT, GAP, PADDING, FONT_SIZE = 20, 6, 6, 11
# Monospace characters are 0.6 times as wide as high; `textLength` fits the text in any font.
CHARACTER_WIDTH = 6.6
NAME_COLOUR, VALUE_COLOUR, TEXT_COLOUR = "#4a4a4a", "#1f5f99", "#ffffff"


def facts() -> dict[str, str]:
    """Return what the badges say, by their names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [
        entry.rpartition(" ")[2]
        for entry in project["classifiers"]
        if entry.startswith("Programming Language :: Python :: 3.")
    ]
    metrics = json.loads((ROOT / "reports/test.json").read_bytes())
    return {
        "Python": f"{versions[0]} to {versions[-1]}",
        "licence": project["license"],
        "mnist-5k accuracy": f"{metrics['accuracy']:.1%}".replace("%", " %"),
    }


def draw(path: Path) -> None:
    """Write the picture."""
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")
    svg.set("font-family", "DejaVu Sans Mono, Menlo, Consolas, monospace")
    svg.set("font-size", str(FONT_SIZE))
    texts = facts()
    label = ", ".join(f"{name}: {value}" for name, value in texts.items())
    ET.SubElement(svg, "title").text = label
    x = 0.0
    for name, value in texts.items():
        for text, colour in ((name, NAME_COLOUR), (value, VALUE_COLOUR)):
            length = CHARACTER_WIDTH * len(text)
            box = {"x": f"{x:.1f}", "width": f"{length + 2 * PADDING:.1f}", "height": str(HEIGHT)}
            ET.SubElement(svg, "rect", box, fill=colour)
            place = {"x": f"{x + PADDING:.1f}", "y": "14", "textLength": f"{length:.1f}"}
            ET.SubElement(svg, "text", place, fill=TEXT_COLOUR).text = text
            x += length + 2 * PADDING
        x += GAP
    svg.set("width", f"{x - GAP:.1f}")
    svg.set("height", str(HEIGHT))
    ET.indent(svg)
    ET.ElementTree(svg).write(path, encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
