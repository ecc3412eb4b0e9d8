/** The page on a wall. What it shows changes by itself; its address stays as somebody wrote it. */

import { start } from "./page/start.js";
import { begin, wallOfAddress } from "./wall/wall.js";

start(wallOfAddress().view, begin);
