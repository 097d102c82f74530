"""The prose of docs/tables.md; `page` fills in the figures."""

INTRODUCTION = """# Tables

How well the network that [adopt](own-data.md) suggests for a table predicts, beside what else a person might use:
{library}'s multi-layer perceptron, a linear model and gradient boosting. One command measures all of it and writes
this page, from the files [tables.json](../benchmarks/results/tables.json) and
[tables.csv](../benchmarks/results/tables.csv), which it writes first:

    make tables

It takes about half an hour on one core. The same program compares the contenders on a CSV file of yours and prints the tables:

    python -m benchmarks.tables --csv data/tables/wine.csv --target class
    python -m benchmarks.tables --csv data/tables/diabetes.csv --target progression --regression

The tables here are the small ones that scikit-learn brings; [data/tables](../data/tables/README.md) has two of them as CSV.

How it is measured:

- {folds} outer folds, with every class in proportion, for each of {seeds} seeds. All contenders have the same folds. Each row
  of a table is in one test fold of each seed.
- A contender with "sweep" in its name chooses among a few settings by {inner} inner folds of the training rows. It then trains on all
  of them. The test rows have no part in the choice.
- The means and deviations that scale the columns, and the target of a regression, are those of the training rows. Each fit computes
  them anew.
- The networks of nncore compute in [exact arithmetic](exact.md): their figures are the same on every computer. The
  figures of the others may depend on the computer in their last digits."""

LEGEND = """Mean ± standard deviation over the {seeds} seeds, each a mean over its {folds} folds. The best mean of a column is bold.
The log loss also rates the probabilities: it punishes a confident mistake."""

PAIRS = """The difference of a pair is taken on the same folds: above 0, nncore is better, in points of accuracy or in the unit of the
target. The folds of a seed share training rows, so they are not independent, and two standard errors are given:

- over seeds: s / √{seeds}, with the deviation s of the {seeds} differences of the seeds' means. It states what other seeds would
  change, on the same rows. It is the smaller one, and "not below" is by it: the difference is not below 0 by more than this error.
- corrected: s √(1/n + 1/({folds} - 1)), with the deviation s of all n = {seeds} · {folds} differences. It estimates what other rows
  would change: C. Nadeau and Y. Bengio, *Inference for the Generalization Error*, Machine Learning 52, 2003; with repeated folds as in
  R. Bouckaert and E. Frank, *Evaluating the Replicability of Significance Tests*, PAKDD 2004. A difference smaller than this one
  says little about other data."""

CHOICE = """How often, of {seeds} · {folds} outer folds. A candidate changes only what its name says; the first is the default."""

DEFAULTS = """"""
