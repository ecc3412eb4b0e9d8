import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { sectionsOf, withoutOne } from "../src/wall/attention.js";
import { marksOf } from "../src/wall/marks.js";
import { readView } from "../src/page/url.js";

/** @typedef {import("../src/page/state.js").State} State */
/** @typedef {import("../src/wall/attention.js").Attention} Attention */

const state = /** @type {State} */ (/** @type {unknown} */ ({ view: readView("#lang=ru", ["ru"]) }));
const named = (/** @type {string} */ code) => ({ code, name: { ru: code, en: code } });
const alerts = (/** @type {number} */ many) => ({
  checked: new Date().toISOString(),
  total: many,
  thresholds: { local: {} },
  time_zone: "UTC",
  alerts: Array.from(
    { length: many },
    (_, at) =>
      /** @type {import("../src/alerts/alert_types.js").Alert} */ ({
        id: at,
        reason: { ru: `причина ${at}`, en: "" },
        verdict: null,
        place: { key: "s:1", lng: at, lat: 45 },
      }),
  ),
});
const changes = (/** @type {number} */ many, /** @type {"up" | "down"} */ direction = "up") =>
  /** @type {import("../src/alerts/alert_types.js").ChangesAnswer} */ (
    /** @type {unknown} */ ({
      changes: Array.from({ length: many }, (_, at) => ({
        district: named(`c${at}`),
        theme: named("t"),
        n: 20,
        n_compared: 2,
        log10_p: -9,
        direction,
      })),
    })
  );
const worst = (/** @type {number} */ many) =>
  Array.from(
    { length: many },
    (_, at) =>
      /** @type {import("../src/parts/worst.js").Worst} */ (
        /** @type {unknown} */ ({ district: { ...named(`w${at}`), overdue: 5, count: 10 }, excess: 3 })
      ),
  );
const none = { districts: [] };
const lengths = (/** @type {Omit<Attention, "districts">} */ attention) =>
  sectionsOf(state, { ...attention, districts: none }).map(({ rows }) => rows.length);
const busiest = (/** @type {number[]} */ counts) => ({
  districts: /** @type {import("../src/page/answer_types.js").DistrictRow[]} */ (
    /** @type {unknown} */ (
      counts.map((count) => ({ ...named(`d${count}`), count, n_compared: 9, leading_theme: { ...named("t"), n: 7 } }))
    )
  ),
});

test("alerts come first, then what has grown, then what is overdue, as many as fit", () => {
  const sections = sectionsOf(state, { alerts: alerts(2), changes: changes(5), worst: worst(5), districts: none });
  assert.deepEqual(
    sections.map(({ title }) => title),
    ["Необычное сейчас", "Что изменилось", "Просрочено больше среднего"],
  );
  assert.deepEqual(sections[0]?.rows[0], { title: "причина 0", text: [], where: { point: [0, 45] } });
  assert.deepEqual(lengths({ alerts: alerts(2), changes: changes(5), worst: worst(5) }), [2, 5, 5]);
  assert.deepEqual(lengths({ alerts: alerts(9), changes: changes(5), worst: worst(5) }), [6, 5, 3]);
  assert.deepEqual(lengths({ alerts: alerts(0), changes: changes(1), worst: worst(5) }), [0, 1, 5]);
});

test("a district beyond the average says how many there would be, once, and what people write about", () => {
  const [row] = worst(1);
  Object.assign(row?.district ?? {}, { leading_theme: { ...named("t"), n: 7 } });
  const section = sectionsOf(state, { alerts: alerts(0), changes: changes(0), worst: row ? [row] : [], districts: none })[2];
  assert.deepEqual(section?.rows[0]?.text, ["5 из 10, при средней доле было бы 2; чаще всего — t (7)"]);
});

test("where little needs looking at, the districts with most incidents follow, from ten on", () => {
  const sections = sectionsOf(state, { alerts: alerts(1), changes: changes(0), worst: [], districts: busiest([12, 9, 40, 11]) });
  assert.deepEqual(
    sections.map(({ kind }) => kind),
    ["alerts", "changes", "most"],
  );
  assert.deepEqual(
    sections.at(-1)?.rows.map(({ title, text }) => [title, ...text]),
    [
      ["d40", "40 сообщ., за прошлый период 9; чаще всего — t (7)"],
      ["d12", "12 сообщ., за прошлый период 9; чаще всего — t (7)"],
      ["d11", "11 сообщ., за прошлый период 9; чаще всего — t (7)"],
    ],
  );
  const many = sectionsOf(state, { alerts: alerts(4), changes: changes(3), worst: worst(2), districts: busiest([40, 12]) });
  assert.ok(!many.some(({ kind }) => kind === "most"));
});

test("what an alert tells of already is not told again as a change", () => {
  const told = alerts(1);
  Object.assign(told.alerts[0] ?? {}, { theme: named("t"), district: named("c1") });
  assert.deepEqual(
    sectionsOf(state, { alerts: told, changes: changes(3), worst: [], districts: none })[1]?.rows.map(({ title }) => title),
    ["c0: t", "c2: t"],
  );
});

test("that fewer came is no matter for the wall", () => {
  assert.deepEqual(lengths({ alerts: alerts(0), changes: changes(4, "down"), worst: [] }), [0, 0, 0]);
});

test("a quiet day is said to be one", () => {
  const texts = sectionsOf(state, { alerts: alerts(0), changes: changes(0), worst: [], districts: none }).map(({ none }) => none);
  assert.match(texts[0] ?? "", /^Сейчас ничего необычного\. Проверено/);
  assert.match(texts[1] ?? "", /^Ничего не изменилось/);
  assert.match(texts[2] ?? "", /^Ни в одном районе/);
});

test("what nobody could say is not called nothing", () => {
  assert.equal(
    sectionsOf(state, { alerts: null, changes: null, worst: [], districts: none })[0]?.none,
    "Сведения о необычном недоступны: сервис не отвечает.",
  );
  assert.equal(
    sectionsOf(state, { alerts: { ...alerts(0), thresholds: {} }, changes: null, worst: [], districts: none })[0]?.none,
    "Сервис ещё изучает, сколько сообщений здесь обычно.",
  );
});

test("where there is no room each list keeps a row, and alerts keep most", () => {
  let sections = sectionsOf(state, { alerts: alerts(2), changes: changes(3), worst: worst(3), districts: none });
  const seen = [];
  for (let round = 0; round < 6; round += 1) {
    seen.push(sections.map(({ rows }) => rows.length).join());
    sections = withoutOne(sections);
  }
  assert.deepEqual(seen, ["2,3,3", "2,3,2", "2,2,2", "2,2,1", "2,1,1", "1,1,1"]);
});

test("each row has its number on the map, the first of two about the same district", () => {
  /** @type {import("geojson").Geometry} */
  const at = { type: "Point", coordinates: [39, 45] };
  const { features } = marksOf([{ point: [40, 44] }, { code: "L" }, null, { code: "L" }, { code: "unseen" }], new Map([["L", at]]));
  assert.deepEqual(
    features.map(({ geometry, properties }) => [geometry, properties?.["rank"]]),
    [
      [{ type: "Point", coordinates: [40, 44] }, "1"],
      [at, "2"],
    ],
  );
});
