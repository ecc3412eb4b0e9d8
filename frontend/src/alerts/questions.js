/** What is asked about alerts and changes: with what of the page's choice they can be narrowed by. */

/** @import { PageStore, State } from "../page/state.js" */
/** @import { AlertsAnswer } from "./alert_types.js" */
/** @import { AnswerState } from "../page/answers.js" */
import { follow } from "../page/answers.js";
import { comparison, countedQuery } from "../page/url.js";
import { rankedLevel } from "../view/regions.js";

/** An alert is of these; the other filters are of single messages. */
const OF_ALERTS = ["theme", "district"];
/** So many can stand on a map; the rarest come first. */
const MOST_ALERTS = 100;
/** Of both directions; the page shows the few that are surest. */
const MOST_CHANGES = 40;

/** Open alerts of the chosen sectors, themes and districts, whatever the window: they are of now. @param {Pick<State, "view">} state */
export function alertsAddress({ view: { sectors, filters } }) {
  const query = new URLSearchParams();
  if (sectors.length) query.set("sector", sectors.join(","));
  for (const name of OF_ALERTS) if (filters[name]) query.set(name, filters[name]);
  query.set("limit", String(MOST_ALERTS));
  return `/api/alerts?${query}`;
}

/** Whether alerts are narrowed by anything. @param {Pick<State, "view">} state */
export function isNarrowed({ view: { sectors, filters } }) {
  return sectors.length > 0 || OF_ALERTS.some((name) => filters[name]);
}

/** Null where there is no window before: of all data. @param {Pick<State, "view" | "regions">} state */
export function changesAddress({ view, regions }) {
  const compare = comparison(view);
  return compare
    ? `/api/changes?${countedQuery(view, { compare, by: "district,theme", level: rankedLevel({ view, regions }), limit: String(MOST_CHANGES) })}`
    : null;
}

/** Keep the store's alerts level with the choice and with what the service finds. @param {PageStore} store */
export function followAlerts(store) {
  follow(store, alertsAddress, (/** @type {AnswerState<AlertsAnswer>} */ alerts) => store.set({ alerts }));
}
