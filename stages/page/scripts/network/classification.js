// The predictions of a network for many images, in slices.

import { createPause } from "./slices.js";

// Returns a promise of the class of each image, the number of correct ones, and the mean confidence; of
// null once `isStale()`. `onProgress` gets the number of images that are computed.
export async function classifyAll(network, { count, image, labels }, onProgress = () => {}, isStale = () => false) {
  const classes = new Int32Array(count);
  let [correct, confidence] = [0, 0];
  const pause = createPause(onProgress);
  for (let k = 0; k < count; k += 1) {
    const { best, probabilities } = network.predict(image(k));
    classes[k] = best;
    correct += best === labels[k];
    confidence += probabilities[best];
    await pause(k + 1);
    if (isStale()) return null;
  }
  return { classes, correct, confidence: confidence / count };
}
