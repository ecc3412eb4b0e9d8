/** All English words, by the rooms of the page; a build takes nothing of the other language along. */

import { english as access } from "./access.js";
import { english as base } from "./base.js";
import { english as time } from "./time.js";
import { english as measures } from "./measures.js";
import { english as overview } from "./overview.js";
import { english as now } from "./now.js";
import { english as search } from "./search.js";
import { english as share } from "./share.js";
import { english as wall } from "./wall.js";
import { english as alerts } from "./alerts.js";
import { english as problems } from "./problems.js";
import { english as regions } from "./regions.js";
import { english as analyst } from "./analyst.js";

export const dictionary = { ...base, access, search, time, measures, overview, now, share, wall, alerts, problems, regions, analyst };
