"""The section that looks inside the network while it sees one image."""

from string import Template

from nncore.model import Model
from stages.page.assets import read_template
from stages.page.explanations.explain import explain, heading
from stages.page.images.pad import PICTURE_REFUSAL, has_pad
from stages.page.images.parameters import fits, too_large_sentence
from stages.page.markup import join_lines
from stages.page.numerics import arithmetic_sentence

_NEXT = f' <button type="button" id="next-image">Next test image</button> {explain("next-image")}'
# The pad has another one.
_FILE = join_lines(
    '<p><label class="file-button">Open a picture<input type="file" id="picture-file" '
    f'accept="image/*"></label> {explain("any-picture-file")}</p>',
    PICTURE_REFUSAL,
    "",
)


def inspection(model: Model, *, with_images: bool, fast: bool = False) -> str:
    """Return the section, which its scripts fill, or why the page does not look inside.

    The section is empty if the section of the pad gives the reason.

    Parameters
    ----------
    with_images : whether the page has images to choose
    fast : whether the run did not compute in exact arithmetic
    """
    if not fits(model):
        return "" if model.pictures == "digit" else _too_large(model)
    if has_pad(model):
        ways = ['draw a digit <a href="#try">above</a>', "open or drop a picture of one"]
    else:
        ways = ["open a picture, or drop it anywhere on the page"]
    if with_images:
        ways.append("choose an image on this page")
    sentence = ", or ".join(ways)
    return Template(read_template("inspection")).substitute(
        sources=f"{sentence[0].upper()}{sentence[1:]}.",
        arithmetic=arithmetic_sentence(fast=fast),
        next=_NEXT if with_images else "",
        file="" if has_pad(model) else _FILE,
    )


def _too_large(model: Model) -> str:
    return join_lines(
        '<section aria-labelledby="inspect">',
        heading('<h2 id="inspect">Look inside</h2>', "inspect"),
        f"<p>{too_large_sentence(model)}, so it does not look inside and takes no pictures.</p>",
        "</section>",
    )
