// The report page's pictures, for the scripts of this page, which are no modules.

import { decodeBase64 } from "/page/image_samples.js";
import { paintImage, paintUnits } from "/page/pictures.js";

Object.assign(globalThis, { decodeBase64, paintImage, paintUnits });
