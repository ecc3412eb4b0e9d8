/** The page on a wall. What it shows changes by itself; its address stays as somebody wrote it. */

import { createPage, startPage } from "./page/start.js";
import { assembleWall, wallOfAddress } from "./wall/wall.js";

startPage(createPage(wallOfAddress().view), assembleWall);
