// Starts the page of a table.

startCurves();
if (document.getElementById("mistakes")) startMistakes();
