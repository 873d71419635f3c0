// One case of `bench recurrence`, by the npm package rrule: how many occurrences it finds, and the microseconds that takes.
import rrule from "rrule";

const [text, , millis, ...range] = process.argv.slice(2);
const ends = range.map((seconds) => new Date(Number(seconds) * 1000));

function expand() {
  const rules = rrule.rrulestr(text, { forceset: true, cache: false });
  return (ends.length ? rules.between(ends[0], ends[1], true) : rules.all()).length;
}

let found = 0;
let times = 0;
let took = 0;
for (const began = performance.now(); took < Number(millis) || times === 0; took = performance.now() - began) {
  found = expand();
  times += 1;
}
console.log(found, (took * 1000) / times);
