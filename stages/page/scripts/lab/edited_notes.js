// Notes that the network is edited.

import { element } from "../view/elements.js";

// Returns a function that shows, in the sections that use the network, whether it is edited.
export function startEditedNotes() {
  const sections = ["network", "inspection"].map((id) => document.getElementById(id)).filter(Boolean);
  const notes = sections.map(() => element(
    "p", { className: "note", hidden: true }, "The network is edited in the ", element("a", { href: "#lab" }, "lab"), ".",
  ));
  sections.forEach((section, k) => section.prepend(notes[k]));
  return (isEdited) => { for (const note of notes) note.hidden = !isEdited; };
}
