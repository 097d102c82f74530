"""The section that looks inside the network while it sees one image."""

from string import Template

from stages.page.assets import read_asset

SCRIPTS = (
    "elements",
    "attribution",
    "nearest",
    "arithmetic",
    "cells",
    "layers_view",
    "parts_view",
    "arithmetic_view",
    "inspection",
    "picking",
)
_WITH_PAD = (
    'Draw a digit <a href="#try">above</a>, open or drop a picture of one, or choose an image on '
    "this page."
)
_WITHOUT_PAD = "Choose an image on this page."


def inspection(*, with_pad: bool) -> str:
    """Return the section, which its scripts fill."""
    return Template(read_asset("inspection.html")).substitute(
        sources=_WITH_PAD if with_pad else _WITHOUT_PAD
    )
