import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { parentOf, resolutionOf, zoomsOf } from "../src/page/hexagon.js";
import { readView } from "../src/page/url.js";
import { ageText, dueText } from "../src/parts/incident_row.js";
import { boundsOf, commonDistrict, narrower, placeAddress } from "../src/panels/place_answers.js";
import { directionOf, distanceKm, nearestOf } from "../src/panels/directions.js";
import { ladderWith } from "../src/panels/place_incident.js";
import { formatSpan } from "../src/words/i18n.js";

const address = (/** @type {string} */ hash) =>
  placeAddress(/** @type {import("../src/page/state.js").State} */ ({ view: readView(hash, ["en"]) }));

test("a place is asked about with the selection, against the window before", () => {
  assert.equal(address("#sector=roads&layer=districts&cell=03 401"), "/api/districts/03%20401?sector=roads&window=30d&compare=previous");
  assert.equal(address("#window=7d&compare=year&measure=open&cell=862d73427ffffff"), "/api/cells/862d73427ffffff?window=7d&compare=year");
  assert.equal(address("#sector=roads&cell=862d73427ffffff&incident=17"), "/api/incidents/17");
  assert.equal(address("#sector=roads"), null);
});

test("all data have no window before them", () => {
  assert.equal(address("#window=all&layer=districts&cell=T"), "/api/districts/T?from=1970-01-02");
});

/** From the h3 library of Python. */
for (const [cell, resolution, parent] of /** @type {[string, number, string][]} */ ([
  ["8a2d73424b57fff", 0, "802dfffffffffff"],
  ["8a2d73424b57fff", 6, "862d73427ffffff"],
  ["892d73424b7ffff", 3, "832d73fffffffff"],
  ["862d73427ffffff", 6, "862d73427ffffff"],
])) {
  test(`${parent} is around ${cell}`, () => {
    assert.equal(parentOf(cell, resolution), parent);
    assert.equal(resolutionOf(parent), resolution);
  });
}

test("hexagons are shown at the zooms at which the tiles hold them", () => {
  // _RESOLUTIONS of geo_service/tiles/encoding/grid.py, by whole zoom.
  const tiles = [1, 2, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 9, 10, 10, 10, 10];
  for (const [zoom, resolution] of tiles.entries()) {
    const [from, to] = zoomsOf(resolution);
    assert.ok(from <= zoom && zoom < to, `${resolution} at ${zoom}`);
  }
  for (const [zoom, resolution] of [...tiles.slice(1), tiles.at(-1) ?? 0].entries()) {
    const [from, to] = zoomsOf(resolution, 1);
    assert.ok(from <= zoom && zoom < to, `${resolution} at ${zoom}, where they are finer`);
  }
});

test("neighbours lie where a compass says, also across the antimeridian", () => {
  const at = { lng: 39, lat: 45 };
  for (const [lng, lat, direction] of /** @type {[number, number, string][]} */ ([
    [39, 45.1, "n"],
    [39.1, 45.07, "ne"],
    [39.1, 45, "e"],
    [39, 44.9, "s"],
    [38.9, 45, "w"],
    [38.9, 45.07, "nw"],
    [39.1, 44.93, "se"],
    [38.9, 44.93, "sw"],
  ]))
    assert.equal(directionOf(at, { lng, lat }), direction);
  assert.equal(directionOf({ lng: 179.95, lat: 66 }, { lng: -179.95, lat: 66 }), "e");
  assert.equal(directionOf({ lng: -179.95, lat: 66 }, { lng: 179.95, lat: 66 }), "w");
});

test("a place is called by the nearest settlement, also across the antimeridian, and by none that is far", () => {
  const at = { lng: 39, lat: 45 };
  const [near, far] = [
    { lng: 39.05, lat: 45.02, name: "near" },
    { lng: 39.5, lat: 45, name: "far" },
  ];
  assert.equal(nearestOf(at, [far, near], 10), near);
  assert.deepEqual([nearestOf(at, [far], 10), nearestOf(at, [], 10)], [null, null]);
  // 0.5 degrees of longitude at 45 degrees north, by the haversine formula: 39.31 km.
  assert.ok(Math.abs(distanceKm(at, far) - 39.31) < 0.1);
  assert.ok(distanceKm({ lng: 179.95, lat: 66 }, { lng: -179.95, lat: 66 }) < 5);
});

test("the box around a district over the antimeridian is not the whole world", () => {
  const box = (/** @type {number} */ west, /** @type {number} */ east) => [
    [
      [west, 66],
      [east, 66],
      [east, 67],
      [west, 67],
      [west, 66],
    ],
  ];
  assert.deepEqual(boundsOf({ geometry: { coordinates: [box(178, 180), box(-180, -178.5)] } }), [178, 66, 181.5, 67]);
  assert.deepEqual(boundsOf({ geometry: { coordinates: box(38, 39) } }), [38, 66, 39, 67]);
});

test("incidents are listed of the district, or of what is selected within it", () => {
  const answer = /** @type {import("../src/page/answer_types.js").DistrictAnswer} */ ({
    district: { code: "23" },
    ancestors: [{ code: "R" }],
  });
  assert.equal(narrower("/api/districts/23?window=7d", answer), "23");
  assert.equal(narrower("/api/districts/23?district=R,X", answer), "23");
  assert.equal(narrower("/api/districts/23?district=231", answer), "231");
});

test("a hexagon belongs where most of its latest incidents lie", () => {
  const of = (/** @type {(string | null)[]} */ ...codes) =>
    commonDistrict(codes.map((district) => /** @type {import("../src/page/answer_types.js").Incident} */ ({ district })));
  assert.equal(of("a", null, "b", "b"), "b");
  assert.equal(of(null), null);
  assert.equal(of(), null);
});

test("the ladder holds the steps that lead to a status", () => {
  assert.deepEqual(ladderWith("in_work"), ["new", "assigned", "in_work", "interim", "answered", "closed"]);
  assert.deepEqual(ladderWith("returned"), ["new", "assigned", "in_work", "interim", "answered", "returned", "closed"]);
  assert.deepEqual(ladderWith("duplicate"), ["new", "duplicate"]);
});

const NOON = Date.UTC(2026, 10, 25, 12);
const due = (/** @type {string | null} */ at, status = "new", /** @type {string | null} */ answered = null) => ({
  status,
  due_at: at,
  answered_at: answered,
});

test("deadlines are told from now on, of what is still open", () => {
  assert.equal(dueText("en", due("2026-11-25T09:00:00Z"), NOON), "overdue by 3 hr");
  assert.equal(dueText("ru", due("2026-11-25T09:00:00Z"), NOON), "просрочено на 3 ч");
  assert.equal(dueText("en", due("2026-11-26T16:00:00Z", "returned"), NOON), "due in 1 day 4 hr");
  assert.equal(dueText("en", due(null), NOON), "no deadline");
  assert.equal(dueText("en", due("2026-11-25T09:00:00Z", "closed"), NOON), "");
});

test("what was answered is not said to be overdue, until it is sent back", () => {
  assert.equal(dueText("en", due("2026-11-25T09:00:00Z", "answered", "2026-11-25T08:00:00Z"), NOON), "answered on time");
  assert.equal(dueText("ru", due("2026-11-25T09:00:00Z", "in_work", "2026-11-25T10:00:00Z"), NOON), "ответ с опозданием");
  assert.equal(dueText("ru", due("2026-11-25T09:00:00Z", "returned", "2026-11-25T08:00:00Z"), NOON), "просрочено на 3 ч");
  assert.equal(dueText("en", due("2026-11-25T09:00:00Z", "closed", "2026-11-25T08:00:00Z"), NOON), "");
});

test("a clock that is slow by a second does not see into the future", () => {
  assert.equal(ageText("en", { received_at: "2026-11-25T12:00:01Z" }, NOON), "0 sec. ago");
});

test("spans are told in the units that say enough", () => {
  assert.deepEqual(
    [59, 3599, 7260, 90_000, 86_400, 400_000].map((seconds) => formatSpan("en", seconds)),
    ["0 min", "59 min", "2 hr", "1 day 1 hr", "1 day", "4 days"],
  );
  assert.equal(formatSpan("ru", 7260), "2 ч");
});
