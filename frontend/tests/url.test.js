import assert from "node:assert/strict";
import { test } from "node:test";
import { countedQuery, queryIntoHash, readView, selectionQuery, writeView } from "../src/page/url.js";

const START = readView("", ["en"]);

test("an empty address shows the last 30 days of everything", () => {
  assert.deepEqual(START, {
    sectors: [],
    window: "30d",
    from: "",
    to: "",
    around: "",
    compare: "",
    measure: "count",
    breaks: "",
    language: "en",
    cell: "",
    incident: "",
    alert: "",
    filters: {},
    list: "received",
    layer: "hexes",
    level: "",
    tab: "overview",
    scheme: "light",
    look: "",
    by: "sector",
    cross: ["theme", "status"],
    worst: false,
    channel: "",
    wide: false,
  });
  assert.equal(selectionQuery(START), "window=30d");
});

test("the language is the address's, then the reader's, then English", () => {
  assert.equal(readView("#lang=ru", ["en"]).language, "ru");
  assert.equal(readView("", ["de-DE", "ru-RU", "en"]).language, "ru");
  assert.equal(readView("#lang=xx", ["fr"]).language, "en");
});

test("a date in the address takes the place of the window", () => {
  const view = readView("#from=2018-10-01&to=2018-11-01&window=7d", []);
  assert.deepEqual([view.window, view.from, view.to], ["", "2018-10-01", "2018-11-01"]);
  assert.equal(selectionQuery(view), "from=2018-10-01&to=2018-11-01");
});

for (const address of [
  "#map=7/45/38.9&sector=roads,waste&window=7d&measure=overdue&cell=862d1e9afffffff&lang=ru",
  "#map=11.5/45.04/38.98&from=2018-10-01&to=2018-11-01&lang=en",
  "#map=7/45/38.9&window=7d&compare=previous&measure=change&breaks=-0.5,0.5&layer=districts&cell=03401000&tab=analysis&scheme=dark&lang=en",
  "#layer=districts&level=region&list=due&tab=now&lang=en",
  "#from=2026-11-20T07:00:00Z&to=2026-11-21&around=30d&lang=en",
  "#from=2026-11-20&to=2026-11-21&around=2026-11-01,2026-12-01&lang=en",
  "#incident=17&tab=none&lang=ru",
  "#theme=housing.no_water&incident=5&alert=17&lang=ru",
  "#tab=analysis&by=district&cross=agency,deadline&wide=1&lang=en",
  "#tab=analysis&worst=1&channel=vk_social%20social&lang=en",
  "#window=all&theme=roads.pothole&status=open&lang=en",
  "#window=7d&district=03401&cells=862d50_a2.aa,872d50a2c&lang=en",
]) {
  test(`what is read from ${address} is written again`, () => {
    assert.equal(writeView(readView(address, []), address), address);
  });
}

test("the map's part of the address stays as the map wrote it", () => {
  assert.equal(writeView({ ...START, sectors: ["energy"] }, "#map=8/1/2&sector=roads"), "#map=8/1/2&sector=energy&lang=en");
});

test("the tiles are asked for with the same words as the address", () => {
  const view = readView("#sector=roads,waste&status=closed&window=24h&measure=open", []);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(selectionQuery(view))), {
    sector: "roads,waste",
    status: "closed",
    window: "24h",
    measure: "open",
  });
});

test("the level is one of districts only", () => {
  assert.equal(selectionQuery(readView("#layer=districts&level=region", [])), "window=30d&level=region");
  assert.equal(countedQuery(readView("#layer=districts&level=region", [])), "window=30d");
  assert.equal(selectionQuery(readView("#level=region", [])), "window=30d");
});

test("all data are asked for from a day before any data", () => {
  assert.equal(selectionQuery(readView("#window=all", [])), "from=1970-01-02");
});

test("numbers beside the map do not depend on how it is coloured", () => {
  const view = readView("#sector=roads&window=24h&measure=change&compare=year&breaks=natural", []);
  assert.equal(countedQuery(view), "sector=roads&window=24h");
  assert.equal(countedQuery(view, { compare: "previous", sector: "" }), "window=24h&compare=previous");
});

test("a reader whose system is dark sees it dark, unless the address says otherwise", () => {
  assert.equal(readView("", [], true).scheme, "dark");
  assert.equal(readView("#scheme=light", [], true).scheme, "light");
});

test("a cross-table that the address cannot mean is the first one, and states are not set side by side", () => {
  for (const cross of ["theme,theme", "theme", "nonsense,status", ""])
    assert.deepEqual(readView(`#cross=${cross}`, []).cross, ["theme", "status"]);
  assert.equal(readView("#by=status", []).by, "sector");
});

test("what the query says stands behind # as well, and the hash wins", () => {
  assert.equal(queryIntoHash("?lang=ru&map=7/45/38.9&window=7d", ""), "#lang=ru&map=7/45/38.9&window=7d");
  assert.equal(queryIntoHash("?lang=ru&window=7d", "#window=30d&tab=now"), "#lang=ru&window=30d&tab=now");
  assert.equal(readView(queryIntoHash("?lang=ru&district=03", "#"), ["en"]).language, "ru");
});
