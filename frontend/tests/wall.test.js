import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { staleText } from "../src/wall/clock.js";
import { short } from "../src/wall/figures.js";
import { versionOf } from "../src/wall/upkeep.js";
import { nextSectors, placeOf, readWall, shownView } from "../src/wall/wall_view.js";

/** @param {string} hash @param {string} search */
function pick(hash, search = "?view=wall") {
  const { view, rotate, layerGiven } = readWall(hash, search, ["ru-RU"]);
  const { window, from, layer, measure, scheme, language, sectors } = view;
  return { window, from, layer, measure, scheme, language, sectors, rotate, layerGiven };
}

test("without a word a wall shows overdue messages of the last seven days by districts, dark, in the browser's language", () => {
  const expected = {
    window: "7d",
    from: "",
    layer: "districts",
    measure: "overdue",
    scheme: "dark",
    language: "ru",
    sectors: [],
    rotate: 0,
    layerGiven: false,
  };
  assert.deepEqual(pick(""), expected);
});

test("everything may stand behind the question mark as well, and what stands behind # wins", () => {
  const { window, layer, rotate, language, layerGiven } = pick("#window=24h&layer=hexes", "?view=wall&window=30d&rotate=20&lang=en");
  assert.deepEqual(
    { window, layer, rotate, language, layerGiven },
    { window: "24h", layer: "hexes", rotate: 20, language: "en", layerGiven: true },
  );
});

test("of a few days what is unusual is shown, as nothing of them can be overdue yet, unless the address says otherwise", () => {
  assert.deepEqual(
    ["#window=24h", "#window=3d"].map((hash) => pick(hash).measure),
    ["unusual", "unusual"],
  );
  assert.deepEqual(
    ["#window=24h&measure=overdue", "#window=7d", "#from=2026-11-01"].map((hash) => pick(hash).measure),
    ["overdue", "overdue", "overdue"],
  );
});

test("where nothing is overdue the map shows what is unusual, and what is overdue as soon as something is", () => {
  const wall = readWall("", "", ["ru"]);
  const answer = (/** @type {number} */ overdue, districts = [{}]) =>
    /** @type {import("../src/wall/question.js").WallAnswer} */ (
      /** @type {unknown} */ ({ districts: { districts }, both: { now: { measures: { overdue } } } })
    );
  const quiet = shownView(wall.view, answer(0), wall);
  assert.equal(quiet.measure, "unusual");
  assert.equal(shownView(quiet, answer(3), wall).measure, "overdue");
  assert.equal(shownView(wall.view, answer(3), wall), wall.view);
  const asked = readWall("#measure=overdue", "", ["ru"]);
  assert.equal(shownView(asked.view, answer(0), asked), asked.view);
  assert.equal(shownView(wall.view, answer(3, []), wall).layer, "hexes");
});

test("given days take the place of the last seven", () => {
  const { window, from } = pick("#from=2026-11-01");
  assert.deepEqual({ window, from }, { window: "", from: "2026-11-01" });
});

test("a place that was chosen elsewhere is not selected on a wall", () => {
  assert.equal(readWall("#cell=0101", "", ["en"]).view.cell, "");
});

test("the districts on the map are those that are ranked, at every zoom; hexagons have no level", () => {
  assert.deepEqual(readWall("", "", ["en"]).view.filters, { level: "district" });
  assert.deepEqual(readWall("#layer=hexes&source=portal", "", ["en"]).view.filters, { source: "portal" });
});

test("a rotation lasts from 5 seconds to an hour for each sector, and is none where it is no number", () => {
  assert.deepEqual(
    ["1", "20", "1e9", "0", "-3", "often", ""].map((text) => pick(`#rotate=${text}`).rotate),
    [5, 20, 3600, 0, 0, 0, 0],
  );
});

test("the map's place is read as the map writes it", () => {
  assert.deepEqual(placeOf("#map=7/45/38.9", ""), { zoom: 7, center: [38.9, 45] });
  assert.deepEqual(placeOf("", "?map=7/45/38.9"), { zoom: 7, center: [38.9, 45] });
  assert.deepEqual(
    [placeOf("#map=7/x/38.9", ""), placeOf("#map=7", ""), placeOf("#map=7/91/3", ""), placeOf("", "")],
    [null, null, null, null],
  );
});

const GROUPS = ["health", "roads", "waste"].map((code, at) => ({ code, name: { ru: code, en: code }, n: at, open: 0, overdue: 0 }));

test("the rotation goes from all to each sector that has messages, and again", () => {
  const seen = [[], ["roads"], ["waste"]].map((shown) => nextSectors([], shown, GROUPS));
  assert.deepEqual(seen, [["roads"], ["waste"], []]);
});

test("of chosen sectors only those take turns", () => {
  const chosen = ["roads", "waste"];
  assert.deepEqual(nextSectors(chosen, chosen, GROUPS), ["roads"]);
  assert.deepEqual(nextSectors(chosen, ["waste"], GROUPS), chosen);
});

test("where only one sector has messages, or one is shown that has none any more, all are shown", () => {
  assert.deepEqual(nextSectors(["health", "roads"], ["health", "roads"], GROUPS), ["health", "roads"]);
  assert.deepEqual(nextSectors([], ["health"], GROUPS), []);
});

test("a number that would not be legible from afar is told in short", () => {
  assert.deepEqual([short("en", 154_971), short("en", 1_234_567), short("en", 10_000_000)], ["154,971", "1.23M", "10M"]);
});

test("the warning says when the numbers were right, in the service's time zone, and how long ago that is", () => {
  const heard = Date.UTC(2026, 10, 25, 17, 41);
  assert.equal(staleText("en", heard, heard + 5 * 60_000, "Europe/Moscow"), "Out of date: as of 20:41, 5 min. ago");
});

test("the version is read from an address as well as from a page", () => {
  assert.equal(versionOf("https://host/static/0123456789abcdef/src/wall/upkeep.js"), "0123456789abcdef");
  assert.equal(versionOf('<script type="module" src="/static/fedcba9876543210/src/main.js"></script>'), "fedcba9876543210");
  assert.equal(versionOf("https://host/static/src/wall/upkeep.js"), "");
});
