import { expect, test } from "vitest";
import { en } from "../languages/en.js";
import { fieldOf, problemText } from "./problem-text.js";

const BOUNDS = { minLength: 15, maxLength: 128 };

function text(field: string, reason: string): string {
  return problemText({ field, reason, description: "" }, en, BOUNDS);
}

test("a rule has the text of its field", () => {
  expect(text("username", "TOO_LONG")).toBe(en.problems.usernameTooLong);
});

test("every password field shares the rules of passwords", () => {
  expect(text("new_password", "TOO_SHORT")).toBe(text("password", "TOO_SHORT"));
});

test("the text for a short password contains the minimum length", () => {
  expect(text("new_password", "TOO_SHORT")).toContain("at least 15 characters");
});

test("a nested field is found by the last part of its path", () => {
  expect(fieldOf({ field: "passkey.name", reason: "TOO_LONG", description: "" })).toBe("name");
  expect(text("passkey.name", "TOO_LONG")).toBe(en.problems.nameTooLong);
});

test("a rule of a newer server has a text, too", () => {
  expect(text("username", "NOT_ON_MONDAYS")).toBe(en.problems.other);
});
