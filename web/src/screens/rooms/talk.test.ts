import { expect, test } from "vitest";

import { namedIn, offeredFor, parts, typedName } from "./talk";

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
  expect(namedIn("@민아 @Ada", PEOPLE)).toEqual(["usr_c", "usr_a"]);
});

test("nobody is named by an address, or by a word that only begins like their name", () => {
  for (const text of ["ada@Ada.org", "x.@Ada", "@Adam", "@Ada2", "민아", "@ 민아"]) expect(namedIn(text, PEOPLE), text).toEqual([]);
  for (const text of ["(@Ada)", "@Ada,", "@Ada님", "@Ada's", "„@Ada“", "@민아가", "@민아님과"]) expect(namedIn(text, PEOPLE), text).toEqual([text.includes("민아") ? "usr_c" : "usr_a"]);
});

test("of two with one name, whoever was chosen is meant, and of those who are not in the room any more, too", () => {
  const twins = [...PEOPLE, { user_id: "usr_d", display_name: "Ada" }];
  expect(namedIn("@Ada", twins)).toEqual([]);
  expect(namedIn("@Ada", twins, twins.slice(3))).toEqual(["usr_d"]);
  expect(namedIn("@Ada and @Ada", twins, [twins[3], twins[0]].filter((one) => one !== undefined))).toEqual(["usr_d", "usr_a"]);
  expect(namedIn("@Bob, @민아", PEOPLE, [{ user_id: "usr_b", display_name: "Bob" }])).toEqual(["usr_b", "usr_c"]);
  expect(namedIn("nobody", PEOPLE, PEOPLE)).toEqual([]);
});

test("a name of several words is offered until it stands there", () => {
  const offered = (typed: string): string[] => offeredFor(typed, PEOPLE).map(({ user_id }) => user_id);
  expect(offered("")).toEqual(["usr_a", "usr_b", "usr_c"]);
  expect(offered("byr")).toEqual(["usr_b"]);
  expect(offeredFor("ada b", PEOPLE.slice(1)).map(({ user_id }) => user_id)).toEqual(["usr_b"]);
  for (const typed of ["Ada ", "Ada Byron ", "Ada what", "x y"]) expect(offered(typed), typed).toEqual([]);
});

test("behind an @ a name is being typed", () => {
  expect(typedName("Hi @Ad", 6)).toEqual({ from: 3, typed: "Ad" });
  expect(typedName("@", 1)).toEqual({ from: 0, typed: "" });
  expect(typedName("Hi @Ad", 4)).toEqual({ from: 3, typed: "" });
  expect(typedName("Hi @Ada Lov", 11)).toEqual({ from: 3, typed: "Ada Lov" });
  for (const text of ["Hi", "a@b", "@ Ada", "@Ada\n", "@a@", `@${"a".repeat(81)}`]) expect(typedName(text, text.length), text).toBeUndefined();
});
