"""The model of a step's time: what it gives where the answer is known, and where it was fitted."""

import json
import math
import re

import pytest

from benchmarks.scaling.step_model import (
    MESSAGE,
    RECORDS_FILE,
    Model,
    check_table,
    exchanged_bytes,
    fit_model,
    measured_table,
    prediction_table,
    sent_bytes,
)
from stages.shared.fingerprint import ROOT

# 1 µs a row, nothing else but the wire: 8 bits a byte.
WIRE = Model(row=1e-6, layer=0.0, update=0.0, wire=1.0, byte=0.0, size=4)
RECORDS = [json.loads(line) for line in RECORDS_FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("ranks", "expected"), [(1, 0), (2, 4_000), (4, 6_000), (8, 7_000)])
def test_a_rank_sends_what_it_would_in_a_ring(ranks, expected):
    assert sent_bytes(1_000, ranks, 4) == expected
    assert sent_bytes(1_000, ranks, 8) == 2 * expected


def test_one_process_exchanges_nothing():
    assert WIRE.exchange(1_000, 1, 1e9) == 0


def test_a_step_is_the_rows_of_a_rank_and_the_bits_on_the_wire():
    """A million parameters: 4 MB each way at 8 Gbit/s are 4 ms; and 2 messages of 11 µs."""
    rows, wire, messages = 64.0, 4e-3, 22e-6
    assert WIRE.step(10**6, 128, 2, 8e9) == pytest.approx(rows + wire + messages)


@pytest.mark.parametrize("parameters", [10**7, 10**9])
@pytest.mark.parametrize("ranks", [2, 64])
@pytest.mark.parametrize("rate", [1e6, 1e7])
def test_from_the_least_batch_on_ranks_are_faster_than_one_process(parameters, ranks, rate):
    batch = WIRE.least_batch(rate)
    for share, faster in ((0.99, False), (1.01, True)):
        one, several = (WIRE.step(parameters, share * batch, n, rate) for n in (1, ranks))
        assert (several < one) is faster


def test_constants_are_found_where_a_model_has_made_the_times():
    model = Model(row=5e-11, layer=6e-10, update=3e-10, wire=1.2, byte=8e-10, size=8)

    def made(record):
        parameters, rows = record["parameters"], record["batch"] / record["ranks"]
        rate = float(record["where"].split()[0]) * 1e9 if record["out"] else 1e9
        seconds = {
            "share": parameters * (model.row * rows + model.layer),
            "update": parameters * model.update,
            "sum": model.exchange(parameters, record["ranks"], rate),
        }
        return record | {"least": {name: 1e3 * value for name, value in seconds.items()}}

    result = fit_model([made(record) for record in RECORDS])
    assert vars(result) == pytest.approx(vars(model))


def test_the_cable_has_carried_what_the_formula_says():
    carried = [r for r in RECORDS if r["out"]]
    assert len(carried) == 18
    for record in carried:
        assert record["out"] == pytest.approx(exchanged_bytes(record), rel=0.005)


def test_two_ranks_are_as_fast_as_two_threads_by_the_ratio_that_was_set():
    (record,) = (
        r
        for r in RECORDS
        if (r["where"], r["ranks"], r["batch"]) == ("one host", 2, 256) and r["parameters"] > 10**6
    )
    assert record["ratio"][1] >= 0.85


def test_the_document_has_the_tables_that_the_measurements_make():
    model, batches = fit_model(RECORDS), (1024, 8192, 65_536)
    text = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    tables = [measured_table(RECORDS), check_table(model, RECORDS)]
    tables += [prediction_table(model, rate, batches) for rate in (10e9, 100e9)]
    assert [table in text for table in tables] == [True] * 4
    least = [f"| {model.least_batch(rate * 1e9):,.0f} |" for rate in (1, 10, 100)]
    assert [batch in text for batch in least] == [True] * 3


def test_the_document_has_the_constants_of_the_model_and_how_far_it_is_off():
    model, text = fit_model(RECORDS), (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    text = " ".join(text.split())
    row, layer, update = 1e12 * model.row, 1e9 * model.layer, 1e9 * model.update
    # Forward, back and gradient: a multiplication and an addition each.
    speed = 6 / model.row / 1e9
    assert f"row {row:.0f} ps ({speed:.0f} Gflop/s)" in text
    assert f"layer {layer:.2f} ns, update {update:.2f} ns" in text
    assert f"Wire {model.wire:.2f} and byte {1e9 * model.byte:.2f} ns" in text
    assert f"TCP uses {100 / model.wire:.0f} % of the cable" in text
    off = [int(share) for share in re.findall(r"([+-]\d+)%", check_table(model, RECORDS))]
    assert f"between {-min(off)} % below and {max(off)} % above" in text
    useful = math.sqrt(model.row * 235_146 * 8192 / (2 * MESSAGE))
    assert f"this is beyond {useful:.0f}." in text


def test_the_document_says_how_much_faster_two_ranks_are_at_10_gbit():
    text = " ".join((ROOT / "docs/scaling.md").read_text(encoding="utf-8").split())
    slower, some, more = (
        r["median"]["one process"] / r["median"]["ranks"]
        for r in RECORDS
        if r["where"] == "10 Gbit/s" and r["network"] == "784-1024-1024-10"
    )
    assert slower < 1
    assert f"{some:.2f} times as fast at 256 and {more:.1f} times at 1,024" in text
