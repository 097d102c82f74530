// Files that are dropped on the page or opened.

// A file is not what the page expects. Other errors are faults of the page.
export const Refusal = class extends Error {};

export function expect(isMet, expected, got = "another file") {
  if (!isMet) throw new Refusal(`expected ${expected}; got ${got}`);
}

// Returns a function that begins a turn, and returns whether a later turn has begun since.
export function createTurns() {
  let latest = 0;
  return () => {
    latest += 1;
    const turn = latest;
    return () => turn !== latest;
  };
}

// Calls `take` with each file that is opened.
export function startFileInput(input, take) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    // The same file may be opened again.
    input.value = "";
    if (file) take(file);
  });
}

async function isReport(file) {
  if (/\.html?$/i.test(file.name)) return true;
  // A folder has no text.
  const start = await file.slice(0, 1000).text().catch(() => "");
  return /^\s*<!doctype html/i.test(start);
}

// Takes the first of the files that are dropped anywhere on the page, so that none leaves it: a report,
// or else a picture.
export function startDropping(takeReport, takePicture) {
  const beginTurn = createTurns();
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (!file) return;
    const isStale = beginTurn();
    const take = await isReport(file) ? takeReport : takePicture;
    if (!isStale()) take(file);
  });
}
