import { chooseLanguage } from "../src/element/languages/choose-language.js";

// The page uses the first of the browser's languages that it supports; its HTML says English. This
// runs before the element is defined, so that the element never shows another language first.
document.documentElement.lang = chooseLanguage(navigator.languages);
