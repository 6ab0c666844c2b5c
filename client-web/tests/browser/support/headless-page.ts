import { createClaviger } from "../../../src/index.js";

/** All that the blank page has: the headless client, as a page without a framework would load it. */
window.createClaviger = createClaviger;
