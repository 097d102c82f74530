"""What the controls and numbers of the lab mean."""

from collections.abc import Mapping

from stages.page.explanations.shared import CALIBRATION, Explanation

_LAB = "docs/report.md, The lab"

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
        "Divides the logits, which changes the confidence and no class. An overconfident network "
        "is better calibrated at a temperature above 1.",
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
}
