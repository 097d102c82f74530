"""What the controls and numbers of the lab and of the comparison mean."""

from collections.abc import Mapping

from stages.page.explanations.shared import CALIBRATION, Explanation

_LAB = "docs/report.md, The lab"
_COMPARISON = "docs/report.md, The comparison"

LAB: Mapping[str, Explanation] = {
    "lab": Explanation(
        "Lab",
        "Experiments on a copy of the network. A network whose accuracy survives an edit does not "
        "depend on what the edit removed.",
        _LAB,
    ),
    "lab-unit": Explanation(
        "A unit",
        "Switches one unit off, shifts its bias, or multiplies its weights. Few networks of many "
        "units need any single one, so that the accuracy should hardly change.",
        _LAB,
    ),
    "lab-region": Explanation(
        "A region of the input",
        "No unit reads the pixels of the region any more. The accuracy falls most where the "
        "network looks for what tells the classes apart.",
        _LAB,
    ),
    "lab-network": Explanation(
        "The whole network",
        "Sets the smallest weights to 0, or adds noise to all. A trained network often keeps its "
        "accuracy without half of its weights.",
        "Han et al., Learning both weights and connections for efficient neural networks (2015)",
    ),
    "lab-temperature": Explanation(
        "Temperature",
        "Divides the logits, which changes the confidence and no class. A network that is too sure "
        "of itself is better calibrated at a temperature above 1.",
        CALIBRATION,
    ),
    "lab-edits": Explanation(
        "Edits",
        "The edits in their order, which the file of the edited model lists too. Undo takes the "
        "latest back, Reset all.",
        _LAB,
    ),
    "lab-buttons": Explanation(
        "Undo, Reset and Save",
        "Undo restores every parameter as it was before the latest edit. Save writes a model file "
        "that nncore reads, and that lists its edits.",
        _LAB,
    ),
    "lab-numbers": Explanation(
        "The test images in this page",
        "Accuracy, correct images and the mean probability of the predicted class, before and "
        "after the edits. Compare these two columns, not one of them with the whole test set.",
        _LAB,
    ),
    "lab-wrong": Explanation(
        "Became wrong",
        "Images that only the unedited network classifies correctly. A choice of one opens it in "
        "the section that looks inside.",
        _LAB,
    ),
    "lab-right": Explanation(
        "Became right",
        "Images that only the edited network classifies correctly. A few by chance are usual.",
        _LAB,
    ),
    "compare": Explanation(
        "Compare",
        "Another run beside this one, from its report. Runs of the same data tell what a parameter "
        "changes; a small difference may be one of seeds.",
        _COMPARISON,
    ),
    "compare-file": Explanation(
        "Open a report",
        "Reads the report.html of another run. Its scripts do not run, and another file is refused "
        "with a line.",
        _COMPARISON,
    ),
    "compare-metrics": Explanation(
        "Metrics of both",
        "The difference is the other run's value less this one's. More is better for accuracy and "
        "F1, less for loss and calibration error.",
        _COMPARISON,
    ),
    "compare-parameters": Explanation(
        "Parameters that differ",
        "The keys of params.yaml with other values. One that differs alone explains the "
        "difference of the metrics, apart from chance.",
        _COMPARISON,
    ),
    "compare-curves": Explanation(
        "Curves of both",
        "Loss and accuracy after each epoch, of this run as a line and of the other one with "
        "dashes. A curve that ends lower in loss learnt more.",
        _COMPARISON,
    ),
    "compare-images": Explanation(
        "Images on which the models differ",
        "Embedded test images that the two networks classify in two ways. Models of equal accuracy "
        "may still differ on many.",
        _COMPARISON,
    ),
}
