// The edits of a network in their order. Undo needs no computation for the latest ones, whose parameters
// before them are there still, and repeats the earlier edits beyond these.

import { applyEdit } from "./edits.js";

const MAX_SNAPSHOTS = 50;
const MAX_SNAPSHOT_BYTES = 2 ** 26;

// `pause` is awaited between the steps of a long edit.
export function createEditHistory(model, unedited, pause) {
  const maxSnapshots = Math.min(MAX_SNAPSHOTS, Math.floor(MAX_SNAPSHOT_BYTES / unedited.byteLength));
  let edits = [];
  let parameters = unedited;
  // The parameters before each of the latest edits.
  let snapshots = [];

  // Returns a promise of whether the parameters stay finite; if not, nothing changes.
  async function apply(edit) {
    const edited = await applyEdit(model, parameters, edit, pause);
    if (!edited.every(Number.isFinite)) return false;
    snapshots = [...snapshots, parameters].slice(-maxSnapshots);
    edits = [...edits, edit];
    parameters = edited;
    return true;
  }
  function reset() {
    [edits, parameters, snapshots] = [[], unedited, []];
  }
  async function undo() {
    const earlier = edits.slice(0, -1);
    if (snapshots.length) {
      parameters = snapshots.at(-1);
      snapshots = snapshots.slice(0, -1);
      edits = earlier;
      return;
    }
    reset();
    for (const edit of earlier) await apply(edit);
  }
  return { apply, undo, reset, edits: () => edits, parameters: () => parameters };
}
