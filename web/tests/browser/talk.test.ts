import { expect, test } from "vitest";

import { type Person, house } from "./house";
import { publish, room } from "./room";

const campanile = house();

test("what two people say, think and are called by is seen by the other at once, and who is there", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  const id = await room(ada, "Choir", bob);
  const { event_id } = (await publish(bob, id, "concert.planned", { where: "Town hall" })) as { event_id: string };
  for (const { page } of [ada, bob]) await page.goto(`/rooms/${id}`);
  await ada.page.getByText("Here now: Bob").waitFor();
  await bob.page.getByText("Here now: Ada").waitFor();
  const line = ({ page }: Person, text: string): ReturnType<typeof page.locator> => page.getByRole("log").getByRole("listitem").filter({ hasText: text });

  // A message that names somebody, by the keyboard alone.
  await ada.page.getByLabel("Write to the room").fill("Who brings the scores, @B");
  await ada.page.getByRole("option", { name: "Bob" }).waitFor();
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.type("?");
  await ada.page.keyboard.press("Enter");
  await line(bob, "Who brings the scores, @Bob ?").waitFor();
  await expect.poll(async () => (await bob.api<{ items: { type: string }[] }>("GET", "notifications")).items.map(({ type }) => type)).toEqual(["mention"]);

  // A reaction, and taken back.
  await bob.page.bringToFront();
  await line(bob, "Who brings").getByRole("button", { name: "React", exact: true }).click();
  await bob.page.getByRole("button", { name: "React with 👀" }).click();
  await line(ada, "Who brings").getByRole("button", { name: "👀 1", exact: true }).waitFor();
  await line(bob, "Who brings").getByRole("button", { name: "👀 1, you too" }).click();
  await line(ada, "Who brings").getByRole("button", { name: /👀/ }).waitFor({ state: "detached" });

  // An answer to what a program told, changed, and deleted by an owner.
  await bob.page.locator(`[data-item="${event_id}"]`).getByRole("button", { name: "Answer" }).click();
  await bob.page.getByText("About: concert.planned").waitFor();
  await bob.page.getByLabel("Write to the room").fill("I doo");
  await bob.page.getByRole("button", { name: "Send" }).click();
  await line(ada, "I doo").getByText("concert.planned").waitFor();
  await line(bob, "I doo").getByRole("button", { name: "Edit" }).click();
  await bob.page.getByRole("dialog", { name: "Edit" }).getByLabel("Text").fill("I do");
  await bob.page.getByRole("dialog", { name: "Edit" }).getByRole("button", { name: "Save" }).click();
  await line(ada, "I do").getByText("edited").waitFor();
  await ada.page.bringToFront();
  await line(ada, "I do").getByRole("button", { name: "Delete" }).click();
  await ada.page.getByRole("dialog", { name: "Delete for good" }).getByRole("button", { name: "Delete" }).click();
  await line(bob, "I do").waitFor({ state: "detached" });

  // Who goes is gone.
  await ada.page.close();
  await bob.page.getByText("Here now: Ada").waitFor({ state: "detached" });
});

test("a schedule is shared with a room, moves there when it is moved, and goes when it is deleted", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  const id = await room(ada, "Choir", bob);
  const start = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const { id: plan } = await ada.api<{ id: string }>("POST", "schedules", { title: "Practice", description: "Nobody reads this", start, duration: "PT1H", reminders: [] });
  for (const { page } of [ada, bob]) await page.goto(`/rooms/${id}`);
  await ada.page.getByRole("button", { name: "Shared schedules" }).click();
  await ada.page.getByRole("dialog", { name: "Shared schedules" }).getByRole("button", { name: /Practice/ }).click();
  await ada.page.getByText("“Practice” is shared").waitFor();
  const card = bob.page.locator(`[data-item="${plan}"]`);
  await card.getByText("Practice").waitFor();
  expect(await card.getByRole("link").count()).toBe(0);
  await ada.api("PATCH", `schedules/${plan}`, { title: "Rehearsal" }, { "if-match": "*" });
  await card.getByText("Rehearsal").waitFor();
  await bob.page.getByRole("log").getByText(/Ada changed “Rehearsal”/).waitFor();
  expect(await bob.page.getByText("Nobody reads this").count()).toBe(0);
  await ada.api("DELETE", `schedules/${plan}`);
  await card.getByText("shared no longer").waitFor();
});

test("what is refused was never said, and is there to be sent again", async () => {
  const ada = await campanile.person("Ada");
  const id = await room(ada, "Quiet");
  await ada.page.goto(`/rooms/${id}`);
  const field = ada.page.getByLabel("Write to the room");
  await ada.page.route("**/comments", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ type: "x", title: "No", status: 503, code: "x", detail: "not just now", trace_id: "" }) }));
  await field.fill("Is anybody there?");
  await ada.page.keyboard.press("Enter");
  await ada.page.getByText("Not just now.").waitFor();
  expect(await field.inputValue()).toBe("Is anybody there?");
  expect(await ada.page.getByRole("log").getByText("Is anybody there?").count()).toBe(0);
  await ada.page.unroute("**/comments");
  await field.focus();
  await ada.page.keyboard.press("Enter");
  await ada.page.getByRole("log").getByText("Is anybody there?").waitFor();
  await expect.poll(async () => (await ada.api<{ comments: unknown[] }>("GET", `rooms/${id}/comments`)).comments.length).toBe(1);
  await ada.page.getByText("on its way").waitFor({ state: "detached" });
  expect(await ada.page.getByRole("log").getByText("Is anybody there?").count()).toBe(1);
});

test("what is said while something waits is said after it", async () => {
  const ada = await campanile.person("Ada");
  const id = await room(ada, "Ordered");
  await ada.page.goto(`/rooms/${id}`);
  const field = ada.page.getByLabel("Write to the room");
  // What is not sent is sent again, but this one does not arrive the second time either.
  await ada.page.route("**/comments", (route) => route.abort(), { times: 2 });
  for (const text of ["Shall we?", "No, the other one"]) {
    await field.fill(text);
    await ada.page.keyboard.press("Enter");
    await ada.page.getByRole("log").getByText(text).waitFor();
  }
  await ada.page.getByText("on its way").first().waitFor({ state: "detached" });
  const { comments } = await ada.api<{ comments: { text: string }[] }>("GET", `rooms/${id}/comments`);
  expect(comments.map(({ text }) => text)).toEqual(["No, the other one", "Shall we?"]);
});

test("a message whose answer is lost is said once, and of a reaction stays what was pressed last", async () => {
  const ada = await campanile.person("Ada");
  const id = await room(ada, "Lossy");
  await ada.page.goto(`/rooms/${id}`);
  const said = ada.page.getByRole("log").getByRole("listitem").filter({ hasText: "Did you hear that?" });
  let sent: string[] = [];
  ada.page.on("request", (request) => {
    if (/comments$|reactions/.test(request.url())) sent.push(request.method());
  });
  // The server takes it, and nobody here hears so.
  await ada.page.route("**/comments", async (route) => (await route.fetch(), route.abort()), { times: 1 });
  const field = ada.page.getByLabel("Write to the room");
  await field.fill("Did you hear that?");
  await ada.page.keyboard.press("Enter");
  await said.getByRole("button", { name: "React" }).waitFor();
  await expect.poll(() => sent).toEqual(["POST", "POST"]);
  await ada.page.getByText("waits to be sent").waitFor({ state: "detached" });
  expect([await field.inputValue(), await said.count()]).toEqual(["", 1]);
  expect((await ada.api<{ comments: unknown[] }>("GET", `rooms/${id}/comments`)).comments.length).toBe(1);

  sent = [];
  let arrive = (): void => undefined;
  const arrival = new Promise<void>((resolve) => (arrive = resolve));
  await ada.page.route("**/reactions/**", async (route) => (await arrival, route.continue()), { times: 1 });
  await said.getByRole("button", { name: "React", exact: true }).click();
  await ada.page.getByRole("button", { name: "React with 👀" }).click();
  await said.getByRole("button", { name: "👀 1, you too" }).click();
  await said.getByRole("button", { name: /👀/ }).waitFor({ state: "detached" });
  expect(sent).toEqual(["PUT"]);
  arrive();
  await expect.poll(() => sent).toEqual(["PUT", "DELETE"]);
  await expect.poll(async () => (await ada.api<{ comments: { reactions: unknown[] }[] }>("GET", `rooms/${id}/comments`)).comments[0]?.reactions).toEqual([]);
});

test("whoever goes by the keys and the ear keeps their place, and hears once what others do", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  const id = await room(ada, "Keys", bob);
  await Promise.all(Array.from({ length: 60 }, (_, n) => publish(bob, id, "step.done", { n })));
  await ada.page.goto(`/rooms/${id}`);
  const { page } = ada;
  const focused = (): Promise<string> => page.evaluate(() => `${document.activeElement?.getAttribute("role") ?? document.activeElement?.tagName ?? ""} ${document.activeElement?.getAttribute("aria-label") ?? ""}`);
  const announced = page.locator("section").getByRole("status");
  // Back in the past, to its beginning: nothing of it is news.
  await page.getByRole("button", { name: "Show earlier" }).press("Enter");
  await page.getByText("Ada made the room").waitFor({ state: "attached" });
  await expect.poll(focused).toBe("log What happened here");
  expect(await announced.innerText()).toBe("");

  // From the buttons of the room one comes to the field at once.
  await page.getByRole("button", { name: "Leave the room" }).focus();
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("TEXTAREA Write to the room");
  await page.keyboard.type("What I say, I know");
  await page.keyboard.press("Enter");
  await page.getByText("What I say, I know").waitFor();
  await bob.api("POST", `rooms/${id}/comments`, { text: "And what I say?" });
  await expect.poll(() => announced.innerText()).toBe("Bob: And what I say?");

  // By Tab to the story and to what can be done with its newest line, by the arrows to the others.
  await page.getByRole("log").focus();
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("BUTTON React");
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest("[data-item]")?.textContent)).toContain("And what I say?");
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain("What I say, I know");
  for (let at = 0; at < 5; at++) await page.keyboard.press("Tab");
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest("[role=log]"))).toBe(null);

  // The palette, a reaction taken back, and a message deleted leave one where one was, or near.
  const line = page.getByRole("log").getByRole("listitem").filter({ hasText: "What I say, I know" });
  const react = line.getByRole("button", { name: "React", exact: true });
  for (const leave of ["Escape", "Enter"]) {
    await react.press("Enter");
    await page.getByRole("button", { name: "React with 👍" }).press(leave);
    await expect.poll(focused).toBe("BUTTON React");
  }
  await line.getByRole("button", { name: /👍/ }).press("Enter");
  await line.getByRole("button", { name: /👍/ }).waitFor({ state: "detached" });
  await expect.poll(focused).toBe("BUTTON React");
  await line.getByRole("button", { name: "Delete" }).press("Enter");
  await page.getByRole("dialog", { name: "Delete for good" }).getByRole("button", { name: "Delete" }).press("Enter");
  await line.waitFor({ state: "detached" });
  await expect.poll(focused).toBe("TEXTAREA Write to the room");
});
