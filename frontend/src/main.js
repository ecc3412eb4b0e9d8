/** The page that people work with. */

import { addressedView, keepAddress } from "./page/history.js";
import { start } from "./page/start.js";
import { begin } from "./workplace.js";

start(addressedView(), (store) => {
  keepAddress(store);
  return begin(store);
});
