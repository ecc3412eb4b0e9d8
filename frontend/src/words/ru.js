/** All Russian words, by the rooms of the page; a build takes nothing of the other language along. */

import { russian as access } from "./access.js";
import { russian as base } from "./base.js";
import { russian as time } from "./time.js";
import { russian as measures } from "./measures.js";
import { russian as overview } from "./overview.js";
import { russian as now } from "./now.js";
import { russian as search } from "./search.js";
import { russian as share } from "./share.js";
import { russian as wall } from "./wall.js";
import { russian as alerts } from "./alerts.js";
import { russian as problems } from "./problems.js";
import { russian as regions } from "./regions.js";
import { russian as analyst } from "./analyst.js";

/** @type {import("./i18n.js").Dictionary} */
export const dictionary = { ...base, access, search, time, measures, overview, now, share, wall, alerts, problems, regions, analyst };
