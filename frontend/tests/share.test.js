import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { readFrame } from "../src/embed/frame_view.js";
import { readView, selectionQuery } from "../src/page/url.js";
import { addressesOf } from "../src/panels/files.js";
import { sharedAs } from "../src/panels/share_addresses.js";

const HERE = "https://map.example.org";
const VIEW = readView(
  "#sector=roads,waste&window=7d&compare=previous&measure=change&breaks=-0.5,0.5&status=open&layer=districts&level=region&tab=share&scheme=dark&lang=ru",
  ["en"],
);
const shared = sharedAs(VIEW, "7.50/45.0000/38.9000", HERE, 'Map "A" & <B>');
const undone = (/** @type {string} */ text) => text.replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
const READER = { languages: ["en"], dark: false };

test("the link opens the same view, without the panel that it stands in", () => {
  const { hash } = new URL(shared.link);
  assert.equal(new URLSearchParams(hash.slice(1)).get("map"), "7.50/45.0000/38.9000");
  assert.deepEqual(readView(hash, ["en"]), { ...VIEW, tab: "overview" });
});

test("the frame shows the same selection, colours and place", () => {
  const [, src = "", title = ""] = /^<iframe src="([^"]*)" title="([^"]*)"/.exec(shared.frame) ?? [];
  const { view, place, fault, follows } = readFrame(new URL(undone(src)).search, READER);
  assert.deepEqual([undone(title), fault, follows, place], ['Map "A" & <B>', null, false, { zoom: 7.5, center: [38.9, 45] }]);
  assert.deepEqual([view.layer, view.scheme, view.language], ["districts", "dark", "ru"]);
  assert.deepEqual(
    Object.fromEntries(new URLSearchParams(selectionQuery(view))),
    Object.fromEntries(new URLSearchParams(selectionQuery(VIEW))),
  );
});

test("the element has the frame's parameters as attributes", () => {
  const attributes = Object.fromEntries(
    [...(/<heat-map([^>]*)>/.exec(shared.element)?.[1]?.matchAll(/ ([a-z]+)="([^"]*)"/g) ?? [])].map(([, name, value]) => [
      name,
      undone(value ?? ""),
    ]),
  );
  const { label, ...parameters } = attributes;
  const [, src = ""] = /src="([^"]*)"/.exec(shared.frame) ?? [];
  assert.deepEqual(parameters, Object.fromEntries(new URL(undone(src)).searchParams));
  assert.match(shared.element, /^<script type="module" src="https:\/\/map\.example\.org\/heat-map\.js"><\/script>/);
});

test("tiles, style and files are of the same selection", () => {
  const query = (/** @type {string} */ address) => decodeURIComponent(new URL(address).search);
  const selection = "?sector=roads,waste&status=open&window=7d&compare=previous&measure=change&breaks=-0.5,0.5&level=region";
  assert.deepEqual([new URL(shared.tilejson).pathname, query(shared.tilejson)], ["/tiles/districts.json", selection]);
  assert.deepEqual([new URL(shared.style).pathname, query(shared.style)], ["/styles/districts.json", `${selection}&scheme=dark&lang=ru`]);
});

test("files are of what is on the screen: hexagons as large as drawn, districts, messages, time", () => {
  const legend = /** @type {import("../src/page/state.js").Legend} */ ({ resolution: 6 });
  const summary = /** @type {import("../src/page/state.js").Summary} */ ({ n: 12_000 });
  const of = (/** @type {Parameters<typeof addressesOf>[0]} */ state) =>
    Object.fromEntries(addressesOf(state).map(({ kind, address, note }) => [kind, `${decodeURIComponent(address)} ${note}`.trim()]));
  const selection = "sector=roads,waste&status=open&window=7d";
  assert.deepEqual(of({ view: VIEW, legend, summary }), {
    hexes: `/api/cells?${selection}&compare=previous&measure=change&resolution=6`,
    districts: `/api/districts?${selection}&compare=previous&measure=change&level=region`,
    incidents: `/api/incidents?${selection}&order=received&limit=10000 первые 10 000 из 12 000`,
    timeline: `/api/timeline?${selection}&compare=previous`,
  });
  assert.deepEqual(Object.keys(of({ view: VIEW, legend: null, summary: null })), ["districts", "incidents", "timeline"]);
});

test("colours that follow the reader's system do so elsewhere", () => {
  const plain = sharedAs(readView("", ["en"]), "", HERE, "Map");
  assert.match(plain.frame, /src="https:\/\/map\.example\.org\/embed\?window=30d&amp;alerts=marks&amp;lang=en"/);
  assert.equal(plain.link, "https://map.example.org/#lang=en");
});
