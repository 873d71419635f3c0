import { expect, test } from "vitest";

import { KOREAN, PASSWORD, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";
import { type Room, publish, room } from "./room";

const campanile = house();

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
  await ada.page.locator("[data-item]").getByText("Bob came in").waitFor();
  await people.getByText("Bob").first().waitFor();
  await people.getByText("1 came by it").waitFor();

  // Who was taken out sees nothing of it from that moment on.
  await people.getByRole("button", { name: "Take Bob out" }).click();
  await ada.page.getByRole("dialog", { name: "Take Bob out" }).getByRole("button", { name: "Take Bob out" }).click();
  await page.getByText("This room is not here").waitFor();
  expect(await page.getByText("came in").count()).toBe(0);
  const kept = (): Promise<string[]> => page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat().filter((url) => url.includes("/rooms/")));
  await expect.poll(kept).toEqual([]);
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
  await bob.page.getByRole("log").getByText("kitchen.closed").waitFor();
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
  // What is said meanwhile waits on the device.
  await bob.page.getByLabel("Write to the room").fill("Are you there?");
  await bob.page.keyboard.press("Enter");
  await bob.page.getByText("on its way").waitFor();
  await bob.page.getByText("1 change waits to be sent.").waitFor();
  // So it does for whoever looks elsewhere meanwhile and comes back.
  await bob.page.getByRole("link", { name: "Rooms" }).first().click();
  await bob.page.getByRole("log").waitFor({ state: "detached" });
  await bob.page.goBack();
  await bob.page.getByText("on its way").waitFor();
  await bob.page.getByRole("log").getByText("Are you there?").waitFor();
  await campanile.server.start();
  for (let n = 6; n <= 10; n++) await publish(ada, id, "step.done", { n: `number ${String(n)}` });
  await bob.page.getByText("number 10", { exact: true }).waitFor();
  const shown = await bob.page.getByRole("log").locator("[data-item] summary").allInnerTexts();
  expect(shown.map((text) => /number (\d+)/.exec(text)?.[1])).toEqual(Array.from({ length: 10 }, (_, n) => String(n + 1)));
  await bob.page.getByText("on its way").waitFor({ state: "detached" });
  expect(await bob.page.getByText("Are you there?").count()).toBe(1);
  expect((await ada.api<{ comments: { text: string }[] }>("GET", `rooms/${id}/comments`)).comments.map(({ text }) => text)).toEqual(["Are you there?"]);
});

test("a room in two tabs is heard in both, and goes on in the second when the first is closed", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  const id = await room(ada, "Twice", bob);
  await bob.page.goto(`/rooms/${id}`);
  await bob.page.getByText("Bob came in").waitFor();
  const other = await bob.context.newPage();
  await other.goto(`/rooms/${id}`);
  await other.getByText("Bob came in").waitFor();
  await ada.api("POST", `rooms/${id}/comments`, { text: "One for both" });
  for (const page of [bob.page, other]) await page.getByRole("log").getByText("One for both").waitFor();
  await bob.page.close();
  await ada.api("POST", `rooms/${id}/comments`, { text: "One for the second" });
  await other.getByRole("log").getByText("One for the second").waitFor();
  // Who came is told on a connection, and kept nowhere: the second asks, now that the connection is its own.
  await ada.page.goto(`/rooms/${id}`);
  await other.getByText("Here now: Ada").waitFor();
  const told = await other.getByRole("log").locator("[data-item]").allInnerTexts();
  expect(told.map((text) => text.split("\n").at(-1)).filter((text) => /^One/.test(text ?? ""))).toEqual(["One for both", "One for the second"]);
});

test("a session that ends under an open room is gone on with there, by whoever has more rooms than one connection has streams", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  const id = await room(ada, "Oldest", bob);
  for (let n = 0; n < 50; n++) await bob.api("POST", "rooms", { name: `Newer ${String(n)}` });
  await bob.page.goto(`/rooms/${id}`);
  const story = bob.page.getByRole("log");
  await story.getByText("Bob came in").waitFor();
  const { items } = await bob.api<{ items: { id: string }[] }>("GET", "auth/sessions");
  await bob.api("DELETE", `auth/sessions/${items[0]?.id ?? ""}`);
  const dialog = bob.page.getByRole("dialog", { name: "Please sign in again" });
  await dialog.waitFor();
  await ada.api("POST", `rooms/${id}/comments`, { text: "While you were out" });
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.waitFor({ state: "detached" });
  await story.getByText("While you were out").waitFor();
  await ada.api("POST", `rooms/${id}/comments`, { text: "And now that you are back" });
  await story.getByText("And now that you are back").waitFor();
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

test("a busy room stays small, and says what is new to whoever reads above or was away", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  const id = await room(ada, "Busy", bob);
  await ada.page.goto(`/rooms/${id}`);
  const story = ada.page.getByRole("log");
  await story.getByText("Bob came in").waitFor();
  for (let n = 0; n < 320; n += 20) await Promise.all(Array.from({ length: 20 }, (_, at) => publish(bob, id, "step.done", { n: n + at })));
  const say = (text: string): Promise<unknown> => bob.api("POST", `rooms/${id}/comments`, { text });
  await say("That was all");
  await story.getByText("That was all").waitFor();
  expect(await story.locator("[data-item]").count()).toBeLessThanOrEqual(300);

  await story.evaluate((log) => (log.scrollTop = -log.scrollHeight / 2));
  await ada.page.getByRole("button", { name: "To the newest" }).waitFor();
  await say("Look down here");
  await ada.page.getByRole("button", { name: "1 new" }).click();
  const sinceThen = async (): Promise<string[]> => story.locator("[data-new-since] ~ [data-item]").allInnerTexts();
  await expect.poll(sinceThen).toEqual([expect.stringContaining("Look down here")]);
  await expect.poll(() => ada.page.getByRole("button", { name: /new$|newest$/ }).count()).toBe(0);
  const unread = async (): Promise<number> => (await ada.api<Room>("GET", `rooms/${id}`)).unread;
  await expect.poll(unread).toBe(0);

  const see = (hidden: boolean): Promise<void> =>
    ada.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await see(true);
  for (const text of ["While you slept", "And still"]) await say(text);
  await story.getByText("And still").waitFor();
  expect(await unread()).toBe(2);
  await see(false);
  await expect.poll(unread).toBe(0);
  expect(await sinceThen()).toEqual([expect.stringContaining("While you slept"), expect.stringContaining("And still")]);
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
