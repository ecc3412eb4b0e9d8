// Lays the files that the page sends into frontend/dist, from where they are packaged. `npm run vendor` comes first.
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FRONTEND = fileURLToPath(new URL("..", import.meta.url));
const DIST = `${FRONTEND}dist`;
/** Folders of the frontend that are not sent. */
const LEFT_OUT = new Set(["dist", "scripts", "tests"]);

if (!existsSync(`${FRONTEND}vendor`)) throw new Error("frontend/vendor is missing: run `npm run vendor` first");
rmSync(DIST, { recursive: true, force: true });
for (const name of readdirSync(FRONTEND).filter((entry) => !LEFT_OUT.has(entry) && !entry.startsWith("."))) {
  cpSync(`${FRONTEND}${name}`, `${DIST}/${name}`, { recursive: true });
}
