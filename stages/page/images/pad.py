"""The pad to draw digits on."""

from string import Template

from nncore.model import Model
from stages.page.assets import read_template
from stages.page.explanations.explain import heading
from stages.page.images.parameters import fits, too_large_sentence
from stages.page.markup import join_lines

# Its text is spoken by scripts/view/speech.js.
PICTURE_REFUSAL = '<p id="picture-refusal" class="note" hidden></p>'


def has_pad(model: Model) -> bool:
    """Return whether the page has a pad to draw on.

    It has one if the images are digits, which a pen can draw and which the page can crop and
    centre; strokes are nothing like the clothes of Fashion-MNIST or a photo. The parameters must be
    small enough for the page.
    """
    return model.pictures == "digit" and fits(model)


def pad_section(model: Model, examples: str) -> str:
    """Return the section of the pad, or why there is none; empty for other things than digits."""
    if model.pictures != "digit":
        return ""
    if not has_pad(model):
        return join_lines(
            '<section aria-labelledby="try">',
            heading('<h2 id="try">Try it</h2>', "pad"),
            f"<p>{too_large_sentence(model)}, so it has no pad to draw on and takes no "
            "pictures.</p>",
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
    return Template(read_template("pad")).substitute(
        height=height, width=width, examples=examples, refusal=PICTURE_REFUSAL
    )
