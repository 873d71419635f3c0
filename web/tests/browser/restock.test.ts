import { readFileSync } from "node:fs";

import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";

import { KOREAN, PHONE, house } from "./house";
import { inspect } from "./inspect";
import { Service, list, product, roundOf } from "./shop";

const service = new Service();
/** Few enough a second that there is something to be seen. */
const campanile = house(async () => [`campaigns.handover_url=${await service.start()}`, "campaigns.starts_per_second=100"]);
afterAll(() => service.stop());

function status(page: Page, is: string): Promise<void> {
  return page.locator(`[data-round] [data-status=${is}]`).waitFor();
}
async function count(page: Page, what: string): Promise<number> {
  return Number((await page.locator(`[data-count=${what}]`).innerText()).replaceAll(/\D/g, ""));
}
async function stock(page: Page, n: number, action: string): Promise<void> {
  await page.getByRole("button", { name: "Set the stock" }).click();
  const dialog = page.getByRole("dialog", { name: "Set the stock" });
  await dialog.getByLabel("In stock").fill(String(n));
  await dialog.getByRole("button", { name: action }).click();
  await dialog.waitFor({ state: "detached" });
}

test("a product is made, its line imported, a round foreseen, begun, paused, gone on with, sold out, and ended by the next one, in two browsers at once", async () => {
  const ada = await campanile.person("Ada", { at: "/restock" });
  const { page } = ada;
  await page.getByText("No products yet").waitFor();
  await page.getByRole("button", { name: "New product" }).focus();
  await page.keyboard.press("Enter");
  const making = page.getByRole("dialog", { name: "New product" });
  await making.getByLabel("What people call it").fill("Bronze bell");
  await making.getByLabel("What you call it").fill("SKU-4711");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Bronze bell" }).waitFor();
  await page.getByText("No round yet").waitFor();

  // A list with bad lines imports nobody, and says which they are.
  await page.getByRole("group", { name: "Parts of the product" }).getByText("Line").click();
  await page.getByText("Nobody waits yet").waitFor();
  await page.getByRole("button", { name: "Import a list…" }).click();
  const importing = page.getByRole("dialog", { name: "Import a list" });
  const choose = (text: string): Promise<void> => importing.locator("input[type=file]").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  const people = list("customer", 1_500);
  await choose(`${people}\n,Nobody\ncustomer-7,one field too many,here`);
  await importing.getByText("2 lines cannot be imported, so nothing was").first().waitFor();
  const bad = await importing.getByRole("table").getByRole("row").allInnerTexts();
  expect(bad.slice(1).map((row) => row.split(/\s+/)[0])).toEqual(["1,502", "1,503"]);
  expect((await ada.api<{ subscribers: number }>("GET", "products/SKU-4711")).subscribers).toBe(0);
  await choose(people);
  await importing.getByText("1,500 people came to the end of the line").waitFor();
  await importing.getByRole("button", { name: "Done" }).click();
  await page.locator("[data-waiting='1500']").waitFor();
  const line = page.getByRole("list", { name: "Waiting" });
  expect(await line.getByRole("listitem").count()).toBe(50);
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await line.getByText("Person 51", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Previous" }).click();
  await line.getByText("Person 1", { exact: true }).waitFor();

  // One who is new comes into the address book on the way; one is taken out; one is found among all.
  await page.getByRole("button", { name: "Add somebody" }).click();
  const adding = page.getByRole("dialog", { name: "Add somebody to the line" });
  await adding.getByLabel("Who").fill("walk-in/1");
  await page.keyboard.press("Enter");
  await adding.getByLabel("Name").fill("Zoe");
  await page.keyboard.press("Enter");
  await page.getByText("Zoe waits at place 1,501").waitFor();
  await page.getByRole("button", { name: "Take Person 2 out of the line" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
  await page.getByText("Person 2 waits no more").waitFor();
  await page.getByLabel("Find somebody").fill("walk-in/1");
  await page.keyboard.press("Enter");
  await page.getByRole("list", { name: "Line" }).getByText("Zoe").waitFor();
  expect(await page.getByRole("list", { name: "Line" }).getByRole("listitem").count()).toBe(1);

  // What would happen is shown, and nothing has happened by that.
  await page.getByRole("group", { name: "Parts of the product" }).getByText("Rounds").click();
  await page.getByRole("button", { name: "Restock…" }).click();
  const raising = page.getByRole("dialog", { name: /Tell everybody/ });
  await raising.getByLabel("In stock").fill("5");
  await raising.getByText("1,500 people would be told").waitFor();
  await raising.getByRole("listitem").getByText(/Person 3$/).waitFor();
  expect(await ada.api("GET", "products/SKU-4711")).toMatchObject({ stock: 0, round: 0, subscribers: 1_500 });
  const { page: other, context } = await campanile.open(PHONE);
  await context.addCookies(await ada.context.cookies());
  await other.goto("/restock/SKU-4711");
  await other.getByText("No round yet").waitFor();
  await page.bringToFront();
  await raising.getByRole("button", { name: "Tell 1,500 people" }).click();
  await page.getByText("Round 1 has begun").waitFor();

  // It moves in both, and is stopped and gone on with in either.
  for (const seen of [page, other]) {
    await status(seen, "IN_PROGRESS");
    await expect.poll(() => count(seen, "sent")).toBeGreaterThan(100);
  }
  await expect.poll(() => page.locator("[data-plot]").getAttribute("data-plot").then(Number)).toBeGreaterThan(0);
  await page.locator("[data-plot] canvas").waitFor();
  await page.getByRole("button", { name: "Pause" }).focus();
  await page.keyboard.press("Enter");
  for (const seen of [page, other]) await status(seen, "PAUSED");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("round-shown");
  await expect.poll(async () => (await roundOf(ada, "SKU-4711", 1)).sent === (await count(other, "sent")), { timeout: 10_000 }).toBe(true);
  await other.bringToFront();
  await other.getByRole("button", { name: "Go on" }).click();
  for (const seen of [page, other]) await status(seen, "IN_PROGRESS");
  const before = await count(page, "sent");
  await expect.poll(() => count(page, "sent")).toBeGreaterThan(before + 50);

  // Nothing is left: it stops, and says so before it does.
  await page.bringToFront();
  await stock(page, 0, "Save, and stop the round");
  for (const seen of [page, other]) await status(seen, "CANCELED_BY_SOLD_OUT");
  await page.getByText("The stock came down to 0.").first().waitFor();
  expect(await page.getByRole("button", { name: "Go on" }).count()).toBe(0);
  await expect.poll(async () => (await roundOf(ada, "SKU-4711", 1)).sent === (await count(page, "sent"))).toBe(true);
  const sold = await roundOf(ada, "SKU-4711", 1);
  expect(sold.waiting).toBeGreaterThan(0);

  // Everybody has a line, and is found by what they are called.
  const ledger = page.getByRole("region", { name: "Who was told" });
  await ledger.getByLabel("Find somebody").fill("customer-3");
  await page.keyboard.press("Enter");
  await expect.poll(() => ledger.locator("tbody tr").count()).toBe(1);
  expect(await ledger.locator("tbody tr").innerText()).toMatch(/2\s+Person 3\s+customer-3\s+Told/);
  await ledger.getByRole("button", { name: "Show all again" }).click();
  await ledger.getByRole("button", { name: "Next", exact: true }).click();
  await ledger.getByText("Person 30", { exact: true }).waitFor();
  // A number leads to those it counts, from the first of them.
  await page.getByRole("button", { name: /^Still to go: [\d,]+, show them$/ }).click();
  await ledger.getByText(`Person ${String(sold.sent + 2)}`, { exact: true }).waitFor();
  expect(new URL(page.url()).searchParams.get("state")).toBe("WAITING");

  // The next round begins by itself with those who were not told, and is seen to its end.
  await stock(page, 9, "Save, and begin the round");
  for (const seen of [page, other]) {
    await seen.locator("[data-round='2']").waitFor();
    await expect.poll(() => seen.locator("[data-progress]").getAttribute("data-progress"), { timeout: 40_000 }).toBe("100");
    await status(seen, "COMPLETED");
  }
  expect(await count(page, "sent")).toBe(1_500 - sold.sent);
  await page.getByRole("region", { name: "All rounds" }).getByRole("link", { name: /Round 1/ }).click();
  await status(page, "CANCELED_BY_SOLD_OUT");
  expect(await count(page, "sent")).toBe(sold.sent);
  const told = service.handed.map(({ recipient }) => recipient.external_id);
  expect(new Set(told).size).toBe(1_500);
  expect(told).not.toContain("customer-2");
}, 150_000);

test("a server that is killed under a running round is waited for, and the round is seen to its end", async () => {
  const ada = await campanile.person("Steady");
  await product(ada, "STEADY", list("steady", 700));
  const { page } = ada;
  await page.goto("/restock/STEADY");
  await page.getByText("No round yet").waitFor();
  await ada.api("PUT", "products/STEADY/stock", { stock: 1 });
  await status(page, "IN_PROGRESS");
  await expect.poll(() => count(page, "sent")).toBeGreaterThan(100);
  await campanile.server.kill();
  await page.getByText("Not connected. Trying again…").first().waitFor();
  expect(await count(page, "sent")).toBeGreaterThan(100);
  await campanile.server.start();
  await expect.poll(() => page.locator("[data-progress]").getAttribute("data-progress"), { timeout: 60_000 }).toBe("100");
  await status(page, "COMPLETED");
  expect(await count(page, "sent")).toBe((await roundOf(ada, "STEADY", 1)).sent);
}, 120_000);

test("while the numbers run, nothing on the page moves, on a desk and on a phone", async () => {
  for (const [key, options] of [["CALM-1", {}], ["CALM-2", PHONE]] as const) {
    const ada = await campanile.person("Calm", options);
    await product(ada, key, list(key, 700));
    const { page } = ada;
    await page.goto(`/restock/${key}`);
    await page.getByText("No round yet").waitFor();
    await ada.api("PUT", `products/${key}/stock`, { stock: 1 });
    await status(page, "IN_PROGRESS");
    await page.locator("[data-ledger='25']").waitFor();
    await page.locator("[data-plot] canvas").waitFor();
    await expect.poll(() => count(page, "sent")).toBeGreaterThan(25);
    await page.evaluate(() => {
      const shifts: string[] = [];
      Object.assign(window, { shifts });
      type Shift = PerformanceEntry & { value: number; sources: { node: Node | null }[] };
      new PerformanceObserver((list) => {
        // When it comes to its end, its buttons go.
        if (!document.querySelector("[data-round] [data-status=IN_PROGRESS]")) return;
        for (const entry of list.getEntries() as Shift[]) shifts.push(`${String(entry.value)} ${entry.sources.map(({ node }) => (node instanceof Element ? node.outerHTML : (node?.textContent ?? "")).slice(0, 200)).join(" | ")}`);
      }).observe({ type: "layout-shift" });
    });
    await expect.poll(() => count(page, "sent")).toBeGreaterThan(500);
    expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([]);
  }
}, 120_000);

test("a ledger is saved as a file of every line", async () => {
  const ada = await campanile.person("Files");
  await product(ada, "FILE", list("file", 120));
  await ada.api("PUT", "products/FILE/stock", { stock: 1 });
  await expect.poll(async () => (await roundOf(ada, "FILE", 1)).status).toBe("COMPLETED");
  const { page } = ada;
  await page.goto("/restock/FILE");
  for (const [format, name] of [["CSV", "FILE-1.csv"], ["JSON", "FILE-1.json"]] as const) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `As ${format}` }).click()]);
    expect(download.suggestedFilename()).toBe(name);
    const text = readFileSync(await download.path(), "utf8");
    if (format === "CSV") expect(text.trim().split("\n")).toHaveLength(121);
    else expect(text).toContain('"file-120"');
  }
  // An address that somebody mistyped leads on.
  await page.goto("/restock/FILE?round=7");
  await page.getByText("There is no round 7 of this product").waitFor();
  await page.getByRole("button", { name: "Show the last one" }).click();
  await page.locator("[data-round='1']").waitFor();
});

test("an address book is kept by hand, and what somebody else has is not there", async () => {
  const [ada, bob] = [await campanile.person("Book", { at: "/restock?view=book" }), await campanile.person("Bob")];
  const { page } = ada;
  await page.getByText("Nobody is in your address book").waitFor();
  await page.getByRole("button", { name: "New person" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What you call them").fill("customer-7");
  await dialog.getByLabel("E-mail address").fill("nowhere");
  await page.keyboard.press("Enter");
  await dialog.getByText("Not an e-mail address").waitFor();
  await dialog.getByLabel("E-mail address").fill("kim@example.org");
  await dialog.getByLabel("Name").fill("Kim");
  await page.keyboard.press("Enter");
  await page.getByText("Kim is in the address book").waitFor();
  await page.getByRole("button", { name: "Change Kim" }).click();
  await dialog.getByLabel("Name").fill("Kim Lee");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("list", { name: "Address book" }).getByText("Kim Lee").waitFor();
  await page.getByRole("button", { name: "New person" }).click();
  await dialog.getByLabel("What you call them").fill("customer-7");
  await page.keyboard.press("Enter");
  await dialog.getByText("is called that already").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Take Kim Lee out of the address book" }).click();
  await dialog.getByRole("button", { name: "Take out" }).click();
  await page.getByText("Nobody is in your address book").waitFor();

  await product(ada, "MINE", "");
  await bob.page.goto("/restock/MINE");
  await bob.page.getByText("This product is not here").waitFor();
});

test("a round is ended only after one is asked, and a product that changed meanwhile is not changed by mistake", async () => {
  const ada = await campanile.person("Sure");
  await product(ada, "SURE", list("sure", 40), { per_item: 1, wait_seconds: 3_600 });
  const { page } = ada;
  await page.goto("/restock/SURE");
  await page.getByRole("button", { name: "Set the stock" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("In stock").fill("2");
  await dialog.getByText("40 people would be told").waitFor();
  await ada.api("PUT", "products/SURE", { name: "Bronze bell", strict: true, per_item: 1, wait_seconds: 3_600 });
  await dialog.getByRole("button", { name: "Save, and begin the round" }).click();
  await dialog.getByText("It was changed meanwhile.").waitFor();
  await dialog.getByRole("button", { name: "Save, and begin the round" }).click();
  await status(page, "IN_PROGRESS");
  await expect.poll(() => count(page, "sent")).toBe(2);

  await page.getByRole("button", { name: "End the round" }).click();
  await dialog.getByText("38 people who were not told keep their place").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await status(page, "IN_PROGRESS");

  // Whoever paused it and let it go on was faster by a moment: of that, the page has not heard when it asks.
  const path = "admin/products/SURE";
  await page.route("**/rounds/1/pause", async (route) => {
    await ada.api("POST", `${path}/rounds/1/pause`);
    await ada.api("POST", `${path}/notifications/re-stock`);
    await route.continue();
  }, { times: 1 });
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("The round has changed meanwhile, or another one has begun.").waitFor();
  expect((await roundOf(ada, "SURE", 1)).status).toBe("IN_PROGRESS");
  await status(page, "IN_PROGRESS");
  // It is paused while somebody is asked whether it is to end: that was not meant. What was told since is known well enough to go on.
  await page.getByRole("button", { name: "End the round" }).click();
  await ada.api("POST", `${path}/rounds/1/pause`);
  await status(page, "PAUSED");
  await dialog.getByRole("button", { name: "End the round" }).click();
  await dialog.waitFor({ state: "detached" });
  expect((await roundOf(ada, "SURE", 1)).status).toBe("PAUSED");
  await page.getByRole("button", { name: "Go on" }).click();
  await status(page, "IN_PROGRESS");
  await page.getByRole("button", { name: "End the round" }).click();
  await dialog.getByRole("button", { name: "End the round" }).click();
  await status(page, "CANCELED");
  await page.getByText("You ended it.").first().waitFor();
  expect(await page.getByRole("button", { name: "Pause" }).or(page.getByRole("button", { name: "Go on" })).count()).toBe(0);
  await page.getByRole("button", { name: "Delete the product" }).click();
  await dialog.getByRole("button", { name: "Delete the product" }).click();
  await page.getByText("No products yet").waitFor();
});

test("a stock that is set elsewhere meanwhile is neither taken back nor passed over in silence", async () => {
  const ada = await campanile.person("Twice");
  await product(ada, "TWICE", list("twice", 40), { per_item: 1, wait_seconds: 3_600 });
  const { page } = ada;
  const dialog = page.getByRole("dialog");
  const field = dialog.getByLabel("In stock");
  const present = (): Promise<{ stock: number; round: number }> => ada.api("GET", "products/TWICE");
  await ada.api("PUT", "products/TWICE/stock", { stock: 5 });
  await expect.poll(async () => (await roundOf(ada, "TWICE", 1)).sent).toBe(5);
  await ada.api("POST", "admin/products/TWICE/rounds/1/cancel");
  // Faster than the page by a moment: it has not heard of it when it asks.
  const faster = async (url: string, stock: number): Promise<void> => {
    let isOver = false;
    await page.route(url, async (route) => {
      const { dry_run } = route.request().postDataJSON() as { dry_run?: boolean };
      if (!isOver && !dry_run) {
        isOver = true;
        await ada.api("PUT", "products/TWICE/stock", { stock });
      }
      await route.continue();
    });
  };
  const [ask, put] = ["**/products/*/notifications/re-stock", "**/products/*/stock"];
  await page.goto("/restock/TWICE");
  await page.locator("[data-stock='5']").waitFor();

  // Nobody has written anything: the round begins with what is there, once that was seen.
  await page.getByRole("button", { name: "Restock…" }).click();
  await dialog.getByText("35 people would be told").waitFor();
  await faster(ask, 3);
  await dialog.getByRole("button", { name: "Tell 35 people" }).click();
  await dialog.getByText("It was changed meanwhile.").waitFor();
  await dialog.getByText("The stock was set to 3 meanwhile; it was 5.").waitFor();
  expect(await field.inputValue()).toBe("3");
  expect(await present()).toMatchObject({ stock: 3, round: 1 });
  // The product is read anew later than the events of that round arrive: one's own round has not begun meanwhile.
  let read = (): void => undefined;
  const later = new Promise<void>((resolve) => (read = resolve));
  await page.route("**/api/v1/products/*", async (route) => {
    await later;
    await route.continue();
  });
  await dialog.getByRole("button", { name: "Tell 35 people" }).click();
  await page.getByText("Round 2 has begun").waitFor();
  expect(await present()).toMatchObject({ stock: 3, round: 2 });
  await ada.api("POST", "admin/products/TWICE/rounds/2/cancel");

  // What somebody has written replaces it, and the page says so before; a round that has begun elsewhere is looked at first.
  await page.getByRole("button", { name: "Restock…" }).click();
  const anew = page.waitForResponse((response) => response.request().method() === "GET" && /\/products\/[^/]+$/.test(response.url()));
  read();
  await anew;
  await page.unroute("**/api/v1/products/*");
  await field.fill("8");
  await dialog.getByText("32 people would be told").waitFor();
  await faster(ask, 4);
  await dialog.getByRole("button", { name: "Tell 32 people" }).click();
  await dialog.getByText("The stock was set to 4 meanwhile; it was 3. With this, it will be 8.").waitFor();
  expect(await present()).toMatchObject({ stock: 4, round: 2 });
  await ada.api("POST", "products/TWICE/notifications/re-stock", {});
  await dialog.getByText("Round 3 has begun meanwhile.").waitFor();
  expect(await dialog.getByRole("button", { name: "Restock…" }).isDisabled()).toBe(true);
  expect(await present()).toMatchObject({ stock: 4, round: 3 });
  await dialog.getByRole("button", { name: "Cancel" }).click();

  // The same where the stock alone is set: what stands there follows, and what was written is kept.
  await page.getByRole("button", { name: "Set the stock" }).click();
  await faster(put, 6);
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("The stock was set to 6 meanwhile; it was 4.").waitFor();
  expect(await field.inputValue()).toBe("6");
  await field.fill("7");
  await dialog.getByText("With this, it will be 7.").waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("In stock now: 7").waitFor();

  // Nor does it go away under somebody who has set it.
  await page.route("**/api/v1/products/*", async (route) => {
    if (route.request().method() === "DELETE") await ada.api("PUT", "products/TWICE/stock", { stock: 9 });
    await route.continue();
  });
  await page.getByRole("button", { name: "Delete the product" }).click();
  await dialog.getByRole("button", { name: "Delete the product" }).click();
  await page.getByText("It was changed meanwhile.").waitFor();
  await page.locator("[data-stock='9']").waitFor();
}, 60_000);

test("nobody begins a round by its stock before they have seen what it would be", async () => {
  const ada = await campanile.person("Foreseen");
  await product(ada, "FORESEEN", list("foreseen", 3));
  const { page } = ada;
  let [look, release] = [Promise.resolve(), (): void => undefined];
  await page.route("**/notifications/re-stock", async (route) => {
    await look;
    await route.continue();
  });
  await page.goto("/restock/FORESEEN");
  await page.getByRole("button", { name: "Set the stock" }).click();
  const dialog = page.getByRole("dialog");
  const save = dialog.getByRole("button", { name: "Save, and begin the round" });
  look = new Promise((done) => (release = done));
  await dialog.getByLabel("In stock").fill("2");
  await dialog.getByText("Counting…").waitFor();
  expect(await save.isDisabled()).toBe(true);
  await dialog.getByLabel("In stock").press("Enter");
  expect(await ada.api("GET", "products/FORESEEN")).toMatchObject({ stock: 0, round: 0 });
  release();
  await dialog.getByText("3 people would be told").waitFor();
  await save.click();
  await status(page, "COMPLETED");
});

test("a round ends at the time that was chosen for it, in the zone of whoever chose it, and not before now", async () => {
  const ada = await campanile.person("Until");
  await product(ada, "UNTIL", list("until", 30), { per_item: 1, wait_seconds: 3_600 });
  const { page } = ada;
  await page.goto("/restock/UNTIL");
  await page.getByRole("button", { name: "Restock…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("In stock").fill("2");
  await dialog.getByText("30 people would be told").waitFor();
  await dialog.getByRole("switch", { name: "End it at a time" }).click();
  const when = dialog.getByLabel("Ends at the latest");
  await dialog.getByText("Asia/Seoul · tomorrow").or(dialog.getByText(/Asia\/Seoul · in 2\d hours/)).waitFor();
  await dialog.getByRole("button", { name: "Tell 30 people" }).waitFor();
  await when.fill("2020-01-01T09:00");
  await dialog.getByText("This has passed already.").waitFor();
  expect(await dialog.getByRole("button", { name: "Restock…" }).isDisabled()).toBe(true);
  await when.fill("");
  await dialog.getByText("Write a day and a time.").waitFor();
  // Two at once, an hour between: thirty of them take until long after the next minute.
  const wall = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 9 * 3_600_000 + 3_600_000).toISOString().slice(0, 16);
  await when.fill(wall);
  await dialog.getByText("That is too soon for everybody").waitFor();
  await dialog.getByRole("button", { name: "Tell 30 people" }).click();
  await status(page, "IN_PROGRESS");
  const { expires_at } = await roundOf(ada, "UNTIL", 1);
  expect(Date.parse(expires_at ?? "")).toBe(Date.parse(`${wall}:00+09:00`));
  await page.getByText(`${wall.slice(11)} at the latest`).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await status(page, "PAUSED");
  await page.getByText(`${wall.slice(11)} at the latest`).waitFor();
});

test("a list of products says where rounds stand, also those that came and went while nobody looked", async () => {
  const ada = await campanile.person("List");
  for (const [key, people] of [["LIST-1", 400], ["LIST-2", 30]] as const) await product(ada, key, list(key, people), key === "LIST-2" ? { per_item: 1, wait_seconds: 3_600 } : {});
  await ada.api("PUT", "products/LIST-2/stock", { stock: 1 });
  await ada.api("POST", "admin/products/LIST-2/rounds/1/pause");
  const { page } = ada;
  const at = (key: string): ReturnType<Page["locator"]> => page.locator(`[data-product=${key}]`);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/rounds")) asked.push(request.url());
  });
  await page.goto("/restock");
  // Nothing tells of it any more, and it is seen all the same, with the list.
  await at("LIST-2").locator("[data-status=PAUSED]").waitFor();
  await at("LIST-2").getByText(/^\d+ %$/).waitFor();
  await ada.api("PUT", "products/LIST-1/stock", { stock: 1 });
  await at("LIST-1").locator("[data-status=IN_PROGRESS]").waitFor();
  await page.getByRole("navigation").first().getByRole("link", { name: "Today" }).click();
  await page.waitForURL("**/today");
  await expect.poll(async () => (await roundOf(ada, "LIST-1", 1)).status).toBe("COMPLETED");
  await ada.api("POST", "admin/products/LIST-2/rounds/1/cancel");
  await page.goBack();
  await at("LIST-1").waitFor();
  await expect.poll(() => page.locator("[data-product] [data-status]").count()).toBe(0);
  expect(asked).toEqual([]);
});

test("what was on its way when a round stopped is told, not asked for, and what is uncertain is explained", async () => {
  const ada = await campanile.person("Slow");
  await product(ada, "SLOW", list("slow", 4));
  service.slow = ({ recipient }) => recipient.external_id.startsWith("slow-");
  const { page } = ada;
  await page.goto("/restock/SLOW");
  await page.getByText("No round yet").waitFor();
  await ada.api("PUT", "products/SLOW/stock", { stock: 1 });
  await expect.poll(() => service.handed.filter(({ recipient }) => recipient.external_id.startsWith("slow-")).length).toBe(4);
  // They are waited for during five seconds.
  await ada.api("POST", "admin/products/SLOW/rounds/1/pause");
  await status(page, "PAUSED");
  expect(await count(page, "in_flight")).toBe(4);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (/\/rounds\/1$/.test(request.url())) asked.push(request.url());
  });
  service.slow = () => false;
  // Nobody answers within five seconds: it is not known of any of them whether they were told.
  await expect.poll(() => count(page, "in_flight")).toBe(0);
  expect(asked).toEqual([]);
  expect(await count(page, "unknown")).toBe(4);
  await page.getByText("Of 4 messages nobody knows whether they arrived").waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
  await status(page, "COMPLETED");
  expect(await count(page, "sent")).toBe(4);
  service.answer();
});

test("restocking is readable for everybody", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }], ["desk-ko", KOREAN], ["phone-en", PHONE]] as const) {
    const isWhole = name === "desk-en" || name === "phone-ko";
    const ada = await campanile.person("Looks", { ...options, at: "/restock" });
    const { page } = ada;
    await page.getByText(/No products yet|아직 상품이 없습니다/).waitFor();
    if (isWhole) await inspect(page, `restock-empty-${name}`);
    await product(ada, "SKU-4711", list("customer", 120), { per_item: 15, wait_seconds: 3_600 });
    await product(ada, "A-product-with-a-very-long-name-of-its-own-that-does-not-fit-anywhere", "", { name: "청동으로 만든 아주 크고 아름다운 종, 그리고 그 종을 매다는 나무 틀까지 모두 함께" });
    await ada.api("PUT", "products/SKU-4711/stock", { stock: 2 });
    await expect.poll(async () => (await roundOf(ada, "SKU-4711", 1)).sent).toBe(30);
    await page.goto("/restock/SKU-4711");
    await page.locator("[data-ledger]").waitFor();
    await expect.poll(() => count(page, "sent")).toBe(30);
    await page.locator("[data-plot] canvas").waitFor();
    await inspect(page, `restock-round-${name}`);
    // In one row, whatever the words.
    expect((await page.getByRole("navigation", { name: /^(Pages|쪽)$/ }).boundingBox())?.height).toBeLessThan(50);
    await page.screenshot({ path: `screenshots/restock-round-whole-${name}.png`, fullPage: true });
    if (!isWhole) continue;

    await ada.api("POST", "admin/products/SKU-4711/rounds/1/cancel");
    await status(page, "CANCELED");
    await page.getByRole("button", { name: /Restock…|재입고 알리기…/ }).click();
    await page.locator("[data-forecast='90']").waitFor();
    await page.getByRole("switch", { name: /End it at a time|끝나는 시각 정하기/ }).click();
    await inspect(page, `restock-raise-${name}`);
    await page.keyboard.press("Escape");
    await page.goto("/restock/SKU-4711?show=line");
    await page.locator("[data-line='50']").waitFor();
    await inspect(page, `restock-line-${name}`);
    await page.getByRole("button", { name: /Import a list…|목록 가져오기…/ }).click();
    await page.getByRole("dialog").locator("input[type=file]").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from("external_id,email\ncustomer-1,nowhere\n,a@b.c\n") });
    await page.locator("[data-bad-lines='2']").waitFor();
    await inspect(page, `restock-import-${name}`);
    await page.goto("/restock?view=book");
    await page.locator("[data-book]").waitFor();
    await inspect(page, `restock-book-${name}`);
    await page.goto("/restock");
    await page.locator("[data-product]").nth(1).waitFor();
    await inspect(page, `restock-list-${name}`);
  }
}, 180_000);
