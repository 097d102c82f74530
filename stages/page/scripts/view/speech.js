// What a screen reader speaks after an action: one text, whatever else of the page changes with it.

export function speak(text) {
  document.getElementById("speech").textContent = text;
}
