// Follows the server's events, and draws at most twice a second.

import { bestKnown, byId, element, formatDuration, formatNumber, formatPercent, isNumber, setText } from "./elements.js";
import { createEpochView } from "./epoch.js";
import { createPanels } from "./panels.js";
import { createRunList, runTitle } from "./runs.js";

const PAUSE_MS = 500;
const MAX_EPOCH = 1e6;

const state = { runs: [], selected: null, compared: null, epoch: 0, follows: true, journals: new Map() };
let source = null;
let isScheduled = false;

function emptyJournal(id) {
  return { id, label: id, start: null, epochs: [] };
}

// A training that resumes writes its journal on, from an epoch that it may have had before.
function addEvent(journal, event) {
  if (event.event === "start") {
    journal.start = event;
    journal.epochs = journal.epochs.filter(({ epoch }) => epoch <= event.first_epoch);
  } else if (event.event === "epoch" && Number.isInteger(event.epoch) && event.epoch >= 0 && event.epoch < MAX_EPOCH) {
    const known = journal.epochs.findLast(({ epoch }) => epoch === event.epoch);
    if (known) Object.assign(known, event);
    else journal.epochs.push(event);
    if (journal.epochs.length > 1 && journal.epochs.at(-2).epoch > event.epoch) journal.epochs.sort((a, b) => a.epoch - b.epoch);
  }
}

function connect() {
  source?.close();
  const ids = [state.selected, state.compared].filter((id) => id !== null);
  source = new EventSource(`/events?${new URLSearchParams(ids.map((id) => ["run", id]))}`);
  source.addEventListener("open", () => setText(byId("connection"), "Live: the page follows each epoch."));
  source.addEventListener("error", () => setText(byId("connection"), "No connection. Is `make watch` running? The page tries again."));
  source.addEventListener("runs", (message) => {
    state.runs = JSON.parse(message.data);
    if (state.selected === null && state.runs.length > 0) {
      select((state.runs.find((run) => run.state === "running") ?? state.runs[0]).id);
    }
    schedule();
  });
  source.addEventListener("events", (message) => {
    const { run, new: isNew, events } = JSON.parse(message.data);
    if (isNew || !state.journals.has(run)) state.journals.set(run, emptyJournal(run));
    for (const event of events) addEvent(state.journals.get(run), event);
    schedule();
  });
}

function select(id) {
  if (id === state.selected) return;
  state.selected = id;
  if (state.compared === id) state.compared = null;
  state.follows = true;
  state.journals.clear();
  connect();
  draw();
}

function compare(id) {
  state.compared = state.compared === id ? null : id;
  connect();
  draw();
}

function showEpoch(epoch) {
  const last = state.journals.get(state.selected)?.epochs.at(-1)?.epoch ?? 0;
  state.epoch = Math.min(Math.max(epoch, 0), last);
  state.follows = state.epoch === last;
  draw();
}

function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    // A hidden page draws nothing, until it is shown.
    if (!document.hidden) draw();
  }, PAUSE_MS);
}

const drawRuns = createRunList(byId("runs"), select, compare);
const drawPanels = createPanels(byId("panels"), showEpoch);
const drawEpoch = createEpochView();

function drawMetrics(run, journal) {
  const last = journal.epochs.at(-1);
  const values = [
    ["State", run.state],
    ["Epoch", `${run.epoch} of ${run.epochs}`],
    ["Loss", formatNumber(bestKnown(run, "loss"))],
    ...(isNumber(bestKnown(run, "accuracy")) ? [["Accuracy", formatPercent(bestKnown(run, "accuracy"))]] : []),
    ["Learning rate", formatNumber(last?.lr)],
    ["Time left", formatDuration(run.left)],
  ];
  const list = byId("metrics");
  if (list.children.length !== values.length) {
    list.replaceChildren(...values.map(() => element("div", {}, element("dt"), element("dd"))));
  }
  values.forEach(([name, value], index) => {
    setText(list.children[index].firstChild, name);
    setText(list.children[index].lastChild, value);
  });
}

function drawParameters(journal) {
  const target = byId("parameters");
  if (target.dataset.run === `${journal.id} ${journal.start?.time}`) return;
  target.dataset.run = `${journal.id} ${journal.start?.time}`;
  const rows = Object.entries(journal.start?.parameters ?? {}).map(([key, value]) =>
    element("tr", {}, element("th", { scope: "row" }, key), element("td", {}, typeof value === "string" ? value : JSON.stringify(value))));
  target.replaceChildren(element("table", {}, element("tbody", {}, ...rows)));
}

function draw(force = false) {
  drawRuns(state.runs, state.selected, state.compared);
  byId("nothing").hidden = state.runs.length > 0;
  const run = state.runs.find(({ id }) => id === state.selected);
  const journal = state.journals.get(state.selected);
  byId("detail").hidden = !run;
  if (!run) return;
  setText(byId("detail-title"), runTitle(run));
  byId("message").hidden = !run.message;
  setText(byId("message"), run.message);
  // Until its first epoch has arrived, the curves are those of the training before.
  const hasEpochs = journal?.epochs.length > 0;
  byId("curves").classList.toggle("pending", !hasEpochs);
  if (!hasEpochs) return;
  const journals = [journal];
  const compared = state.journals.get(state.compared);
  if (compared?.epochs.length > 0) journals.push(compared);
  for (const entry of journals) entry.label = runTitle(state.runs.find(({ id }) => id === entry.id) ?? { name: entry.id, started: 0 });
  const last = journal.epochs.at(-1).epoch;
  if (state.follows) state.epoch = last;
  const slider = byId("epoch");
  slider.max = last;
  slider.value = state.epoch;
  byId("follow").setAttribute("aria-pressed", state.follows);
  drawMetrics(run, journal);
  const furthest = Math.max(...journals.flatMap(({ start, epochs }) => [start?.epochs ?? 0, epochs.at(-1).epoch]));
  drawPanels(journals, furthest, state.epoch);
  drawEpoch(journal, state.epoch, force);
  drawParameters(journal);
}

byId("epoch").addEventListener("input", (event) => showEpoch(Number(event.target.value)));
byId("follow").addEventListener("click", () => showEpoch(Infinity));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(true));
document.addEventListener("visibilitychange", () => draw());
connect();
