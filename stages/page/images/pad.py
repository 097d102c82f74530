"""The pad to draw digits on, and whether the page has the parameters to classify them."""

from string import Template

from nncore.model import Model
from stages.page.assets import read_template
from stages.page.explanations.explain import heading
from stages.page.markup import join_lines

# As base64. A larger page would be hard to send and to open on a phone.
MAX_PARAMETER_BYTES = 20_000_000


def has_pad(model: Model) -> bool:
    """Return whether the page has a pad to draw on.

    It has one if the images are digits, which a pen can draw and which the page can crop and
    centre; strokes are nothing like the clothes of Fashion-MNIST or a photo. The parameters must be
    small enough for the page.
    """
    return model.pictures == "digit" and fits(model)


def has_parameters(model: Model, *, embed_images: bool) -> bool:
    """Return whether the page has the parameters, and an image to compute with."""
    return fits(model) and (has_pad(model) or embed_images)


def fits(model: Model) -> bool:
    """Return whether the parameters of the network are small enough for the page."""
    return 4 * model.network.parameters.size * 4 // 3 <= MAX_PARAMETER_BYTES


def pad_section(model: Model, examples: str) -> str:
    """Return the section of the pad, or why there is none; empty for other things than digits."""
    if model.pictures != "digit":
        return ""
    if not has_pad(model):
        return join_lines(
            '<section aria-labelledby="try">',
            heading('<h2 id="try">Try it</h2>', "pad"),
            f"<p>The network's {model.network.parameters.size:,} parameters would make this page "
            f"larger than {MAX_PARAMETER_BYTES // 10**6} MB, so it has no pad to draw on.</p>",
            "</section>",
        )
    (height, width, *_), _ = model.pixels()
    if examples:
        examples = join_lines(
            heading("<h3>Images of the test set</h3>", "class-examples"),
            '<p class="screen-only">Choose the first correctly classified image of a class, or one '
            'of the <a href="#mistakes-heading">mistakes</a> below.</p>',
            examples,
        )
    return Template(read_template("pad")).substitute(height=height, width=width, examples=examples)
