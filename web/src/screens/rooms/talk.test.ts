import { expect, test } from "vitest";

import { namedIn, parts, typedName } from "./talk";

const PEOPLE = [
  { user_id: "usr_a", display_name: "Ada" },
  { user_id: "usr_b", display_name: "Ada Byron" },
  { user_id: "usr_c", display_name: "민아" },
];
const NAMES = PEOPLE.map(({ display_name }) => display_name);

test("a text names those whose name stands behind an @, the longer of two that begin alike", () => {
  expect(parts("Hi @Ada Byron, and @민아!", NAMES)).toEqual([
    { text: "Hi ", isName: false },
    { text: "@Ada Byron", isName: true },
    { text: ", and ", isName: false },
    { text: "@민아", isName: true },
    { text: "!", isName: false },
  ]);
  expect(parts("a@b.org @nobody", NAMES)).toEqual([{ text: "a@b.org @nobody", isName: false }]);
  expect(namedIn("@민아 @Ada", PEOPLE)).toEqual(["usr_a", "usr_c"]);
});

test("behind an @ a name is being typed, until a space", () => {
  expect(typedName("Hi @Ad", 6)).toEqual({ from: 3, typed: "Ad" });
  expect(typedName("@", 1)).toEqual({ from: 0, typed: "" });
  expect(typedName("Hi @Ad", 4)).toEqual({ from: 3, typed: "" });
  for (const text of ["Hi", "a@b", "@Ada ", "@a@"]) expect(typedName(text, text.length), text).toBeUndefined();
});
