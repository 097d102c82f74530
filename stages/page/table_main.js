// Starts the page of a table.

startExplanations();
startCurves();
if (document.getElementById("mistakes")) startMistakes();
