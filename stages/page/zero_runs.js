// Images as stages/page/zero_runs.py packs them: a zero is followed by the length of its run.

function unpackZeroRuns(packed) {
  let length = 0;
  for (let i = 0; i < packed.length; i += 1) {
    if (packed[i]) length += 1;
    else length += packed[i += 1];
  }
  // All zeros at first.
  const values = new Uint8Array(length);
  let end = 0;
  for (let i = 0; i < packed.length; i += 1) {
    if (packed[i]) {
      values[end] = packed[i];
      end += 1;
    } else {
      end += packed[i += 1];
    }
  }
  return values;
}
