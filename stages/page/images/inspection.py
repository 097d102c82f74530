"""The section that looks inside the network while it sees one image."""

from string import Template

from stages.page.assets import read_template
from stages.page.explanations.explain import explain


def inspection(*, with_pad: bool, with_images: bool) -> str:
    """Return the section, which its scripts fill.

    Parameters
    ----------
    with_pad : whether the page has a pad
    with_images : whether the page has images to choose
    """
    ways = []
    if with_pad:
        ways = ['draw a digit <a href="#try">above</a>', "open or drop a picture of one"]
    if with_images:
        ways.append("choose an image on this page")
    sentence = ", or ".join(ways)
    button = (
        f' <button type="button" id="next-image">Next test image</button> {explain("next-image")}'
    )
    return Template(read_template("inspection")).substitute(
        sources=f"{sentence[0].upper()}{sentence[1:]}.", next=button if with_images else ""
    )
