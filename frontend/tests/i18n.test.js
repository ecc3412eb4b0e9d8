import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { countOf, counted, fill, formatAgo, formatNumber, formatShare, sentence, words } from "../src/words/i18n.js";

/** Space characters that number formats use, made plain. @param {string} text */
const plain = (text) => text.replaceAll(/\s/g, " ");

test("Russian counts take the form that the number asks for", () => {
  const count = (/** @type {number} */ number) => plain(counted("ru", number, words("ru").messages));
  assert.deepEqual([0, 1, 2, 5, 11, 21, 112, 302, 421].map(count), [
    "0 сообщений",
    "1 сообщение",
    "2 сообщения",
    "5 сообщений",
    "11 сообщений",
    "21 сообщение",
    "112 сообщений",
    "302 сообщения",
    "421 сообщение",
  ]);
});

test("English counts know one and many", () => {
  assert.equal(counted("en", 1, words("en").messages), "1 incident");
  assert.equal(counted("en", 12345, words("en").messages), "12,345 incidents");
});

test("numbers and shares are written as the language writes them", () => {
  assert.equal(plain(formatNumber("ru", 1234567)), "1 234 567");
  assert.equal(formatShare("en", 0.256), "26%");
  assert.equal(plain(formatShare("ru", 0.256)), "26 %");
});

test("a moment ago is said in the largest unit that fits", () => {
  assert.equal(formatAgo("en", 59.9), "59 sec. ago");
  assert.equal(formatAgo("en", 60), "1 min. ago");
  assert.equal(formatAgo("en", 7300), "2 hr. ago");
  assert.equal(formatAgo("en", 3 * 86_400), "3 days ago");
});

test("a template keeps what it has no value for", () => {
  assert.equal(fill("{first} to {last}", { first: 1 }), "1 to {last}");
});

test("numbers of a place make one sentence", () => {
  assert.equal(sentence("en", { n: 2, open: 1, overdue: 0 }), "2 incidents, 1 open, 0 overdue");
  assert.equal(sentence("ru", { n: 2, open: 1, overdue: 0 }), "2 сообщения, 1 открытое, 0 просроченных");
});

test("each measure names the count that it shows", () => {
  assert.deepEqual([countOf("count"), countOf("open"), countOf("overdue")], ["n", "open", "overdue"]);
});

test("templates of both languages hold the same places to fill", () => {
  const places = (/** @type {unknown} */ text) => (typeof text === "string" ? [...text.matchAll(/\{\w+\}/g)].map(String).sort() : []);
  const [en, ru] = [words("en"), words("ru")];
  for (const key of /** @type {(keyof typeof en)[]} */ (Object.keys(en))) assert.deepEqual(places(ru[key]), places(en[key]), key);
});
