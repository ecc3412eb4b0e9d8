/** The page on paper: title, choice, the map as a picture with its legend beside it; the panel that is open follows. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore, State, Tab } from "../page/state.js" */
import { answersSettled } from "../page/answers.js";
import { byId, element } from "../page/dom.js";
import { keyOf } from "../view/steps.js";
import { formatMoment } from "../words/dates.js";
import { words } from "../words/i18n.js";
import { selectionWords } from "../words/selection.js";
import { attributions } from "./attribution.js";
import { drawStill } from "./still.js";

/** Of the map on paper, px: as wide as it is on A4 in either direction, beside its legend. */
const SIZE = { width: 900, height: 640 };
const RATIO = 2;
/** Panels that are worth paper. @type {readonly (Tab | "")[]} */
const REPORTS = ["overview", "now", "analysis"];
/** For numbers that are on their way, ms. */
const PATIENCE_MS = 8000;

/** Shows a sheet for as long as the page is printed. @param {MapLibreMap} map @param {PageStore} store */
export function readyForPaper(map, store) {
  const sheet = element("section", { id: "paper", hidden: true });
  // Before the panels, which follow it on paper.
  byId("bar").after(sheet);
  /** @type {HTMLCanvasElement | null} */
  let drawn = null;
  let sources = "";
  // The browser prints at once: what it prints must be known before.
  store.watch(
    ({ view: { layer, language }, summary }) => `${layer} ${language} ${summary?.attribution ?? ""}`,
    async (_, state) => (sources = (await attributions(state)).join(" · ")),
  );
  const show = () => {
    sheet.replaceChildren(...sheetOf(store.get(), drawn ?? copyOf(map), sources));
    sheet.hidden = false;
  };
  addEventListener("beforeprint", show);
  addEventListener("afterprint", () => {
    sheet.hidden = true;
    sheet.replaceChildren();
    drawn = null;
  });
  store.set({
    print: async () => {
      const { image } = await drawStill(map, store.get().view.layer, SIZE, RATIO);
      drawn = canvasOf(image);
      await printReport(store);
    },
  });
}

/** A panel of buttons says nothing on paper: the overview takes its place. @param {PageStore} store */
async function printReport(store) {
  const { view } = store.get();
  const isReport = REPORTS.includes(view.tab) || keyOf(view) !== "";
  if (!isReport) store.set({ view: { ...view, tab: "overview" } });
  await answersSettled(PATIENCE_MS);
  window.print();
  if (!isReport) store.set({ view: { ...store.get().view, tab: view.tab } });
}

/** @param {State} state @param {HTMLCanvasElement} picture @param {string} sources whose data they are */
function sheetOf(state, picture, sources) {
  const { language } = state.view;
  const { measures, map, title } = words(language);
  const legend = /** @type {HTMLElement} */ (byId("legend").cloneNode(true));
  legend.removeAttribute("id");
  const image = element("img", { src: picture.toDataURL(), alt: map });
  const moment = state.summary ? `${measures.asOf} ${formatMoment(language, state.summary.generated_at, state.summary.time_zone)}` : "";
  return [
    element("h1", {}, title),
    element("p", {}, selectionWords(state).join(" · ")),
    element(
      "figure",
      {},
      image,
      element("figcaption", {}, legend, element("p", { class: "muted" }, moment), element("p", { class: "muted" }, sources)),
    ),
  ];
}

/** What the map shows now. @param {MapLibreMap} map */
function copyOf(map) {
  // The canvas can be read only in the very task in which it was drawn.
  map.redraw();
  return canvasOf(map.getCanvas());
}

/** @param {HTMLCanvasElement | ImageBitmap} ground */
function canvasOf(ground) {
  const canvas = element("canvas", { width: String(ground.width), height: String(ground.height) });
  canvas.getContext("2d")?.drawImage(ground, 0, 0);
  return canvas;
}
