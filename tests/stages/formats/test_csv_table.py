"""Tables of images are read row by row, or refused in one line with the line of the fault."""

import tracemalloc

import numpy as np
import pytest

import stages.formats.csv_table
from nncore.data.delimited import MAX_FILE_LINE_LENGTH
from nncore.errors import DataError
from stages.formats.csv_table import read_csv

HEADER = "label,pixel0,pixel1,pixel2,pixel3\n"
ROWS = "7,0,1,2,3\n1,255,4,5,6\n"
EXPECTED = (["7", "1"], [[[0, 1], [2, 3]], [[255, 4], [5, 6]]])


def written(folder, text):
    path = folder / "digits.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path, size=None):
    table = read_csv(path, size)
    labels = [label for chunk in table.labels() for label in chunk.tolist()]
    images = np.concatenate(list(table.images()))
    assert images.dtype == np.uint8
    return labels, images.tolist()


def refused(path, size=None):
    with pytest.raises(DataError) as error:
        read(path, size)
    assert str(error.value).startswith(f"{path}: expected ")
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROWS,
        ROWS,
        (HEADER + ROWS).replace("\n", "\r\n"),
        (HEADER + ROWS).replace("\n", "\r"),
        HEADER + ROWS.rstrip("\n"),
        "\ufeff" + HEADER + ROWS,
        "\ufeff" + ROWS,
        HEADER + "\n" + ROWS + "\n\n",
        '"label","pixel0","pixel1","pixel2","pixel3"\n"7","0","1","2","3"\n1,255,"4",5,6\n',
        "label,0,1,2,3\n" + ROWS,
        "0,0.1,0.2,0.3,0.4\n" + ROWS,
        "Label , a, b, c, d\n 7, 0, 1 ,2,3\n1,255,4,5,6\n",
        "pixel0,pixel1,label,pixel2,pixel3\n0,1,7,2,3\n255,4,1,5,6\n",
        "class,a,b,c,d\n" + ROWS,
    ],
    ids=[
        *("plain", "no header", "CRLF", "CR", "no last line end", "BOM", "BOM without header"),
        *("blank lines", "quotes", "numbered columns", "header of floats", "spaces"),
        *("label in the middle", "another first name"),
    ],
)
def test_a_table_is_read(tmp_path, text):
    assert read(written(tmp_path, text)) == EXPECTED


def test_a_first_row_with_a_fault_is_no_header(tmp_path):
    assert refused(written(tmp_path, "7,0,1,2,256\n1,255,4,5,6\n")) == (
        "expected integers from 0 to 255, got '256' in line 1, pixel 3"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEADER + ROWS, None),
        (ROWS, "the labels are in the first column, and there is no header"),
        ("Class,a,b,c,d\n" + ROWS, "the labels are in the first column, which is called 'class'"),
    ],
    ids=["label", "no header", "class"],
)
def test_what_the_first_row_leaves_open_is_printed(tmp_path, capsys, text, line):
    path = written(tmp_path, text)
    read_csv(path)
    assert capsys.readouterr().out == (f"{path}: {line}\n" if line else "")


def test_labels_are_text_as_it_stands(tmp_path):
    pixels = ",1,2,3,4\n"
    text = "label,a,b,c,d\n" + "".join(
        f"{label}{pixels}" for label in ("T-shirt/top", '"a, b"', "お", "007")
    )
    assert read(written(tmp_path, text))[0] == ["T-shirt/top", "a, b", "お", "007"]


ANYTHING_ELSE = "for columns of anything else set fetch.dataset to table, or give adopt --target"


def test_images_that_are_not_square_need_a_size(tmp_path):
    path = written(tmp_path, "label,a,b,c,d,e,f\n7,0,1,2,3,4,5\n")
    assert read(path, (2, 3)) == (["7"], [[[0, 1, 2], [3, 4, 5]]])
    assert refused(path) == (
        "expected a column label and the pixels of a square image; set preprocess.size to "
        f"[rows, columns] for other images, got 7 columns; {ANYTHING_ELSE}"
    )
    assert refused(path, (2, 2)) == (
        "expected a column label and the pixels of an image of 2 x 2, got 7 columns; "
        f"{ANYTHING_ELSE}"
    )


@pytest.mark.parametrize("header", ["pixel0,pixel1,pixel2,pixel3\n", ""])
def test_a_competitions_test_set_has_no_labels(tmp_path, header):
    assert refused(written(tmp_path, header + "1,2,3,4\n")).endswith(
        "got 4 columns, the pixels without a label; train with a file that has labels, and "
        "classify this one with nncore predict"
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "an empty file"),
        ("\n\n", "an empty file"),
        ("label;a;b;c;d\n7;0;1;2;3\n", "one column; are there commas between the cells?"),
        ("label,a,b\n7,0,1\n", f"3 columns; {ANYTHING_ELSE}"),
    ],
    ids=["empty", "blank", "semicolons", "two pixels"],
)
def test_a_table_of_no_images_is_refused(tmp_path, text, fault):
    assert refused(written(tmp_path, text)).endswith(f"for other images, got {fault}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("7,0,1,2\n", "expected 5 columns as in the first row, got 4 in line 3"),
        ("7,0,1,2,3,4\n", "expected 5 columns as in the first row, got 6 in line 3"),
        ("\n7\n", "expected 5 columns as in the first row, got 1 in line 4"),
        ("7,0,1,2.5,3\n", "expected integers from 0 to 255, got '2.5' in line 3, pixel 2"),
        ("7,-1,1,2,3\n", "expected integers from 0 to 255, got '-1' in line 3, pixel 0"),
        ("7,0,1,2,256\n", "expected integers from 0 to 255, got '256' in line 3, pixel 3"),
        ("7,0,,2,3\n", "expected integers from 0 to 255, got '' in line 3, pixel 1"),
        ("7,0,1_0,2,3\n", "expected integers from 0 to 255, got '1_0' in line 3, pixel 1"),
        ("7,0,\u0661,2,3\n", "expected integers from 0 to 255, got '\u0661' in line 3, pixel 1"),
        ("7,0,nan,2,3\n", "expected integers from 0 to 255, got 'nan' in line 3, pixel 1"),
        ("7\0,0,1,2,3\n", "expected text, got a byte 0 in line 3"),
        ('7,"0,1,2,3\n', "expected quotes in pairs in each line, got one in line 3"),
        ('7,"0"1,2,3,4\n', "expected cells with commas between them, got “',' expected after"),
        (201 * "x" + ",0,1,2,3\n", "expected labels of at most 200 characters, got 201 in line 3"),
        (b"7,0,\xff,2,3\n", "expected text in UTF-8, got another encoding in line 3"),
    ],
    ids=lambda value: None if isinstance(value, bytes) or value.startswith("exp") else repr(value),
)  # fmt: skip
def test_a_faulty_row_is_refused_with_its_line(tmp_path, text, fault):
    content = (HEADER + "7,0,1,2,3\n").encode()
    content += text if isinstance(text, bytes) else text.encode()
    assert refused(written(tmp_path, content)).startswith(fault)


def test_another_encoding_is_refused(tmp_path):
    assert refused(written(tmp_path, (HEADER + ROWS).encode("utf-16"))) == (
        "expected text in UTF-8, got another encoding in line 1; save it as CSV in UTF-8"
    )


@pytest.mark.parametrize("cell", ["1,", '"",', '"\n",'], ids=["cells", "quotes", "quoted lines"])
def test_a_line_of_64_mb_is_refused_in_little_memory(tmp_path, cell):
    path = written(tmp_path, HEADER + "7,")
    with path.open("a") as file:
        for _ in range(64):
            file.write(cell * ((1 << 20) // len(cell)))
    tracemalloc.start()
    fault = refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    most = f"{MAX_FILE_LINE_LENGTH:,} characters"
    expected = f"expected lines of at most {most}, got a longer one, line 2"
    if "\n" in cell:
        expected = "expected quotes in pairs in each line, got one in line 2; write spaces for "
        expected += "line breaks in cells"
    assert fault == expected
    assert peak < 4 * MAX_FILE_LINE_LENGTH


def test_rows_are_read_in_chunks(tmp_path, monkeypatch):
    """So the memory does not grow with the table."""
    monkeypatch.setattr(stages.formats.csv_table, "PIXELS_PER_CHUNK", 8)
    monkeypatch.setattr(stages.formats.csv_table, "LABELS_PER_CHUNK", 8)
    table = read_csv(written(tmp_path, HEADER + "7,0,1,2,3\n" * 19))
    assert [len(chunk) for chunk in table.images()] == [2] * 9 + [1]
    assert [len(chunk) for chunk in table.labels()] == [8, 8, 3]


def test_memory_does_not_grow_with_the_table(tmp_path):
    path = written(tmp_path, "label," + ",".join(map(str, range(1024))) + "\n")
    with path.open("a") as file:
        file.writelines(f"{label % 10},{'1,' * 1023}255\n" for label in range(4096))
    table = read_csv(path)
    tracemalloc.start()
    images = sum(len(chunk) for chunk in table.images())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert images == 4096
    assert peak < 3 << 20  # of 4 MiB


def test_a_long_label_costs_no_memory_for_all_others(tmp_path):
    rows = f"{'x' * 200},1,2,3,4\n" + "7,0,1,2,3\n" * 20_000
    chunks = list(read_csv(written(tmp_path, HEADER + rows)).labels())
    assert max(chunk.nbytes for chunk in chunks) < 4e6
    assert sum(len(chunk) for chunk in chunks) == 20_001


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_csv(tmp_path / "nowhere.csv")
