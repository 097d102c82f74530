// Round values of an axis, as stages/page/axes.py chooses them.

// Returns at most six round values from `low` to `high`.
export function roundTicks(low, high, isWhole = false) {
  const smallest = (high - low) / 5;
  const power = smallest > 0 ? 10 ** Math.floor(Math.log10(smallest)) : 1;
  const round = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= smallest * (1 - 1e-9));
  const step = isWhole ? Math.max(round, 1) : round;
  // 0.6 / 0.2 is a little less than 3.
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, k) => (first + k) * step);
}
