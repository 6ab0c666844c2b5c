import { createClaviger } from "../../../src/index.js";

/** The script of the blank page: the headless client, as a page without a framework loads it. */
window.createClaviger = createClaviger;
