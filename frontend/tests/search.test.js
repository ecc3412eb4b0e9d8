import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { titleText } from "../src/page/title.js";
import { summaryText } from "../src/panels/incident_actions.js";
import { aboutResult, chooseResult, foundText, groupResults, keyOfResult, searchAddress } from "../src/search/found.js";
import { createPage } from "../src/page/start.js";
import { readView } from "../src/page/url.js";

/** @typedef {import("../src/search/found.js").Result} Result */
/** @param {Partial<Result>} more @returns {Result} */
const result = (more) => ({ type: "settlement", code: "1", name: { ru: "Сочи", en: "Sochi" }, label: "Сочи", within: null, ...more });
const store = (hash = "#lang=ru") => createPage(readView(hash, []));

test("results stand in groups, that of the best result first", () => {
  const found = [result({}), result({ type: "theme", code: "a" }), result({ code: "2" })];
  assert.deepEqual(
    groupResults(found).map(([type, results]) => [type, results.map(({ code }) => code)]),
    [
      ["settlement", ["1", "2"]],
      ["theme", ["a"]],
    ],
  );
  assert.equal(new Set(found.map(keyOfResult)).size, 3);
});

test("a result says what tells it from its namesakes", () => {
  const within = { code: "03", name: { ru: "Лабинский район", en: "Labinsk" } };
  assert.equal(aboutResult("ru", result({ within, population: 8500 })), "Лабинский район · 8\u00a0500 жителей");
  assert.equal(aboutResult("en", result({ type: "agency", incidents: 1 })), "1 incident");
  assert.equal(aboutResult("ru", result({ type: "incident", code: "7", external_id: "А-1", status: "new" })), "№ 7 · А-1 · новое");
});

test("places open, on the layer where they are seen", () => {
  const made = store("#lang=ru&layer=districts");
  assert.equal(chooseResult(made, result({ h3: "862d50a37ffffff" })), true);
  assert.deepEqual([made.get().view.layer, made.get().view.cell], ["hexes", "862d50a37ffffff"]);
  chooseResult(made, result({ type: "district", code: "0301" }));
  assert.deepEqual([made.get().view.layer, made.get().view.cell], ["districts", "0301"]);
  chooseResult(made, result({ type: "incident", code: "17" }));
  assert.equal(made.get().view.incident, "17");
});

test("what incidents are about, and who answers, becomes a filter once", () => {
  const made = store("#lang=ru&theme=b");
  assert.equal(chooseResult(made, result({ type: "theme", code: "a" })), false);
  chooseResult(made, result({ type: "theme", code: "a" }));
  chooseResult(made, result({ type: "agency", code: "c" }));
  chooseResult(made, result({ type: "sector", code: "roads" }));
  const { filters, sectors } = made.get().view;
  assert.deepEqual([filters, sectors], [{ theme: "b,a", agency: "c" }, ["roads"]]);
  assert.deepEqual(made.get().names.get("agency c"), { ru: "Сочи", en: "Sochi" });
});

test("nothing is asked for an empty box, and addresses only on demand", () => {
  assert.equal(searchAddress({ text: "", address: false }, "ru"), null);
  assert.equal(searchAddress({ text: "А&Б", address: false }, "ru"), "/api/search?q=%D0%90%26%D0%91&lang=ru");
  assert.equal(searchAddress({ text: "5", address: true }, "en"), "/api/search?q=5&lang=en&types=address");
});

test("how many were found is said in words", () => {
  const answer = {
    query: "",
    types: [],
    results: [result({}), result({ code: "2" })],
    unavailable: [],
    address_search: false,
    attribution: "",
  };
  const sought = { text: "Сочи", address: false };
  assert.equal(foundText("ru", answer, sought), "2 результата");
  assert.equal(foundText("ru", { ...answer, results: [] }, sought), "По запросу «Сочи» ничего не найдено.");
  assert.equal(foundText("ru", { ...answer, results: [] }, { ...sought, address: true }), "Такого адреса в регионе не найдено.");
  assert.equal(foundText("en", { ...answer, unavailable: ["incident"] }, sought), "Not everything could be searched now.");
});

test("the title counts what nobody has seen", () => {
  assert.match(titleText("ru", 3), /^\(3\) /);
  assert.equal(`(3) ${titleText("ru", 0)}`, titleText("ru", 3));
});

test("a summary has what a colleague needs, and none of the citizen's words", () => {
  const incident = /** @type {import("../src/page/answer_types.js").Incident} */ ({
    id: 17, external_id: "А-1", source_url: "https://pos.example.org/A-1", theme: "water", sector: "housing", source: "pos", agency: "w", district: null,
    status: "new", received_at: "2026-11-30T06:00:00Z", due_at: null, answered_at: null, closed_at: null, overdue: false, lng: 1, lat: 2, h3: null,
    precision: "exact", text: "Иванова", address: "ул. Мира",
  }); // biome-ignore format: one field beside the other
  const names = /** @type {any} */ ({
    theme: { water: { ru: "Нет воды" } },
    source: { pos: { ru: "Портал" } },
    agency: { w: { ru: "Водоканал" } },
  });
  const lines = summaryText("ru", incident, names, "Europe/Moscow", "https://map.example.org/#incident=17").split("\n");
  assert.deepEqual(lines.slice(0, 4), ["Нет воды", "Номер: 17", "Номер в источнике: А-1", "Источник: Портал"]);
  assert.equal(lines.at(-1), "https://pos.example.org/A-1");
  assert.ok(lines.join().includes("едомство: Водоканал"));
  assert.ok(!lines.join().includes("Иванова") && !lines.join().includes("Мира"));
});
