import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceRoot } from "../src/page/service.js";

test("the service's address is what stands before the page's own name, with the path that a proxy gave it", () => {
  assert.equal(serviceRoot("https://map.example.org/#map=7/45/38.9"), "https://map.example.org");
  assert.equal(serviceRoot("https://map.example.org/?view=wall#lang=ru"), "https://map.example.org");
  assert.equal(serviceRoot("https://example.org/geo/"), "https://example.org/geo");
  assert.equal(serviceRoot("https://example.org/geo/embed?sector=roads/x#a/b"), "https://example.org/geo");
});
