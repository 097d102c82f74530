"""The page of trainings in a browser, with its pointer and keys, as journals grow."""

import json

import numpy as np
import pytest
from contrast import contrast
from journal_lines import append, end, epoch, start

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>&amp;\"'"
WIDTHS = (390, 1280)
# A dash, for what does not exist.
NONE = "\u2013"


def write(watch, identity="a", epochs=8, *, ended=True, **changes):
    events = [start(**changes), *(epoch(number) for number in range(epochs))]
    append(watch.folder / f"{identity}.jsonl", *events, *([end()] if ended else []))


def show(browser, watch, **options):
    """Open the page and wait until it shows the curves of a training."""
    browser.open(watch.url, **options)
    browser.page.wait_for_selector("#panels polyline")
    return browser.page


def texts(page, selector):
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def reading(page):
    return page.locator("#reading").inner_text()


def wait_for_reading(page, text):
    page.wait_for_function(
        "t => document.getElementById('reading').textContent.startsWith(t)", arg=text
    )


def widest(browser):
    return browser.run(
        "Math.max(...Array.from(document.querySelectorAll('body *'), (e) => "
        "e.closest('.wide, .visually-hidden') ? 0 : e.getBoundingClientRect().right)) - innerWidth"
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_a_training_is_a_line_with_its_numbers(browser, watch, width):
    write(watch)
    page = show(browser, watch, width=width)
    (line,) = texts(page, "#runs li")
    for part in ("train, ", "finished", "epoch 7 of 20", "loss 0.375", "28.00 %"):
        assert part in line
    metrics = dict(zip(texts(page, "dt"), texts(page, "dd"), strict=True))
    assert metrics["Epoch"] == "7 of 20"
    assert (metrics["State"], metrics["Loss"], metrics["Time left"]) == ("finished", "0.375", NONE)


def test_curves_grow_with_the_journal_without_a_reload(browser, watch):
    write(watch, epochs=3, ended=False)
    page = show(browser, watch)
    wait_for_reading(page, "2: ")
    points = "document.querySelector('#panels polyline').getAttribute('points').split(' ').length"
    assert browser.run(points) == 3
    append(watch.folder / "a.jsonl", epoch(3), epoch(4))
    wait_for_reading(
        page,
        "4: training loss 0.4, validation loss 0.6, training accuracy 20.00\N{NO-BREAK SPACE}%",
    )
    assert browser.run(points) == 5
    assert browser.messages == []


def test_a_training_that_begins_later_appears(browser, watch):
    browser.open(watch.url)
    browser.page.wait_for_selector("#nothing:not([hidden])")
    write(watch)
    browser.page.wait_for_selector("#panels polyline")
    assert browser.page.locator("#nothing").is_hidden()


def test_a_training_that_resumes_drops_the_epochs_that_it_repeats(browser, watch):
    write(watch, epochs=6, ended=False)
    page = show(browser, watch)
    wait_for_reading(page, "5: ")
    append(watch.folder / "a.jsonl", start(first_epoch=3), epoch(3), epoch(4, train_loss=9.0))
    wait_for_reading(page, "4: training loss 9,")


@pytest.mark.parametrize("width", WIDTHS)
def test_keys_move_through_the_epochs(browser, watch, width):
    write(watch)
    page = show(browser, watch, width=width)
    wait_for_reading(page, "7: ")
    page.locator("#epoch").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert reading(page).startswith("5: training loss 0.3333, ")
    assert page.locator("#follow").get_attribute("aria-pressed") == "false"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert reading(page).startswith("7: ")
    assert page.locator("#follow").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pointer_chooses_an_epoch_in_a_curve(browser, watch, width):
    write(watch, epochs=20)
    page = show(browser, watch, width=width)
    wait_for_reading(page, "19: ")
    page.locator("#panels svg.panel").first.scroll_into_view_if_needed()
    box = page.locator("#panels svg.panel").first.bounding_box()
    # The curve goes from 46 to 350 of 360, and its epochs from 0 to 20.
    x = box["x"] + box["width"] * (46 + 304 * 5 / 20) / 360
    page.mouse.click(x, box["y"] + box["height"] / 2)
    assert reading(page).startswith("5: ")


def test_an_epoch_that_was_chosen_stays_while_the_training_goes_on(browser, watch):
    write(watch, ended=False)
    page = show(browser, watch)
    page.locator("#epoch").focus()
    page.keyboard.press("Home")
    append(watch.folder / "a.jsonl", epoch(8))
    page.wait_for_function("() => document.getElementById('epoch').max === '8'")
    assert reading(page).startswith("0: ")


def painted(browser, selector):
    return np.array(
        browser.run(
            f"(() => {{ const c = document.querySelector('{selector}'); return Array.from("
            "c.getContext('2d').getImageData(0, 0, c.width, c.height).data) })()"
        )
    ).reshape(-1, 4)


def test_weights_confusion_and_mistakes_are_those_of_the_epoch(browser, watch):
    write(watch)
    page = show(browser, watch)
    page.locator("#epoch").focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    # A level of 3 - 60 of 127 lies between --zero and --low of page.css.
    zero, low = np.array([247, 247, 247]), np.array([33, 102, 172])
    expected = zero + 57 / 127 * (low - zero)
    assert np.abs(painted(browser, "#units canvas")[:, :3] - expected).max() <= 1
    assert page.locator("#units canvas").count() == 3
    assert texts(page, "#confusion tbody tr") == ["cat 10 3", "dog 8"]
    assert texts(page, "#mistakes li") == ["cat → dog 75.0 %, image 7"]
    assert set(painted(browser, "#mistakes canvas")[:, 0]) == {30}


def test_of_an_epoch_without_pictures_the_last_before_it_are_shown(browser, watch):
    bare = dict.fromkeys(("units", "confusion", "mistakes", "mistake_pictures"))
    append(watch.folder / "a.jsonl", start(), epoch(0), epoch(1), epoch(2, **bare), end())
    page = show(browser, watch)
    note = "This is epoch 1: not every epoch has pictures."
    assert [note in text for text in texts(page, ".views .faint, #mistakes-note")] == [True] * 3


@pytest.mark.parametrize("width", WIDTHS)
def test_two_trainings_are_compared_in_the_same_curves(browser, watch, width):
    write(watch, "a", parameters={"train.lr": 0.1})
    write(watch, "b", epochs=4, parameters={"train.lr": 0.2})
    page = show(browser, watch, width=width)
    page.locator("#runs li").nth(1).locator(".compare").click()
    page.wait_for_selector("polyline.run1")
    assert page.locator("figure").first.locator("polyline").count() == 4
    assert texts(page, ".settings") == ["train.lr 0.2", "train.lr 0.1"]
    page.locator("#runs li").nth(1).locator(".compare").click()
    page.wait_for_selector("polyline.run1", state="detached")


def test_a_click_shows_another_training(browser, watch):
    write(watch, "a", epochs=3)
    write(watch, "b", epochs=6)
    page = show(browser, watch)
    wait_for_reading(page, "5: ")
    page.locator("#runs li").nth(1).locator(".select").click()
    wait_for_reading(page, "2: ")
    pressed = [e.get_attribute("aria-pressed") for e in page.locator(".select").all()]
    assert pressed == ["false", "true"]


def test_every_control_is_reached_by_the_tab_key_and_shows_its_focus(browser, watch):
    write(watch, "a")
    write(watch, "b")
    page = show(browser, watch)
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        outline = browser.run("getComputedStyle(document.activeElement).outlineStyle")
        name = browser.run("document.activeElement.id || document.activeElement.className")
        reached.append((name, outline))
    names = ["select", "select", "compare", "epoch", "follow", "confusion", "parameters"]
    result = [name for name, outline in reached if outline != "none"]
    assert [name for name in result if name in names][:6] == names[:6]


def test_no_text_of_a_journal_is_markup(browser, watch):
    names = [HOSTILE, "b"]
    parameters = {HOSTILE: HOSTILE}
    changes = {"name": HOSTILE, "class_names": names, "parameters": parameters}
    append(watch.folder / "a.jsonl", start(**changes), epoch(0), epoch(1))
    append(watch.folder / "a.jsonl", end("failed", message=HOSTILE))
    page = show(browser, watch)
    assert page.locator("#detail-title").inner_text().startswith(HOSTILE)
    assert page.locator("#message").inner_text() == HOSTILE
    assert browser.run("document.querySelectorAll('img, script:not([src])').length") == 0
    assert HOSTILE in page.locator("#confusion").inner_text()
    assert browser.messages == []


def test_a_regression_and_inputs_that_are_no_images_show_what_exists(browser, watch):
    images = ("units", "unit_limit", "confusion", "mistakes", "mistake_pictures")
    others = ("train_accuracy", "validation_accuracy", "dead", "saturated", "gradients")
    bare = dict.fromkeys((*images, *others))
    changes = {"picture": None, "class_names": None}
    append(watch.folder / "a.jsonl", start(**changes), epoch(0, **bare), epoch(1, **bare), end())
    page = show(browser, watch)
    visible = page.locator("#panels .title").all_text_contents()
    assert visible == ["loss", "learning rate", "update of an epoch / weights"]
    for section in ("units", "confusion", "mistakes"):
        assert page.locator(f"#{section}-section").is_hidden()
    assert "Accuracy" not in texts(page, "dt")
    assert browser.messages == []


def test_a_table_has_rows_in_place_of_images(browser, watch):
    bare = dict.fromkeys(("units", "unit_limit", "mistake_pictures"))
    append(watch.folder / "a.jsonl", start(picture=None), epoch(0, **bare), epoch(1, **bare), end())
    page = show(browser, watch)
    assert texts(page, "#mistakes li") == ["cat → dog 75.0 %, row 7"]
    assert "image" not in page.locator("main").inner_text()


def test_the_curves_of_another_training_are_hidden_until_its_first_epoch(browser, watch):
    write(watch, "a", epochs=3)
    append(watch.folder / "b.jsonl", start())
    page = browser.page
    browser.open(watch.url)
    page.locator("#runs li").nth(1).locator(".select").click()
    wait_for_reading(page, "2: ")
    assert page.locator("#panels").is_visible()
    page.locator("#runs li").nth(0).locator(".select").click()
    page.locator("#panels").wait_for(state="hidden")
    append(watch.folder / "b.jsonl", epoch(0), epoch(1))
    wait_for_reading(page, "1: ")
    assert page.locator("#panels").is_visible()


def test_a_training_of_another_day_has_its_date(browser, watch):
    write(watch, "a", time=1_000_000_000)
    page = show(browser, watch)
    assert "2001" in page.locator("#detail-title").inner_text()


def test_without_validation_the_losses_are_those_of_the_training(browser, watch):
    bare = {"validation_loss": None, "validation_accuracy": None}
    append(watch.folder / "a.jsonl", start(), epoch(0, **bare), epoch(1, **bare), end())
    page = show(browser, watch)
    assert "loss 1" in texts(page, "#runs li")[0]
    assert page.locator("figure").first.locator("polyline").count() == 1


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(browser, watch, width, dark):
    names = ["x" * 60, "an ordinary name of several words that goes on"]
    parameters = {"train.optimizer.momentum": 0.123456789, "model.activation": "y" * 60}
    for name in "abcde":
        changes = {"class_names": names, "parameters": parameters | {"seed": name}}
        write(watch, name, name=f"{name}-experiment-with-quite-a-long-name", **changes)
    show(browser, watch, width=width, dark=dark)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert widest(browser) <= 0


@pytest.mark.parametrize("width", [390, 800, 1160, 1280])
def test_no_text_of_a_line_reaches_into_the_next(browser, watch, width):
    numbers = {"validation_loss": 0.00012345, "validation_accuracy": 1.0}
    last = epoch(7, epoch=1000, **numbers)
    append(watch.folder / "a.jsonl", start(epochs=2000), epoch(0), last, end("interrupted"))
    page = show(browser, watch, width=width)
    assert "epoch 1000 of 2000" in texts(page, "#runs li")[0]
    # Both are whole numbers, one of them rounded up.
    overflows = browser.run(
        "Array.from(document.querySelectorAll('.run > span'), "
        "(e) => [e.className, e.scrollWidth - e.clientWidth]).filter(([, over]) => over > 1)"
    )
    assert overflows == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_while_a_training_goes_on(browser, watch, width):
    write(watch, ended=False, epochs=9)
    page = show(browser, watch, width=width)
    wait_for_reading(page, "8: ")
    tops = (
        "Array.from(document.querySelectorAll('h2, h3, figure, #epoch, #units, #confusion'),"
        "(e) => Math.round(e.getBoundingClientRect().top))"
    )
    before = browser.run(tops)
    append(watch.folder / "a.jsonl", *(epoch(number) for number in range(9, 14)))
    wait_for_reading(page, "13: ")
    assert browser.run(tops) == before


def channels(colour):
    """Return red, green and blue of an `rgb(…)`, in [0, 1]."""
    return [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]


@pytest.mark.parametrize("dark", [False, True])
def test_texts_and_curves_stand_out_from_their_ground(browser, watch, dark):
    """By WCAG, 4.5 for texts and 3 for graphics."""
    layers = [[1.0, 0.5, 0.25 / (k + 1)] for k in range(6)]
    write(watch, "a")
    append(watch.folder / "b.jsonl", start(), *(epoch(n, layers=layers) for n in range(4)), end())
    page = show(browser, watch, dark=dark)
    page.wait_for_selector("polyline.layer5", state="attached")
    ground, card, *colours = browser.run(
        "(() => { const s = (q, p) => Array.from(document.querySelectorAll(q), "
        "(e) => getComputedStyle(e)[p]); return [s('html', 'backgroundColor')[0], "
        "s('.run', 'backgroundColor')[0], ...s('polyline', 'stroke').map((c) => 'l' + c), "
        "...s('.run span, #connection, #reading, .faint, .panel text', 'color')] })()"
    )
    for colour in colours:
        for behind in (ground, card):
            ratio = contrast(channels(colour), channels(behind))
            assert ratio >= (3 if colour.startswith("l") else 4.5), colour


def test_a_change_of_the_colour_scheme_repaints_the_weights(browser, watch):
    write(watch)
    page = show(browser, watch, dark=True)
    before = painted(browser, "#units canvas")
    page.emulate_media(color_scheme="light")
    browser.wait_for_frame()
    assert not np.array_equal(before, painted(browser, "#units canvas"))


def test_the_page_asks_for_nothing_from_elsewhere(browser, watch):
    write(watch)
    show(browser, watch)
    assert all(address.startswith((watch.url, "data:")) for address in browser.requested)


def test_the_page_says_when_the_server_has_ended(browser, watch):
    write(watch)
    page = show(browser, watch)
    watch.process.terminate()
    page.wait_for_function(
        "() => document.getElementById('connection').textContent.startsWith('No')"
    )
    assert reading(page).startswith("7: ")


def test_a_screen_reader_finds_a_name_for_every_control_and_curve(browser, watch):
    write(watch)
    show(browser, watch)
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    result = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and "role" in node
    ]
    used = {"button", "image", "region", "slider"}
    assert [role for role, name in result if role in used and not name.strip()] == []
    assert used <= {role for role, _ in result}
    assert "Curve of loss" in json.dumps(result)
