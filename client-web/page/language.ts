import { chooseLanguage } from "../src/element/languages/choose-language.js";

// The page speaks the first of the browser's languages that it knows; its HTML says English. This
// runs before the element is defined, so that the element never speaks another language first.
document.documentElement.lang = chooseLanguage(navigator.languages);
