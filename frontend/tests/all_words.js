/** Imported first by tests of what speaks: the words of both languages, which a page loads when it needs them. */

import { loadWords } from "../src/words/i18n.js";

await Promise.all([loadWords("en"), loadWords("ru")]);
