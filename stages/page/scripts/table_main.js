// Starts the page of a table.

startExplanations();
startCurves();
const coverage = document.getElementById("coverage");
if (coverage) startThreshold(JSON.parse(coverage.textContent));
if (document.getElementById("mistakes")) startMistakes();
