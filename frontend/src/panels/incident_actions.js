/** What an operator does with an incident: read its words, open it in its own system, copy and print it. */

/** @import { Incident, Names } from "../page/answer_types.js" */
/** @import { Language, PageStore } from "../page/state.js" */
import { READ_TEXT } from "../page/access.js";
import { copyButton } from "../page/copy.js";
import { element } from "../page/dom.js";
import { nameOf, statusName } from "../parts/incident_row.js";
import { keyBox } from "../parts/key_box.js";
import { formatMoment } from "../words/dates.js";
import { words } from "../words/i18n.js";

/** The citizen's words and the address, where the key shows them; else where a key is entered. @param {PageStore} store @param {Incident} incident @returns {Node[]} */
export function textParts(store, { text, address }) {
  const { access } = words(store.get().view.language);
  if (text === undefined) return keyBox(store, READ_TEXT);
  return [
    element(
      "section",
      { "data-part": "text" },
      element("h3", {}, access.text),
      text ? element("blockquote", {}, text) : element("p", { class: "muted" }, access.noText),
      ...(address ? [element("p", {}, `${access.address}: ${address}`)] : []),
      ...keyBox(store, READ_TEXT),
    ),
  ];
}

/** @param {Language} language @param {Incident} incident @param {Names} names @param {string} timeZone */
export function actionButtons(language, incident, names, timeZone) {
  const { access, copyLink } = words(language);
  const { external_id: externalId, source_url: address } = incident;
  const link = address
    ? [
        element(
          "a",
          { class: "button", href: address, target: "_blank", rel: "noopener noreferrer", "data-key": "source" },
          access.openSource,
        ),
      ]
    : [];
  return element(
    "div",
    { class: "buttons", "data-part": "actions", "data-same": "actions" },
    ...link,
    copyButton(language, "number", access.copyNumber, () => externalId ?? String(incident.id)),
    copyButton(language, "link", copyLink, () => location.href),
    copyButton(language, "summary", access.copySummary, () => summaryText(language, incident, names, timeZone, location.href)),
    element("button", { type: "button", "data-key": "print", onclick: printPlace }, access.print),
  );
}

/**
 * An incident in a few lines, for a letter or a messenger. The citizen's words are not among them: a copy of these lines goes anywhere.
 * @param {Language} language @param {Incident} incident @param {Names} names @param {string} timeZone @param {string} link
 */
export function summaryText(language, incident, names, timeZone, link) {
  const { access, now } = words(language);
  const { fields } = now;
  const moment = (/** @type {string | null} */ instant) => instant && formatMoment(language, instant, timeZone);
  const rows = [
    [fields.id, String(incident.id)],
    [access.externalId, incident.external_id],
    [fields.source, nameOf(names, "source", incident.source, language)],
    [now.ladder, statusName(language, incident.status)],
    [now.received, moment(incident.received_at)],
    [now.due, moment(incident.due_at)],
    [now.answered, moment(incident.answered_at)],
    [fields.agency, nameOf(names, "agency", incident.agency, language)],
    [fields.district, nameOf(names, "district", incident.district, language)],
  ];
  const lines = rows.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`);
  return [nameOf(names, "theme", incident.theme, language), ...lines, incident.source_url ?? link].join("\n");
}

/** This panel alone on paper, without the map. */
function printPlace() {
  const { dataset } = document.documentElement;
  dataset["print"] = "place";
  addEventListener("afterprint", () => delete dataset["print"], { once: true });
  print();
}
