"""What the numbers, charts and controls of the page of a table mean, beyond those of images."""

from collections.abc import Mapping

from stages.page.explanations.shared import ATTRIBUTION, BOOK, SCORES, Explanation

_DRAPER = "Draper & Smith, Applied Regression Analysis (1998)"
_REGRESSION = "docs/library.md, Regression"
_TABLES = "docs/own-data.md, A table of columns"

TABLES: Mapping[str, Explanation] = {
    "rmse": Explanation(
        "Test RMSE",
        "The root of the mean squared error, in the unit of the target; large errors count most. 0 "
        "is best, and well below the RMSE of the mean is good.",
        _REGRESSION,
    ),
    "mae": Explanation(
        "Test MAE",
        "The mean absolute error, in the unit of the target; 0 is best. Far below the RMSE means "
        "that few rows have most of the error.",
        _REGRESSION,
    ),
    "r2": Explanation(
        "R²",
        "The fraction of the target's variance in the test rows that the predictions explain. 1 is "
        "exact, 0 is as good as always predicting the mean of these rows, and less is worse.",
        f"{_DRAPER}, section 1.3",
    ),
    "mean-rmse": Explanation(
        "RMSE of the mean",
        "The RMSE of a model that always predicts the mean of the training rows. A useful network "
        "is far below it.",
        _REGRESSION,
    ),
    "regression-loss": Explanation(
        "Test loss",
        "The loss that the training minimises, averaged over the test rows, for the standardised "
        "target. 0 is best; always predicting the mean has a squared error of about 1.",
        "docs/mathematics.md, The loss",
    ),
    "validation-loss": Explanation(
        "Validation loss",
        "The loss of rows that train no weight; early stopping and train.keep: best choose the "
        "epoch by it, which makes it a little too good. Close to the test's is good; a gap means "
        "that the sets differ or are small.",
        f"{BOOK}, section 5.3",
    ),
    "training-loss": Explanation(
        "Training loss",
        "The loss of the training rows, measured while they train the network. Far lower than the "
        "test's means overfitting.",
        f"{BOOK}, section 5.2",
    ),
    "target": Explanation(
        "Target",
        "The column that the network predicts, in each part of the data. All parts should look "
        "alike; if not, the split is unlucky or sorted.",
        _TABLES,
    ),
    "columns": Explanation(
        "Columns",
        "The columns that the network reads, their values and how many are missing. A column that "
        "would not be known at the time of the prediction should be dropped.",
        _TABLES,
    ),
    "table-confusion": Explanation(
        "Confusion matrix",
        "How often each actual class (row) got each prediction (column); a click on a count off "
        "the diagonal opens its rows. All counts on the diagonal is best.",
        SCORES,
    ),
    "predictions": Explanation(
        "Predicted numbers",
        "What the network predicts for the test rows, beside the truth. A narrow band around the "
        "line is good.",
        _REGRESSION,
    ),
    "scatter": Explanation(
        "Predicted against actual",
        "A point for each test row; on the line the prediction is right. A bend or a fan shows "
        "where the network errs: often at the highest and lowest numbers.",
        f"{_DRAPER}, chapter 2",
    ),
    "residuals": Explanation(
        "Residuals",
        "The error of each test row against its prediction. A cloud without a shape around 0 is "
        "good; a pattern is something that the network has not learnt.",
        f"{_DRAPER}, chapter 2",
    ),
    "largest-errors": Explanation(
        "Largest errors",
        "The test rows that are predicted worst. Look for wrong values and for what they have in "
        "common.",
        _TABLES,
    ),
    "input-weights": Explanation(
        "Weights of the inputs",
        "How strongly the first layer reads each input. It is a hint, not a proof: a later layer "
        "may ignore it, and correlated inputs share their weight.",
        "docs/tables.md, The defaults for tables",
    ),
    "column-influence": Explanation(
        "Which columns matter",
        "How much this network needs each column, and how its predictions follow it. This is about "
        "the network: it proves no cause and effect in the world.",
        "Molnar, Interpretable Machine Learning (2022), chapter 8",
    ),
    "importance": Explanation(
        "Importance by permutation",
        "How much worse the predictions get if the column's values are shuffled among the rows. "
        "About 0, or below it by chance, means that the network does not need the column; "
        "correlated columns share their importance.",
        "Breiman, Random Forests (2001), section 10; Fisher, Rudin, Dominici, All Models are "
        "Wrong, but Many are Useful (2019)",
    ),
    "contributions": Explanation(
        "What each column contributed",
        "How strongly each column of this row pushed its prediction, and which way; a number at "
        "its mean pushes nothing. Large contributions to a wrong prediction name the values to "
        "check.",
        f"{ATTRIBUTION}, section 2",
    ),
    "dependence": Explanation(
        "Partial dependence",
        "What the network predicts on average if all rows had this value in the column and kept "
        "their others; a flat line means no effect on average. If columns are correlated, some of "
        "these rows can't exist.",
        "Friedman, Greedy Function Approximation: A Gradient Boosting Machine (2001), section 8.2",
    ),
    "mistaken-rows": Explanation(
        "Mistakes",
        "Wrong predictions with the values of their rows, the most confident first. Look for wrong "
        "labels and for what they have in common.",
        _TABLES,
    ),
}
