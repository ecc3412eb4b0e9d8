import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import {
  aboutAlert,
  agoText,
  changeName,
  changeText,
  expectedText,
  nothingUnusual,
  shortReason,
  sureChanges,
} from "../src/alerts/alert_words.js";
import { isNarrowedTo, keptOf, narrowedTo } from "../src/view/alert_focus.js";
import { isSomewhere, marksOf } from "../src/map/alert_marks.js";
import { alertsAddress, changesAddress, isNarrowed } from "../src/alerts/questions.js";
import { barsOf } from "../src/alerts/series.js";
import { readView, writeView } from "../src/page/url.js";
import { formerView, keyOf, closePlace, stepOut, toAlert, toIncident } from "../src/view/steps.js";
import { createStore } from "../src/page/store.js";

/** @typedef {import("../src/alerts/alert_types.js").Alert} Alert */
/** @typedef {import("../src/page/state.js").State} State */

const NOW = Date.UTC(2026, 10, 30, 12);
const plain = (/** @type {string} */ text) => text.replaceAll(/\s/g, " ");
const viewOf = (/** @type {string} */ hash) => readView(hash, ["ru"]);

/** @param {Partial<Alert>} [more] */
function alertOf(more = {}) {
  return /** @type {Alert} */ ({
    id: 17,
    theme: { code: "housing.no_water", name: { ru: "Нет холодной воды", en: "No cold water" } },
    sector: { code: "housing", name: { ru: "ЖКХ", en: "Housing" } },
    place: { key: "s:495112", name: { ru: "Вознесенская", en: "Voznesenskaya" }, lng: 40.8, lat: 44.8, cell: null },
    places: [],
    group: null,
    closed: null,
    since: "2026-11-27T03:06:00Z",
    n: 110,
    expected: 0.1,
    open: 96,
    recurrence: { ru: "реже чем раз в 10 лет", en: "less than once in 10 years" },
    selection: "theme=housing.no_water&district=L&from=2026-11-27T03:06:00Z",
    ...more,
  });
}

test("alerts are asked for with sector, theme and district of the choice, and nothing else of it", () => {
  const all =
    "#sector=roads,housing&theme=housing.no_water&district=L&source=vk&agency=a&status=open&duplicates=merge&window=24h&measure=open";
  assert.equal(alertsAddress({ view: viewOf(all) }), "/api/alerts?sector=roads%2Chousing&theme=housing.no_water&district=L&limit=100");
  assert.equal(alertsAddress({ view: viewOf("#source=vk&window=7d") }), "/api/alerts?limit=100");
  assert.deepEqual(
    [all, "#source=vk"].map((hash) => isNarrowed({ view: viewOf(hash) })),
    [true, false],
  );
});

test("changes are asked for with the whole choice, against the period before, and not of all data", () => {
  assert.equal(
    changesAddress({ regions: [], view: viewOf("#sector=roads&window=24h&source=vk&measure=open") }),
    "/api/changes?sector=roads&source=vk&window=24h&compare=previous&by=district%2Ctheme&level=district&limit=40",
  );
  assert.match(changesAddress({ regions: [], view: viewOf("#compare=year") }) ?? "", /compare=year/);
  assert.equal(changesAddress({ regions: [], view: viewOf("#window=all") }), null);
});

test("only what chance hardly explains has changed, in both directions, the surest first", () => {
  const change = (/** @type {string} */ code, /** @type {number} */ p, /** @type {"up" | "down"} */ direction) =>
    /** @type {import("../src/alerts/alert_types.js").Change} */ ({
      district: { code, name: { ru: code, en: code } },
      n: 12,
      n_compared: 3,
      log10_p: p,
      direction,
    });
  const { up, down } = sureChanges(
    [
      change("a", -30, "up"),
      change("b", -12, "down"),
      change("c", -5, "up"),
      change("d", -3.1, "up"),
      change("e", -2.9, "up"),
      change("f", -2, "down"),
    ],
    { up: 2, down: 3 },
  );
  assert.deepEqual([up.map(({ district }) => district?.code), down.map(({ district }) => district?.code)], [["a", "c"], ["b"]]);
});

test("a change says where, about what, how many and how many before", () => {
  const change = /** @type {import("../src/alerts/alert_types.js").Change} */ ({
    district: { code: "L", name: { ru: "Лабинский район", en: "Labinsky" } },
    theme: alertOf().theme,
    n: 1110,
    n_compared: 0,
  });
  assert.equal(changeName("ru", change), "Лабинский район: Нет холодной воды");
  assert.equal(plain(changeText("ru", change)), "1 110 сообщ., было 0");
  assert.equal(changeName("ru", { ...change, district: null }), "Вне районов: Нет холодной воды");
});

test("beside the reason stand how long it goes on, in how many places, and how rare it is", () => {
  assert.equal(plain(aboutAlert("ru", alertOf(), NOW)), "уже 3 дн. · реже чем раз в 10 лет");
  const places = [1, 2, 3, 4, 5].map((at) => ({ key: `s:${at}`, name: { ru: "", en: "" } }));
  assert.equal(
    plain(aboutAlert("ru", alertOf({ group: { id: 12, alerts: 4 }, places }), NOW)),
    "уже 3 дн. · в 5 местах · и ещё 3 по той же теме · реже чем раз в 10 лет",
  );
  assert.equal(plain(aboutAlert("en", alertOf({ closed: "2026-11-28T03:06:00Z" }), NOW)), "lasted 1 day · less than once in 10 years");
});

test("what is usual is a whole number unless half a message matters", () => {
  assert.deepEqual(
    [0, 0.1, 0.5, 2.44, 12.4].map((value) => expectedText("ru", value)),
    ["0", "0", "0,5", "2,4", "12"],
  );
  assert.equal(plain(shortReason("ru", alertOf())), "110 сообщ., обычно 0");
});

test("where nothing is unusual that is said, and when somebody last looked", () => {
  const state = { view: viewOf("#lang=ru") };
  assert.equal(nothingUnusual(state, false, 125), "Сейчас ничего необычного. Проверено 2 минуты назад.");
  assert.equal(nothingUnusual(state, true, null), "По заданным фильтрам сейчас ничего необычного.");
  assert.deepEqual(
    [20, 89 * 60, 2 * 3600].map((seconds) => agoText("en", seconds)),
    ["this minute", "89 minutes ago", "2 hours ago"],
  );
});

test("an alert narrows map and time to its messages, with as much time again before them", () => {
  const narrowed = narrowedTo(alertOf(), NOW);
  assert.deepEqual(narrowed.filters, { theme: "housing.no_water", duplicates: "merge", district: "L" });
  assert.deepEqual(
    [narrowed.window, narrowed.from, narrowed.to, narrowed.around, narrowed.layer, narrowed.measure],
    ["", "2026-11-27T03:06:00Z", "", "7d", "hexes", "count"],
  );
  assert.equal(narrowedTo(alertOf({ since: "2026-11-20T00:00:00Z" }), NOW).around, "30d");
  assert.deepEqual(narrowedTo(alertOf({ theme: null, selection: "sector=housing&from=2026-11-27T03:06:00Z" }), NOW).sectors, ["housing"]);
});

/** @param {string} hash */
function storeOf(hash) {
  return createStore(/** @type {State} */ (/** @type {unknown} */ ({ view: viewOf(hash), selected: null, beforeAlert: null })));
}

test("closing an alert brings back what was chosen before it, also after a look at one of its messages and another alert", () => {
  const store = storeOf("#sector=roads&window=24h&layer=districts&measure=overdue&tab=now&lang=ru");
  const before = store.get().view;
  toAlert(store, alertOf());
  assert.equal(keyOf(store.get().view), "alert 17");
  toIncident(store, 5);
  assert.equal(keyOf(store.get().view), "incident 5");
  stepOut(store);
  assert.equal(keyOf(store.get().view), "alert 17");
  toAlert(store, alertOf({ id: 18, selection: "theme=roads.snow&from=2026-11-29T00:00:00Z" }));
  closePlace(store);
  assert.deepEqual(store.get().view, before);
});

test("what has been chosen while an alert was open stays", () => {
  const store = storeOf("#sector=roads&window=24h&lang=ru");
  toAlert(store, alertOf());
  store.set({ view: { ...store.get().view, window: "30d", from: "" } });
  assert.deepEqual(formerView(store), {});
  closePlace(store);
  assert.deepEqual([store.get().view.window, store.get().view.filters["theme"], store.get().view.alert], ["30d", "housing.no_water", ""]);
});

test("an alert's address opens it again", () => {
  const store = storeOf("#lang=ru");
  toAlert(store, alertOf());
  const { view } = store.get();
  const again = readView(writeView(view, ""), ["ru"]);
  assert.equal(again.alert, "17");
  assert.ok(isNarrowedTo(again, keptOf(view)));
  assert.deepEqual(
    ["#alert=x", "#alert=-1", "#alert=1e3", "#alert="].map((hash) => viewOf(hash).alert),
    ["", "", "", ""],
  );
});

test("alerts are marked where they are, the rarest on top, and none in the middle of a region that it is all about", () => {
  const region = alertOf({ id: 3, place: { key: "r:", name: { ru: "Край", en: "Krai" }, lng: 39, lat: 45, cell: null } });
  const other = alertOf({ id: 4 });
  const answer = { alerts: [alertOf(), other, region], total: 3, thresholds: {}, time_zone: "UTC" };
  const { features } = marksOf({ alerts: { answer, stale: false, problem: null }, view: { ...viewOf("#alert=4&lang=ru") } });
  assert.deepEqual(
    features.map(({ properties }) => properties),
    [
      { id: 4, name: "Вознесенская", chosen: true },
      { id: 17, name: "Вознесенская", chosen: false },
    ],
  );
  assert.deepEqual([isSomewhere(region), isSomewhere(other)], [false, true]);
});

test("a long series is shown by several hours, and nothing of it is lost", () => {
  const seriesOf = (/** @type {number} */ hours) => ({
    bucket: /** @type {const} */ ("hour"),
    buckets: Array.from({ length: hours }, (_, at) => ({
      from: new Date(Date.UTC(2026, 10, 20, at)).toISOString(),
      n: at % 3,
      expected: 0.5,
    })),
  });
  const { bucket, buckets } = barsOf(seriesOf(200));
  const sum = (/** @type {number[]} */ values) => values.reduce((all, one) => all + one, 0);
  assert.equal(bucket, "day");
  assert.equal(buckets.length, Math.ceil(200 / 3));
  assert.equal(sum(buckets.map(({ count }) => count)), sum(seriesOf(200).buckets.map(({ n }) => n)));
  assert.equal(sum(buckets.map(({ n_compared: usual }) => usual ?? 0)), 100);
  assert.deepEqual([buckets[1]?.from, buckets.at(-1)?.to], ["2026-11-20T03:00:00.000Z", "2026-11-28T08:00:00.000Z"]);
  assert.deepEqual([barsOf(seriesOf(24)).bucket, barsOf(seriesOf(72)).buckets.length], ["hour", 72]);
  assert.deepEqual(barsOf(seriesOf(0)).buckets, []);
});
