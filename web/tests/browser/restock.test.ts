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
  await page.getByRole("button", { name: "Next page" }).click();
  await line.getByText("Person 51", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Page before" }).click();
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
  await ledger.getByRole("button", { name: "Next page" }).click();
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
  await page.getByRole("button", { name: "End the round" }).click();
  await dialog.getByRole("button", { name: "End the round" }).click();
  await status(page, "CANCELED");
  await page.getByText("You ended it.").first().waitFor();
  expect(await page.getByRole("button", { name: "Pause" }).or(page.getByRole("button", { name: "Go on" })).count()).toBe(0);
  await page.getByRole("button", { name: "Delete the product" }).click();
  await dialog.getByRole("button", { name: "Delete the product" }).click();
  await page.getByText("No products yet").waitFor();
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
    await page.screenshot({ path: `screenshots/restock-round-whole-${name}.png`, fullPage: true });
    if (!isWhole) continue;

    await ada.api("POST", "admin/products/SKU-4711/rounds/1/cancel");
    await status(page, "CANCELED");
    await page.getByRole("button", { name: /Restock…|재입고 알리기…/ }).click();
    await page.locator("[data-forecast='90']").waitFor();
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
