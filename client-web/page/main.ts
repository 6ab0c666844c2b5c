import "./language.js";
import "../src/element/define.js";
import { followPath } from "./paths.js";

const element = document.querySelector("claviger-auth");
if (element) {
  // This page is for nothing else. Where an element is embedded, its page decides.
  element.autofocus = true;
  followPath(element);
}
