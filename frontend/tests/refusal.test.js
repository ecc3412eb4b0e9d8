import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { refusalText } from "../src/words/refusal.js";

/** @import { Problem } from "../src/page/state.js" */

const refused = (/** @type {Partial<Problem>} */ about) =>
  /** @type {Problem} */ ({ kind: "refused", id: "", detail: "sector: 'nope' is not known; allowed: a, b", ...about });

test("a refused choice is one sentence in the reader's language, with a few allowed values by name", () => {
  const allowed = [...Array.from({ length: 50 }, (_, at) => `theme_${at}`), "and 12 more"];
  const names = { theme_0: { ru: "Нет воды", en: "No water" }, theme_1: { ru: "Ямы", en: "Potholes" } };
  const problem = refused({ code: "unknown-value", parameter: "theme", value: "nope", allowed, names });
  assert.equal(
    refusalText("ru", problem),
    "Тема: значения «nope» нет. Допустимо: Нет воды, Ямы, theme_2, theme_3, theme_4, theme_5, theme_6, theme_7 и ещё 54.",
  );
  assert.match(refusalText("en", problem), /^Theme: there is no “nope”. Allowed: No water, Potholes, .* and 54 more.$/);
});

test("a value that the page itself has a name for is called by it", () => {
  const problem = refused({
    code: "needs-comparison",
    parameter: "measure",
    value: "change",
    allowed: "this measure together with compare=previous",
  });
  assert.equal(refusalText("ru", problem), "Показатель «Изменение» доступен только при сравнении с другим периодом.");
  const status = refused({ code: "unknown-value", parameter: "status", value: "lost", allowed: ["open", "returned"] });
  assert.equal(refusalText("ru", status), "Статус: значения «lost» нет. Допустимо: все открытые, возвращено на доработку.");
});

test("who writes the address reads parameter and values as they stand there", () => {
  const problem = refused({ code: "unknown-value", parameter: "status", value: "lost", allowed: ["open", "returned"] });
  assert.equal(refusalText("ru", problem, true), "status: значения «lost» нет. Допустимо: open, returned.");
});

test("the service's English is never shown, whatever it refuses", () => {
  for (const code of ["invalid-value", "a code of a later version", undefined]) {
    const text = refusalText("ru", refused({ code, parameter: "window", value: "7q", allowed: "a number and h, d, w or y" }));
    assert.doesNotMatch(text, /[a-z]{4,}/, text);
  }
  assert.equal(refusalText("ru", refused({})), "Сервис отклонил запрос.");
  assert.equal(
    refusalText("ru", refused({ code: "unknown-parameter", parameter: "sectr", allowed: ["sector", "theme"] })),
    "Параметра «sectr» нет.",
  );
});
