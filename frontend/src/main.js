/** The page that people work with. */

import { addressedView, keepAddress } from "./page/history.js";
import { startPage } from "./page/start.js";
import { assembleWorkplace } from "./workplace.js";

startPage(addressedView(), (store) => {
  keepAddress(store);
  return assembleWorkplace(store);
});
