/** The desk's verdict on an alert: what it has been, with a note, by an operator's key. */

/** @import { PageStore } from "../page/state.js" */
/** @import { Alert } from "./alert_types.js" */
import { keyHeaders, WRITE_INCIDENTS } from "../page/access.js";
import { ApiError, postJson } from "../page/api.js";
import { announce } from "../page/copy.js";
import { element } from "../page/dom.js";
import { isAllowed, keyBox } from "../parts/key_box.js";
import { fill, words } from "../words/i18n.js";
import { refusalText } from "../words/refusal.js";

/** What is typed, and why the last verdict was not stored, while the panel is drawn anew. */
const typed = { alert: 0, note: "", problem: "" };

/** @param {PageStore} store @param {Alert} alert @returns {Node[]} */
export function verdictForm(store, alert) {
  if (!isAllowed(store, WRITE_INCIDENTS)) return keyBox(store, WRITE_INCIDENTS);
  const { access } = words(store.get().view.language);
  if (typed.alert !== alert.id) Object.assign(typed, { alert: alert.id, note: alert.verdict?.note ?? "", problem: "" });
  const note = element("input", {
    type: "text",
    maxlength: "1000",
    "aria-label": access.note,
    placeholder: access.note,
    "data-key": "note",
  });
  note.value = typed.note;
  note.addEventListener("input", () => (typed.note = note.value));
  const button = (/** @type {"real" | "not_real"} */ value, /** @type {string} */ text) => {
    const give = () => giveVerdict(store, alert.id, value);
    const pressed = String(alert.verdict?.value === value);
    return element("button", { type: "button", "data-key": `verdict ${value}`, "aria-pressed": pressed, onclick: give }, text);
  };
  const withdraw = () => giveVerdict(store, alert.id, null);
  const back = alert.verdict
    ? [element("button", { type: "button", class: "link", "data-key": "withdraw", onclick: withdraw }, access.withdraw)]
    : [];
  return [
    element(
      "section",
      { "data-part": "verdict" },
      element("h3", {}, access.verdictTitle),
      note,
      element("div", { class: "buttons" }, button("real", `✓ ${access.confirm}`), button("not_real", `✗ ${access.refute}`), ...back),
      ...(typed.problem ? [element("p", { class: "trouble", role: "alert" }, typed.problem)] : []),
      ...keyBox(store, WRITE_INCIDENTS),
    ),
  ];
}

/** @param {PageStore} store @param {number} id @param {"real" | "not_real" | null} value null takes an earlier one back */
async function giveVerdict(store, id, value) {
  const { language } = store.get().view;
  const { access, overview } = words(language);
  const body = value ? { value, note: typed.note.trim() } : { value };
  try {
    await postJson(`/api/alerts/${id}/verdict`, body, keyHeaders());
    typed.problem = "";
    if (!value) typed.note = "";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { problem } = error;
    typed.problem = fill(access.notGiven, { why: problem.kind === "refused" ? refusalText(language, problem) : overview.noAnswer });
  }
  announce(typed.problem || access.given);
  store.set({ tick: store.get().tick + 1, view: { ...store.get().view } });
}
