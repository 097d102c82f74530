// The images that are nearest to another one.

// Returns the numbers of the `count` nearest of n rows of pixel values, n · length in one array, with
// their Euclidean distances; a value of 255 is 1 from one of 0.
export function nearestRows(rows, target, count) {
  const { length } = target;
  const squares = Float64Array.from({ length: rows.length / length }, (_, n) => {
    let sum = 0;
    for (let i = 0, at = n * length; i < length; i += 1, at += 1) {
      const difference = rows[at] - target[i];
      sum += difference * difference;
    }
    return sum;
  });
  const order = Uint32Array.from(squares.keys()).sort((a, b) => squares[a] - squares[b] || a - b);
  return Array.from(order.subarray(0, count), (row) => ({ row, distance: Math.sqrt(squares[row]) / 255 }));
}
