/** Open alerts beside the map of a frame, each leading to the full map. */

/** @import { Alert } from "../alerts/alert_types.js" */
/** @import { PageStore } from "../page/state.js" */
import { aboutAlert } from "../alerts/alert_words.js";
import { nothingText } from "../alerts/lists.js";
import { element, patch } from "../page/dom.js";
import { serviceRoot } from "../page/service.js";
import { words } from "../words/i18n.js";

/** A frame has no room for more. */
const MOST = 10;

/** @param {PageStore} store @param {HTMLElement} box */
export function showAlertList(store, box) {
  const render = () => {
    const state = store.get();
    const { language } = state.view;
    const { alerts: text, overview } = words(language);
    const title = element("h2", {}, text.title);
    const { answer, problem } = state.alerts ?? { answer: null, problem: null };
    box.hidden = false;
    box.setAttribute("aria-label", text.title);
    if (!answer) return patch(box, [title, element("p", { class: "muted" }, problem ? text.noAnswer : overview.loading)]);
    if (!answer.alerts.length) return patch(box, [title, element("p", { class: "muted" }, nothingText(state, answer))]);
    const rows = answer.alerts.slice(0, MOST).map((alert) => rowOf(store, alert));
    return patch(box, [title, element("ol", { "data-same": "alerts" }, ...rows)]);
  };
  store.watch((state) => state.alerts, render);
  store.watch((state) => state.view.language, render);
}

/** @param {PageStore} store @param {Alert} alert */
function rowOf(store, alert) {
  const { language } = store.get().view;
  const href = `${serviceRoot()}/#alert=${alert.id}&lang=${language}`;
  return element(
    "li",
    { "data-same": `alert ${alert.id}` },
    element("a", { href, target: "_blank", rel: "noopener" }, alert.reason[language]),
    element("p", { class: "muted" }, aboutAlert(language, alert, Date.now())),
  );
}
