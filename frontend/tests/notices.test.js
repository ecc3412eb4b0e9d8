import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { problemText } from "../src/choice/notices.js";
import { staleText } from "../src/choice/staleness.js";
import { kindOf } from "../src/page/api.js";
import { readView } from "../src/page/url.js";

/** @typedef {import("../src/page/state.js").State} State */

test("what goes wrong is told by who can help it", () => {
  const kinds = [
    [400],
    [404],
    [500],
    [502],
    [504],
    [503, "/problems/not-ready"],
    [503, "/problems/overloaded"],
    [503, "/problems/database-unavailable"],
    [503],
  ];
  assert.deepEqual(
    kinds.map(([status, type]) => kindOf(Number(status), /** @type {string | undefined} */ (type))),
    ["refused", "refused", "failed", "unreachable", "unreachable", "loading", "busy", "busy", "loading"],
  );
  assert.match(
    problemText({ kind: "failed", detail: "", id: "1" }, "en"),
    /^An error has occurred in the service\. Retrying automatically\.$/,
  );
});

const NOON = Date.UTC(2026, 10, 25, 12);
const MINUTE = 60_000;
const state = (/** @type {State["live"]} */ live, language = "en") =>
  /** @type {State} */ (
    /** @type {unknown} */ ({
      live,
      summary: { generated_at: "2026-11-25T11:58:00Z", time_zone: "Europe/Moscow" },
      view: readView(`#lang=${language}`, []),
    })
  );

test("numbers are said to be old once the stream has been away for half a minute", () => {
  const away = (/** @type {number} */ ms) => state({ state: "away", at: NOON, since: NOON - ms });
  assert.equal(staleText(away(29_000), NOON), "");
  assert.match(staleText(away(2 * MINUTE), NOON), /^No updates for 2 min. Numbers as of Nov 25, 2026, 02:58 PM.$/);
});

test("a stream that has long told nothing is said to be silent", () => {
  const live = (/** @type {number} */ ms) => state({ state: "live", at: NOON - ms, since: null }, "ru");
  assert.equal(staleText(live(170 * MINUTE), NOON), "");
  assert.match(staleText(live(240 * MINUTE), NOON), /^Новых данных нет уже 4 ч: /);
});
