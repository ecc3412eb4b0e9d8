/** The page that people work with. */

import { addressedView, keepAddress } from "./page/history.js";
import { createPage, startPage } from "./page/start.js";
import { assembleWorkplace } from "./workplace.js";

startPage(createPage(addressedView()), (store) => {
  keepAddress(store);
  return assembleWorkplace(store);
});
