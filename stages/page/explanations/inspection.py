"""What the section that looks inside the network shows."""

from collections.abc import Mapping

from stages.page.explanations.shared import ATTRIBUTION, Explanation

INSPECTION: Mapping[str, Explanation] = {
    "picture-file": Explanation(
        "Open a picture",
        "Classifies a picture file of a digit, which stays in this browser. A dark digit on plain "
        "paper, or a light one on dark ground, works best.",
        "docs/command-line.md, predict",
    ),
    "any-picture-file": Explanation(
        "Open a picture",
        "Classifies a picture file, which stays in this browser and is stretched to the size of "
        "the network's images. It should show what the training images show, cut out like them.",
        "docs/command-line.md, predict",
    ),
    "inspection-back": Explanation(
        "Back",
        "Leads back to the image that was picked, with the focus on it. The next one is beside it.",
        "docs/report.md, Look inside",
    ),
    "inspect": Explanation(
        "Look inside",
        "What the network computes for one image, number by number. Compare a mistake with an "
        "image that is classified correctly.",
        "docs/mathematics.md, Forward",
    ),
    "next-image": Explanation(
        "Next test image",
        "Shows the next test image of this page to the network.",
        "docs/mathematics.md, Forward",
    ),
    "attribution": Explanation(
        "For and against each class",
        "The contribution of each pixel to the logit of a class: gradient times input, good on the "
        "strokes of a digit. An input of 0 contributes nothing; where preprocessing subtracts a "
        "mean, the background is not 0, so that missing strokes contribute too.",
        ATTRIBUTION,
    ),
    "attribution-class": Explanation(
        "Class of the contributions",
        "Chooses the class whose logit is taken apart. The class with the highest logit is the "
        "prediction; a far second one means that the network is sure.",
        ATTRIBUTION,
    ),
    "nearest": Explanation(
        "Nearest training images",
        "The training images of this page whose pixels are closest to the image. If they are of "
        "the predicted class, the mistake or the answer is easy to understand.",
        "Cover & Hart, Nearest neighbor pattern classification (1967)",
    ),
    "activations": Explanation(
        "Layer by layer",
        "The activation of every unit. Some units of a layer should differ from image to image; "
        "units that are 0 for every image are dead and of no use.",
        "docs/diagnose.md, Why does it not learn?",
    ),
    "layer-table": Explanation(
        "The mathematics of a layer",
        "The layer as a grid of numbers: the products of its inputs with the weights of its most "
        "active units, and each step from them to the activation. Large products decide a unit.",
        "docs/mathematics.md, Forward",
    ),
    "unit": Explanation(
        "The mathematics of a unit",
        "All that one unit computes: products, sum, bias, activation. They are computed in exact "
        "arithmetic, to the last bit, and shown with some digits.",
        "docs/exact.md, The grid",
    ),
    "unit-choice": Explanation(
        "Layer and unit",
        "Chooses the unit. The units of the output layer belong to the classes, in their order.",
        "docs/mathematics.md, Forward",
    ),
    "unit-sum": Explanation(
        "Sum and activation",
        "The sum of all products, the bias, and what the activation makes of them. The largest "
        "products say which inputs decided.",
        "docs/mathematics.md, Forward",
    ),
    "softmax": Explanation(
        "Softmax",
        "How logits become probabilities: the exponential of each, divided by the sum of all. A "
        "logit that is larger than another by 2.3 makes its class about ten times as likely.",
        "docs/mathematics.md, The loss",
    ),
}
