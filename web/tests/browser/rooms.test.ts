import { expect, test } from "vitest";

import { KOREAN, PHONE, PASSWORD, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Room {
  id: string;
  unread: number;
}

/** A room of `owner`, into which `others` have come. */
async function room(owner: Person, name: string, ...others: Person[]): Promise<string> {
  const { id } = await owner.api<Room>("POST", "rooms", { name });
  for (const other of others) {
    const { token } = await owner.api<{ token: string }>("POST", `rooms/${id}/invitations`, { role: "member" });
    await other.api("POST", "invitations/accept", { token });
  }
  return id;
}

function publish(person: Person, room_id: string, type: string, data: object): Promise<unknown> {
  return person.api("POST", "notifications/publish", { room_id, type, data });
}

/** How much is new in all rooms, as the navigation says. */
async function news({ page }: Person): Promise<string> {
  const badge = page.locator("[data-news]").first();
  return (await badge.count()) === 0 ? "0" : badge.innerText({ timeout: 1_000 }).catch(() => "going");
}

test("a room is made, somebody comes by a link and makes an account on the way, and each sees what the other does", async () => {
  const ada = await campanile.person("Ada", { at: "/rooms" });
  await ada.page.getByText("No rooms yet").waitFor();
  await ada.page.getByRole("button", { name: "New room" }).click();
  const making = ada.page.getByRole("dialog", { name: "New room" });
  await making.getByLabel("Name of the room").fill("Choir");
  await ada.page.keyboard.press("Enter");
  await ada.page.getByRole("heading", { level: 1, name: "Choir" }).waitFor();
  await ada.page.getByText("Ada made the room").waitFor();
  await ada.page.getByRole("button", { name: "People" }).click();
  const people = ada.page.getByRole("dialog", { name: "People" });
  await people.getByRole("button", { name: "Make a link" }).click();
  const link = await people.getByLabel("This is the link").inputValue();
  expect(new URL(link).search).toBe("");

  const { page } = await campanile.open();
  await page.goto(link);
  await page.getByRole("link", { name: /account|Sign up/i }).first().click();
  await page.getByLabel("E-mail address").fill(`bob-${String(process.pid)}@example.org`);
  await page.getByLabel("Name").fill("Bob");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.locator("form").getByRole("button", { name: /account|Sign up/i }).click();
  await page.getByRole("button", { name: "Join the room" }).click();
  await page.getByRole("heading", { level: 1, name: "Choir" }).waitFor();
  expect(page.url()).not.toContain("cmi_");
  await ada.page.getByText("Bob came in").waitFor();
  await people.getByText("Bob").first().waitFor();
  await people.getByText("1 came by it").waitFor();

  // Who was taken out sees nothing of it from that moment on.
  await people.getByRole("button", { name: "Take Bob out" }).click();
  await ada.page.getByRole("dialog", { name: "Take Bob out" }).getByRole("button", { name: "Take Bob out" }).click();
  await page.getByText("This room is not here").waitFor();
  expect(await page.getByText("came in").count()).toBe(0);
  await page.getByRole("button", { name: "All rooms" }).first().click();
  await page.getByText("No rooms yet").waitFor();
});

test("what is new is counted wherever one is, marked where it begins, and read on all devices when it was seen on one", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob", { at: "/today" })];
  const id = await room(ada, "Kitchen", bob);
  const { page: phone, context } = await campanile.open(PHONE);
  await context.addCookies(await bob.context.cookies());
  await phone.goto("/rooms");
  await phone.locator(`[data-room="${id}"]`).waitFor();
  for (const n of [1, 2, 3]) await publish(ada, id, "order.paid", { order: n, of: { table: [n] } });
  await expect.poll(() => news(bob)).toBe("3");
  await phone.locator(`[data-room="${id}"]`).getByText("3 unread").waitFor();

  await phone.locator(`[data-room="${id}"]`).click();
  const story = phone.getByRole("log");
  await story.getByText("New since you were here").waitFor();
  const lines = await story.getByRole("listitem").allInnerTexts();
  expect(lines.findIndex((line) => line.includes("New since"))).toBe(lines.findIndex((line) => line.includes("order.paid")) - 1);
  // Seen here is read there.
  await expect.poll(() => news(bob)).toBe("0");
  await bob.page.bringToFront();
  await bob.page.getByRole("link", { name: "Rooms" }).click();
  await bob.page.locator(`[data-room="${id}"]`).click();
  await bob.page.getByRole("heading", { level: 1, name: "Kitchen" }).waitFor();
  await bob.page.getByRole("log").getByText("order.paid").nth(2).waitFor();
  expect(await bob.page.getByText("New since you were here").count()).toBe(0);
  // What comes while one looks is read as it comes.
  await publish(ada, id, "kitchen.closed", { at: "22:00" });
  await bob.page.getByText("kitchen.closed").waitFor();
  await expect.poll(async () => (await bob.api<Room>("GET", `rooms/${id}`)).unread).toBe(0);
  await expect.poll(() => news(bob)).toBe("0");
});

test("a server that is killed under an open room is waited for, and nothing is lost or shown twice", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  const id = await room(ada, "Steadfast", bob);
  await bob.page.goto(`/rooms/${id}`);
  await bob.page.getByRole("heading", { level: 1, name: "Steadfast" }).waitFor();
  for (let n = 1; n <= 5; n++) await publish(ada, id, "step.done", { n: `number ${String(n)}` });
  await bob.page.getByText("number 5", { exact: true }).waitFor();
  await campanile.server.kill();
  await bob.page.getByText("Not connected. Trying again…").first().waitFor();
  await campanile.server.start();
  for (let n = 6; n <= 10; n++) await publish(ada, id, "step.done", { n: `number ${String(n)}` });
  await bob.page.getByText("number 10", { exact: true }).waitFor();
  const shown = await bob.page.getByRole("log").locator("[data-item] summary").allInnerTexts();
  expect(shown.map((text) => /number (\d+)/.exec(text)?.[1])).toEqual(Array.from({ length: 10 }, (_, n) => String(n + 1)));
});

test("a long history is shown from its end, and read back to its beginning", async () => {
  const ada = await campanile.person("Ada");
  const id = await room(ada, "Long");
  for (let n = 1; n <= 120; n++) await publish(ada, id, "step.done", { n: `number ${String(n)}` });
  await ada.page.goto(`/rooms/${id}`);
  await ada.page.getByText("number 120", { exact: true }).waitFor();
  expect(await ada.page.getByText("number 120", { exact: true }).isVisible()).toBe(true);
  const count = (): Promise<number> => ada.page.getByRole("log").locator("[data-item]").count();
  expect(await count()).toBe(50);
  const older = ada.page.getByRole("button", { name: "Show earlier" });
  for (const shown of [100, 121]) {
    await older.click();
    await expect.poll(count).toBe(shown);
  }
  await older.waitFor({ state: "detached" });
  await ada.page.getByText("Ada made the room").waitFor({ state: "attached" });
});

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
  await bob.page.getByText(/Ada changed “Rehearsal”/).waitFor();
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

test("the EventSource and the WebSocket of the browser, as they are, resume exactly through a kill of the server", async () => {
  const ada = await campanile.person("Ada");
  const id = await room(ada, "Native");
  const { page } = ada;
  // Its tickets come from somebody who waits for the server.
  await page.exposeFunction("ticket", async () => {
    for (;;) {
      const answer = await ada.api<{ ticket: string }>("POST", "auth/tickets").catch(() => undefined);
      if (answer) return answer.ticket;
      await new Promise((again) => setTimeout(again, 100));
    }
  });
  await page.evaluate((room) => {
    const { ticket } = window as unknown as { ticket(): Promise<string> };
    const heard = { source: [] as number[], socket: [] as number[], ready: 0, opened: 0 };
    Object.assign(window, { heard });
    const numberIn = (text: string): number => (JSON.parse(text) as { data: { n: number } }).data.n;
    let [last, lastOfSocket]: [string | undefined, string | undefined] = [undefined, undefined];
    async function source(): Promise<void> {
      const since = last === undefined ? "" : `&since=${last}`;
      const events = new EventSource(`/api/v1/rooms/${room}/stream?ticket=${await ticket()}${since}`);
      events.onopen = () => heard.opened++;
      events.addEventListener("ready", ({ lastEventId }) => ((last = lastEventId), heard.ready++));
      events.addEventListener("count", ({ data, lastEventId }) => ((last = lastEventId), heard.source.push(numberIn(data as string))));
      events.onerror = () => {
        // A ticket is good once, so the next connection is another one.
        events.close();
        setTimeout(() => void source(), 100);
      };
    }
    async function socket(): Promise<void> {
      const talk = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/socket?ticket=${await ticket()}`, "campanile.v1");
      talk.onopen = () => (heard.opened++, talk.send(JSON.stringify({ op: "subscribe", stream: room, ...(lastOfSocket === undefined ? {} : { since: lastOfSocket }) })));
      talk.onmessage = ({ data }: MessageEvent<string>) => {
        const said = JSON.parse(data) as { event: string; id?: string; data: { data: { n: number } } };
        if (said.event === "ready") heard.ready++;
        if (said.event === "count") heard.socket.push(said.data.data.n);
        lastOfSocket = said.id ?? lastOfSocket;
      };
      talk.onclose = () => setTimeout(() => void socket(), 100);
    }
    void source();
    void socket();
  }, id);
  const heard = (): Promise<{ source: number[]; socket: number[]; ready: number; opened: number }> => page.evaluate(() => (window as unknown as { heard: { source: number[]; socket: number[]; ready: number; opened: number } }).heard);
  await expect.poll(async () => (await heard()).ready).toBe(2);
  for (let n = 1; n <= 20; n++) await publish(ada, id, "count", { n });
  await expect.poll(async () => (await heard()).source.length).toBeGreaterThan(10);
  await campanile.server.kill();
  await campanile.server.start();
  for (let n = 21; n <= 40; n++) await publish(ada, id, "count", { n });
  const all = Array.from({ length: 40 }, (_, n) => n + 1);
  await expect.poll(async () => (await heard()).source).toEqual(all);
  await expect.poll(async () => (await heard()).socket).toEqual(all);
  expect((await heard()).opened).toBeGreaterThanOrEqual(4);
});

test("rooms are readable for everybody", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const [ada, bob] = [await campanile.person("Ada", { ...options, at: "/rooms" }), await campanile.person("Bob")];
    const id = await room(ada, name === "desk-en" ? "Kitchen" : "함께 부르는 노래 모임", bob);
    await room(bob, "Garden", ada);
    const me = (await ada.api<{ id: string }>("GET", "users/me")).id;
    const { id: said } = await bob.api<{ id: string }>("POST", `rooms/${id}/comments`, { text: name === "desk-en" ? "Who has the key to the pantry, @Ada?\nI was there at nine." : "다음 주 연습은 목요일 저녁이에요, @Ada 님도 오시나요?", mentions: [me] });
    await ada.api("POST", `rooms/${id}/comments`, { text: name === "desk-en" ? "I do." : "네, 갈게요!", about: said });
    await bob.api("PUT", `rooms/${id}/reactions/${said}/${encodeURIComponent("👍")}`);
    await publish(bob, id, "order.paid", { order: 4711, to: "Ada", note: "Two of the long ones, and one of those that nobody can pronounce", paid: true });
    await ada.page.locator("[data-room]").nth(1).waitFor();
    if (name === "phone-ko") await inspect(ada.page, `rooms-${name}`);
    await ada.page.locator(`[data-room="${id}"]`).click();
    await ada.page.getByText("order.paid").waitFor();
    await inspect(ada.page, `room-${name}`);
    await ada.page.getByRole("button", { name: /People|사람들/ }).click();
    await ada.page.getByRole("dialog").getByText("Bob").waitFor();
    if (name === "desk-en") await inspect(ada.page, `room-people-${name}`);
  }
});
