"""What the numbers, charts and controls of the page of images mean, beyond those of tables."""

from collections.abc import Mapping

from stages.page.explanations.shared import BOOK, CALIBRATION, OWN_DATA, SCORES, Explanation

_DAMAGE = (
    "Hendrycks & Dietterich, Benchmarking neural network robustness to common corruptions and "
    "perturbations (2019)"
)
_JOLLIFFE = "Jolliffe, Principal Component Analysis (2002)"

IMAGES: Mapping[str, Explanation] = {
    "pad": Explanation(
        "Try it",
        "The network of this report runs in the page and classifies what you draw. A drawing "
        "unlike the training images, such as a letter, gets some class too.",
        "docs/tutorial.md, A digit of your own",
    ),
    "clear": Explanation(
        "Clear",
        "Empties the pad. The key Delete does the same while the pad has the focus.",
        "docs/tutorial.md, A digit of your own",
    ),
    "probabilities": Explanation(
        "Probabilities",
        "The network's outputs: they add up to 100 %, and the largest one is the prediction. Trust "
        "them as far as the calibration below is good.",
        CALIBRATION,
    ),
    "network-input": Explanation(
        "Input of the network",
        "The pixels that the network receives: cropped, fitted and centred like the training "
        "images. It should look like them; if not, draw larger or with fewer gaps.",
        "docs/command-line.md, predict",
    ),
    "pixels": Explanation(
        "Pixels",
        "Range and variety of the pixel values of each part of the data. All parts should agree; "
        "constant pixels tell the network nothing, and a blank image is likely a mistake.",
        OWN_DATA,
    ),
    "duplicate-files": Explanation(
        "Files with equal pixels",
        "The names of files whose pixels are equal. Remove all but one of them, above all where "
        "their labels differ.",
        "docs/own-data.md, A folder of pictures",
    ),
    "training-examples": Explanation(
        "Training images",
        "The first training images of each class, as the network sees them. They should be "
        "upright, whole and in the right class.",
        "docs/own-data.md, A folder of pictures",
    ),
    "confusion": Explanation(
        "Confusion matrix",
        "How often each actual class (row) got each prediction (column); a click on a count opens "
        "its images, of right ones those that are least sure. All counts on the diagonal is best, "
        "and a strong colour off it names two classes that the network confuses.",
        SCORES,
    ),
    "mistakes": Explanation(
        "Mistakes",
        "Wrong predictions, the most confident first. Look for wrong labels and for what they have "
        "in common: that is what the network lacks.",
        "docs/data.md, Likely mistakes",
    ),
    "class-examples": Explanation(
        "Images of the test set",
        "The first test image of each class that the network classifies correctly. They show what "
        "an ordinary example of the class looks like.",
        "docs/tutorial.md, A digit of your own",
    ),
    "map": Explanation(
        "Map of the test set",
        "A mark for each of these test images, where a layer puts it. Classes in separate groups "
        "are good; a cross is a mistake, and most lie between two groups.",
        f"{_JOLLIFFE}, chapter 5",
    ),
    "map-layer": Explanation(
        "Layer of the map",
        "Chooses whose numbers the map shows: the pixels, the activations of a hidden layer, or "
        "the logits. The groups should become clearer from the input to the output.",
        "docs/mathematics.md, Forward",
    ),
    "map-points": Explanation(
        "Points of the map",
        "Each class has a colour and a shape, and a cross marks a mistake. Images that are far "
        "apart here are far apart in the layer; which of them is left or above means nothing.",
        f"{_JOLLIFFE}, chapter 5",
    ),
    "map-shown": Explanation(
        "Show",
        "Fades all images but the mistakes or those of one actual class. Pointer and keys then "
        "reach only these.",
        f"{_JOLLIFFE}, chapter 5",
    ),
    "map-inspection": Explanation(
        "Look inside",
        "Shows this image to the network, in the section above. Compare a mistake with the nearest "
        "image of its class.",
        "docs/mathematics.md, Forward",
    ),
    "map-images": Explanation(
        "Test images in this page",
        "How many images of each class the test set, the map and the lab have. Equal fractions of "
        "all classes are good: the map and the lab then stand for the test set.",
        "docs/report.md, The map",
    ),
    "map-variance": Explanation(
        "Variance in the map",
        "The fraction of a layer's variance along each direction. The closer their sum is to "
        "100 %, the less the map leaves out.",
        f"{_JOLLIFFE}, section 6.1",
    ),
    "noise": Explanation(
        "Noise",
        "Accuracy if normal noise is added to each pixel, with a standard deviation of this "
        "fraction of the range of the pixels. A curve that stays high is good.",
        _DAMAGE,
    ),
    "shift": Explanation(
        "Shift",
        "Accuracy if each image moves by some pixels in a random direction. That of a network of "
        "dense layers falls fast unless it is trained on shifted images.",
        "docs/mathematics.md, Augmentation",
    ),
    "rotation": Explanation(
        "Rotation",
        "Accuracy if each image is turned, at random to the left or the right. High up to the "
        "angles that occur in use is good.",
        "docs/mathematics.md, Augmentation",
    ),
    "occlusion": Explanation(
        "Occlusion",
        "Accuracy if a square of background covers a part of each image. A slow fall is good: the "
        "network does not depend on one region.",
        _DAMAGE,
    ),
    "damage-table": Explanation(
        "Damage as a table",
        "The values of the four curves. The first row of each is the accuracy of the same images "
        "without damage.",
        _DAMAGE,
    ),
    "weights": Explanation(
        "Weights of the first layer",
        "What each unit of the first layer looks for, on the scale below. Strokes and edges are "
        "good; pictures of mere noise show that little was learnt there, or that it overfits.",
        f"{BOOK}, section 9.10",
    ),
}
