// The smallest weights become 0.

const WITHOUT_SIGN = 0x7fffffff;
const LOWER_HALF = 0xffff;

// Returns the index of the count that has the value of a rank, from 1, and the sum of the counts before.
function findRank(counts, rank) {
  let [index, before] = [0, 0];
  while (before + counts[index] < rank) {
    before += counts[index];
    index += 1;
  }
  return [index, before];
}

// Sets that percentage of all weights, arrays of float32, to 0: those with the smallest absolute values and,
// of equal ones, the first.
//
// Absolute values have the order of their bits without the sign. Counting their upper and then their lower
// halves finds the largest one that becomes 0 without sorting millions of weights.
export function pruneSmallest(weights, percent) {
  const all = weights.map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  const rank = Math.round((percent * all.reduce((sum, { length }) => sum + length, 0)) / 100);
  if (!rank) return;
  const counts = new Uint32Array(LOWER_HALF + 1);
  for (const bits of all) {
    for (let i = 0; i < bits.length; i += 1) counts[(bits[i] & WITHOUT_SIGN) >>> 16] += 1;
  }
  const [upper, below] = findRank(counts, rank);
  counts.fill(0);
  for (const bits of all) {
    for (let i = 0; i < bits.length; i += 1) {
      if ((bits[i] & WITHOUT_SIGN) >>> 16 === upper) counts[bits[i] & LOWER_HALF] += 1;
    }
  }
  const [lower, before] = findRank(counts, rank - below);
  const limit = upper * (LOWER_HALF + 1) + lower;
  let atLimit = rank - below - before;
  for (const bits of all) {
    for (let i = 0; i < bits.length; i += 1) {
      const size = bits[i] & WITHOUT_SIGN;
      if (size < limit) bits[i] = 0;
      if (size !== limit || !atLimit) continue;
      atLimit -= 1;
      bits[i] = 0;
    }
  }
}
