// The images that are nearest to another one.

// Returns the numbers of the `count` nearest of n rows, (n · length) numbers, with their distances.
function nearestRows(rows, length, target, count) {
  const distances = Float64Array.from({ length: rows.length / length }, (_, n) => {
    let sum = 0;
    for (let i = 0; i < length; i += 1) {
      const difference = rows[n * length + i] - target[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  });
  const order = Uint32Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b] || a - b);
  return Array.from(order.subarray(0, count), (row) => ({ row, distance: distances[row] }));
}
