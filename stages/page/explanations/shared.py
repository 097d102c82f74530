"""What the numbers, charts and controls of the page mean, and where to read more.

A template names one as `<explain key="accuracy">`; explain.py beside it makes it a button.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Explanation(NamedTuple):
    """What a thing on the page is.

    Attributes
    ----------
    name : of the thing
    text : what it is, and what a good value or use of it is, in one or two sentences
    source : where to read more: a page of docs/ with its section, or a work
    """

    name: str
    text: str
    source: str


# Works and pages that several explanations name.
ATTRIBUTION = "Shrikumar et al., Not just a black box (2016)"
BOOK = "Goodfellow, Bengio, Courville, Deep Learning (2016)"
CALIBRATION = "Guo et al., On calibration of modern neural networks (2017)"
_LOSS = "docs/mathematics.md, The loss"
OWN_DATA = "docs/data.md, Likely mistakes"
_PARAMETERS = "docs/parameters.md, Parameters"
_REJECTION = "El-Yaniv & Wiener, On the foundations of noise-free selective classification (2010)"
SCORES = (
    "Sokolova & Lapalme, A systematic analysis of performance measures for classification tasks "
    "(2009)"
)

METRICS: Mapping[str, Explanation] = {
    "accuracy": Explanation(
        "Test accuracy",
        "The fraction of the test set that the network classifies correctly; it was trained "
        "without these examples. 100 % is best, and a useful network must exceed the fraction of "
        "the most frequent class.",
        f"{BOOK}, section 5.1.2",
    ),
    "loss": Explanation(
        "Test loss",
        "The loss that the training minimises, averaged over the test set, without penalties and "
        "smoothed labels. 0 is best; with softmax, giving each class the same probability has the "
        "natural logarithm of their number.",
        _LOSS,
    ),
    "balanced-accuracy": Explanation(
        "Balanced accuracy",
        "The mean of the recalls of all classes, so that a rare class counts as much as a frequent "
        "one. 100 % is best; far below the accuracy means that rare classes are neglected.",
        "docs/mathematics.md, Weights",
    ),
    "macro-f1": Explanation(
        "Macro F1",
        "The mean over the classes of F1, the harmonic mean of precision and recall. 100 % is "
        "best; a class that is never recognised adds 0.",
        SCORES,
    ),
    "calibration-error": Explanation(
        "Calibration error",
        "The mean distance between confidence and accuracy over fifteen bins of confidence, "
        "weighted by their numbers of samples. 0 % is best; below some 2 %, a confidence can be "
        "read as the probability of being right.",
        CALIBRATION,
    ),
    "validation": Explanation(
        "Validation",
        "Accuracy and loss on examples that train no weight; early stopping and train.keep: best "
        "choose the epoch by them, which makes them a little too good. Close to the test's is "
        "good; a gap means that the two sets differ or that one has few examples.",
        f"{BOOK}, section 5.3",
    ),
    "training": Explanation(
        "Training",
        "Accuracy and loss on the training examples, measured while they train the network. Far "
        "better than on the test set means overfitting.",
        f"{BOOK}, section 5.2",
    ),
    "kept-epoch": Explanation(
        "Epoch of the weights",
        "The epoch whose weights the model has, or with train.average their average up to it: the "
        "best if train.keep is best, else the last. If the validation loss still falls at the last "
        "epoch, more epochs may help.",
        "Prechelt, Early stopping, but when? (1998)",
    ),
}

SHARED: Mapping[str, Explanation] = {
    "data": Explanation(
        "Data",
        "What preprocess counted before the training. It is good if there is no warning; each says "
        "what to look at.",
        OWN_DATA,
    ),
    "class-counts": Explanation(
        "Number of each class",
        "How many examples each class has in each part of the data. Similar numbers are good; a "
        "class with few examples is learnt badly, and its recall is uncertain.",
        "docs/library.md, Unequal classes, and weights of samples",
    ),
    "duplicates": Explanation(
        "Equal examples",
        "Examples that occur more than once. 0 is good: a test example that is in the training set "
        "too makes the test look better than it is.",
        OWN_DATA,
    ),
    "curves": Explanation(
        "Learning curves",
        "How the training went, epoch by epoch. Falling losses that level off are good; a "
        "validation loss that rises again means overfitting.",
        "docs/diagnose.md, Why does it not learn?",
    ),
    "epoch": Explanation(
        "Epoch",
        "Moves the line in all curves to one epoch, whose values stand beside it. An epoch is one "
        "pass over all training examples; epoch 0 is before the training.",
        f"{BOOK}, section 8.1.3",
    ),
    "curve-loss": Explanation(
        "Curve of the loss",
        "The loss, which the training minimises: of the training data the mean during each epoch, "
        "of the validation data the loss after it. Lower is better, and a growing distance between "
        "the two means overfitting.",
        _LOSS,
    ),
    "curve-accuracy": Explanation(
        "Curve of the accuracy",
        "The fraction that is classified correctly; higher is better, and a curve of several "
        "epochs begins with the first. Augmentation and dropout, where a run has them, lower the "
        "training's, so validation may be above it.",
        f"{BOOK}, section 5.2",
    ),
    "curve-rate": Explanation(
        "Curve of the learning rate",
        "The factor of the optimizer's last step of each epoch, as the schedule sets it. If the "
        "loss jumps, it may be too large; if the loss hardly falls, too small.",
        "docs/mathematics.md, The step",
    ),
    "curve-table": Explanation(
        "The curves as a table",
        "The same values as numbers. Look for the epoch with the lowest validation loss.",
        "docs/experiments.md, The table",
    ),
    "recall-precision": Explanation(
        "Recall and precision",
        "Recall is the fraction of a class that is recognised, precision the fraction of its "
        "predictions that is right. 100 % is best for both; a low one names a class to look at.",
        SCORES,
    ),
    "all-mistakes": Explanation(
        "Show all mistakes",
        "Shows every mistake that the page has, and ends the choice of a cell.",
        SCORES,
    ),
    "trust": Explanation(
        "How far to trust it",
        "Whether the confidence of the network is low where it is wrong, and, for images, its "
        "accuracy on worse ones than those of the test set.",
        CALIBRATION,
    ),
    "calibration": Explanation(
        "Calibration",
        "Accuracy of the predictions of similar confidence. Points on the thin line are best; "
        "below it the network is overconfident.",
        CALIBRATION,
    ),
    "coverage": Explanation(
        "Error against coverage",
        "The fraction of mistakes among the answers, if the network leaves its least sure "
        "predictions out. A curve that falls steeply to the left is good: the mistakes have low "
        "confidence.",
        _REJECTION,
    ),
    "threshold": Explanation(
        "Threshold of confidence",
        "The confidence below which the network says “I don't know”; an error of few mistakes is "
        "uncertain. Choose the threshold on other data than the test set if you need the error to "
        "hold.",
        _REJECTION,
    ),
    "thresholds": Explanation(
        "Thresholds of confidence",
        "The lowest threshold with at most each error, the answers that it leaves and the mistakes "
        "among them; predictions.csv rounds the highest confidences to 100 %. More answers at the "
        "same error are better; few mistakes make it uncertain.",
        _REJECTION,
    ),
    "run": Explanation(
        "Run",
        "What was trained, with which parameters, from which code and data. In exact arithmetic, "
        "the same ones give the same bytes on every computer.",
        "docs/reproducibility.md, Same commit, same bytes",
    ),
    "layers": Explanation(
        "Layers",
        "The network: inputs times units, activation and parameters of each layer. More "
        "parameters can fit more, and overfit more easily.",
        "docs/mathematics.md, Parameters",
    ),
    "parameters": Explanation(
        "Parameters",
        "All settings of the run. Change one and compare the reports.",
        _PARAMETERS,
    ),
    "provenance": Explanation(
        "Provenance",
        "Digests of the code, the parameters and the data that made this model. In exact "
        "arithmetic, equal digests mean equal results.",
        "docs/reproducibility.md, How to check it",
    ),
}
