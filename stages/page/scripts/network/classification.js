// The predictions of a network for many images, in slices, so that the page answers meanwhile.

const SLICE_MILLISECONDS = 12;

const nextTask = () => new Promise((done) => { setTimeout(done); });

// Returns a promise of the class of each image, the number of correct ones, and the mean confidence; of
// null once `isStale()`. `onProgress` gets the number of images that are computed.
export async function classifyAll(network, { count, image, labels }, onProgress = () => {}, isStale = () => false) {
  const classes = new Int32Array(count);
  let [correct, confidence] = [0, 0];
  let end = performance.now() + SLICE_MILLISECONDS;
  for (let k = 0; k < count; k += 1) {
    const { best, probabilities } = network.predict(image(k));
    classes[k] = best;
    correct += best === labels[k];
    confidence += probabilities[best];
    if (performance.now() < end) continue;
    onProgress(k + 1);
    await nextTask();
    if (isStale()) return null;
    end = performance.now() + SLICE_MILLISECONDS;
  }
  return { classes, correct, confidence: confidence / count };
}
