"""The parameters of the network in the page, if they are small enough for it."""

from nncore.model import Model
from stages.page.markup import base64_text

# As base64. A larger page would be hard to send and to open on a phone.
MAX_PARAMETER_BYTES = 20_000_000


def fits(model: Model) -> bool:
    """Return whether the parameters of the network are small enough for the page."""
    return 4 * model.network.parameters.size * 4 // 3 <= MAX_PARAMETER_BYTES


def too_large_sentence(model: Model) -> str:
    """Return a sentence, without its full stop, on why the page has no parameters."""
    return (
        f"The network's {model.network.parameters.size:,} parameters would make this page larger "
        f"than {MAX_PARAMETER_BYTES // 10**6} MB"
    )


def parameters_element(model: Model) -> str:
    """Return the parameter vector, float32 as base64, as an element that image_page.js reads."""
    # A browser's typed arrays are little-endian.
    text = base64_text(model.network.parameters.astype("<f4"))
    return f'<script type="text/plain" id="parameters">{text}</script>'
