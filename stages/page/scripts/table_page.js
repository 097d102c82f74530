// Starts the page of a table.

import { startComparison } from "./comparison/comparison.js";
import { startCurves } from "./curves.js";
import { startDropping } from "./files/files.js";
import { startMistakes } from "./mistakes.js";
import { startPoints } from "./points.js";
import { startThreshold } from "./threshold.js";
import { startExplanations } from "./view/explain.js";

startExplanations();
startCurves();
startPoints();
const coverage = document.getElementById("coverage");
if (coverage) startThreshold(JSON.parse(coverage.textContent));
if (document.getElementById("mistakes")) startMistakes();
const comparison = startComparison();
startDropping(comparison.drop, comparison.refuse("a page of a table takes no pictures"));
