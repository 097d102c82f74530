"""What a sweep shows while it runs."""

import io
from contextlib import redirect_stdout

from stages.sweeps.progress import trial_bar
from stages.sweeps.trial import TrialResult

FINISHED = TrialResult(status="finished", validation_loss=0.25, validation_accuracy=0.875)
DIVERGED = TrialResult(status="diverged", note="up")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_where_no_terminal_is_each_trial_is_a_line(capsys):
    with trial_bar(2) as show:
        show(FINISHED, False)
        show(DIVERGED, False)
    assert capsys.readouterr().out.splitlines() == [
        "trial 1 of 2: validation loss 0.25, 87.50%",
        "trial 2 of 2: diverged",
    ]


def test_trials_that_were_finished_before_are_a_single_line(capsys):
    with trial_bar(3) as show:
        show(FINISHED, True)
        show(FINISHED, True)
        show(FINISHED, False)
    assert capsys.readouterr().out.splitlines() == [
        "trial 3 of 3: validation loss 0.25, 87.50%",
        "2 of 3 trials were finished before",
    ]


def test_on_a_terminal_a_bar_counts_the_trials():
    with redirect_stdout(Terminal()) as terminal, trial_bar(2) as show:
        begin = terminal.getvalue()
        show(FINISHED, False)
    assert begin.strip().startswith("0/2 trials |")
    assert "validation" not in terminal.getvalue()


def test_a_bar_leaves_nothing_behind():
    with redirect_stdout(Terminal()) as terminal, trial_bar(1) as show:
        show(FINISHED, False)
    assert not terminal.getvalue().rstrip("\r").split("\r")[-1].strip()
