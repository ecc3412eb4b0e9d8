import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { fullMapAddress, readFrame } from "../src/embed/frame_view.js";
import { readView, selectionQuery } from "../src/page/url.js";
import { refusalText } from "../src/words/refusal.js";

const READER = { languages: ["ru-RU"], dark: true };

test("a frame without words is as the reader's browser is set", () => {
  const { view, legend, place, follows, fault } = readFrame("", READER);
  assert.deepEqual(
    [view.layer, view.scheme, view.language, legend, place, follows, fault],
    ["hexes", "dark", "ru", true, null, true, null],
  );
  assert.equal(selectionQuery(view), "");
});

test("words that are not the frame's own go to the service as they are", () => {
  const { view } = readFrame(
    "?layer=districts&level=region&sector=roads,waste&theme=roads.pothole&measure=per_1000&scheme=light&nonsense=1",
    READER,
  );
  assert.equal(decodeURIComponent(selectionQuery(view)), "level=region&sector=roads,waste&theme=roads.pothole&nonsense=1&measure=per_1000");
  assert.deepEqual([view.layer, view.scheme], ["districts", "light"]);
});

test("the place is zoom, latitude, longitude", () => {
  assert.deepEqual(readFrame("map=7.5/45/-38.9", READER).place, { zoom: 7.5, center: [-38.9, 45] });
});

for (const [query, words] of /** @type {[string, string][]} */ ([
  ["scheme=pink&lang=en", "scheme: there is no “pink”. Allowed: auto, light, dark."],
  ["layer=rivers&lang=en", "layer: there is no “rivers”. Allowed: hexes, districts, density."],
  ["legend=no&lang=en", "legend: there is no “no”. Allowed: show, hide."],
  [
    "window=7d&window=8d&lang=en",
    "window is given more than once; several codes of one parameter are separated by commas. Allowed: 24h, 3d, 7d, 12w, 1y.",
  ],
  ["map=there", "map: значение «there» задано неверно. Допустимо: масштаб/широта/долгота, например 7/45.04/38.98."],
])) {
  test(`${query} is told as a fault`, () => {
    const { fault, view } = readFrame(query, READER);
    assert.ok(fault);
    assert.equal(refusalText(view.language, fault, true), words);
  });
}

test("the full map shows the same selection at the same place", () => {
  const { view } = readFrame("sector=roads,waste&window=7d&lang=en", READER);
  assert.equal(
    fullMapAddress(view, { zoom: 7, center: [38.9, 45] }, true),
    "/#map=7.00/45.0000/38.9000&sector=roads,waste&window=7d&lang=en",
  );
});

test("the full map keeps layer, level, comparison, classes and colours", () => {
  const { view, follows } = readFrame(
    "layer=districts&level=region&compare=year&measure=change&breaks=-0.5,0.5&scheme=dark&duplicates=merge&lang=ru",
    READER,
  );
  const address = fullMapAddress(view, { zoom: 7, center: [38.9, 45] }, follows);
  const read = readView(address.slice(1), ["en"]);
  assert.deepEqual(
    [read.layer, read.level, read.compare, read.measure, read.breaks, read.scheme, read.look, read.filters, read.language],
    ["districts", "region", "year", "change", "-0.5,0.5", "dark", "dark", { duplicates: "merge" }, "ru"],
  );
  assert.equal(
    selectionQuery({ ...read, window: "" })
      .split("&")
      .toSorted()
      .join("&"),
    selectionQuery(view).split("&").toSorted().join("&"),
  );
});
