// Long computations in slices, between which the page answers.

const SLICE_MILLISECONDS = 12;

const nextTask = () => new Promise((done) => { setTimeout(done); });

// Returns a function to await between the steps of a computation. Where the time of a slice is over, it
// calls `onPause` with its arguments and lets the page answer.
export function createPause(onPause = () => {}) {
  let end = performance.now() + SLICE_MILLISECONDS;
  return async (...progress) => {
    if (performance.now() < end) return;
    onPause(...progress);
    await nextTask();
    end = performance.now() + SLICE_MILLISECONDS;
  };
}
