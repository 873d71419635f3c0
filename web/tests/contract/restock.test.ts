import { afterAll, expect, test } from "vitest";

import type { Product, ProductPage, Recipient, RecipientPage, Round, RestockForecast, RoundPage, RoundRecipient, RoundRecipientPage, Subscription, SubscriptionImport, SubscriptionPage } from "../../src/api/schema";
import { Service } from "../browser/shop";
import { type Party, counterpart, members } from "./counterpart";

/** The demonstration has one in thought. */
const service = new Service();
const contract = counterpart(async () => [`campaigns.handover_url=${await service.start()}`]);
afterAll(() => service.stop());
const CSV = { "content-type": "text/csv" };

function product(ada: Party, key = "SKU-4711", more: object = {}): Promise<Product> {
  return ada.must(201, "PUT", `products/${key}`, { name: "Bronze bell", ...more });
}

async function line(ada: Party, query = ""): Promise<string[]> {
  const { items } = await ada.must<SubscriptionPage>(200, "GET", `products/SKU-4711/subscriptions?${query}`);
  return items.map(({ user_id }) => user_id);
}

async function me(ada: Party): Promise<string> {
  return (await ada.must<{ id: string }>(200, "GET", "users/me")).id;
}

/** A line of oneself and three others. */
async function people(ada: Party): Promise<string> {
  const id = await me(ada);
  await ada.must(201, "PUT", `products/SKU-4711/subscriptions/${id}`);
  const list = ["external_id,name", "one,One", "two,Two", "three,Three"].join("\n");
  await ada.must<SubscriptionImport>(200, "POST", "products/SKU-4711/subscriptions/import", list, CSV);
  return id;
}

test("a product is made once, changed by what is sent, and gone when it is deleted", async () => {
  const ada = await contract.somebody();
  const it = await product(ada, "SKU-4711", { name: "  Bronze bell ", per_item: 20, wait_seconds: 60 });
  expect(Object.keys(it).sort()).toEqual(members("Product"));
  expect(it).toMatchObject({ product_id: "SKU-4711", name: "Bronze bell", stock: 0, round: 0, subscribers: 0, pacing: { strict: false, per_item: 20, wait_seconds: 60 }, version: 1 });
  expect(await ada.must<Product>(200, "PUT", "products/SKU-4711", { name: "Bronze bell", per_item: 20, wait_seconds: 60 })).toMatchObject({ version: 1 });
  expect(await ada.must<Product>(200, "PUT", `products/${it.id}`, { name: "Bell", strict: true })).toMatchObject({ product_id: "SKU-4711", name: "Bell", pacing: { strict: true, per_item: null, wait_seconds: null }, version: 2 });
  await ada.refused(412, "product.version_mismatch", "PUT", "products/SKU-4711", { name: "Horn" }, { "if-match": '"1"' });
  for (const [body, pointer] of [[{ name: " " }, "/name"], [{ name: "x".repeat(201) }, "/name"], [{ name: "a", per_item: 5 }, "/wait_seconds"], [{ name: "a", per_item: 0, wait_seconds: 60 }, "/per_item"]] as const) {
    const { errors } = await ada.refused(422, "product.invalid", "PUT", "products/SKU-4711", body);
    expect(errors?.map((error) => error.pointer)).toEqual([pointer]);
  }
  await ada.refused(422, "product.invalid", "PUT", "products/a%20b", { name: "a" });
  await product(ada, "LAMP-2");
  const page = await ada.must<ProductPage>(200, "GET", "products?limit=1");
  expect(page.items.map(({ product_id }) => product_id)).toEqual(["SKU-4711"]);
  expect((await ada.must<ProductPage>(200, "GET", `products?cursor=${String(page.next_cursor)}`)).items.map(({ product_id }) => product_id)).toEqual(["LAMP-2"]);
  await ada.must(204, "DELETE", "products/SKU-4711");
  await ada.refused(404, "product.not_found", "GET", "products/SKU-4711");
});

test("an address book keeps what is said of people, by what they are called", async () => {
  const ada = await contract.somebody();
  const kim = await ada.must<Recipient>(201, "PUT", "recipients/customer-7", { name: "Kim", email: "kim@example.org", locale: "ko", time_zone: "Asia/Seoul" });
  expect(Object.keys(kim).sort()).toEqual(members("Recipient"));
  expect(kim).toMatchObject({ external_id: "customer-7", user_id: null, name: "Kim", email: "kim@example.org", locale: "ko", time_zone: "Asia/Seoul", version: 1 });
  expect(await ada.must<Recipient>(200, "PUT", "recipients/customer-7", { name: "Kim" }, { "if-match": '"1"' })).toMatchObject({ email: null, locale: null, version: 2 });
  await ada.refused(412, "recipient.version_mismatch", "PUT", "recipients/customer-7", { name: "Lee" }, { "if-match": '"1"' });
  for (const [body, pointer] of [[{ email: "nowhere" }, "/email"], [{ time_zone: "Mars/North" }, "/time_zone"], [{ name: " " }, "/name"]] as const) {
    const { errors } = await ada.refused(422, "recipient.invalid", "PUT", "recipients/customer-8", body);
    expect(errors?.map((error) => error.pointer)).toEqual([pointer]);
  }
  await ada.must(201, "PUT", "recipients/Anna%20%2F%201", {});
  expect((await ada.must<RecipientPage>(200, "GET", "recipients")).items.map(({ external_id }) => external_id)).toEqual(["Anna / 1", "customer-7"]);
  await ada.must(204, "DELETE", "recipients/customer-7");
  await ada.refused(404, "recipient.not_found", "GET", "recipients/customer-7");
});

test("who subscribes has a place, keeps it, and comes to the end after leaving", async () => {
  const ada = await contract.somebody();
  await product(ada);
  await ada.refused(404, "recipient.not_found", "PUT", "products/SKU-4711/subscriptions/customer-7");
  for (const who of ["customer-7", "customer-8"]) {
    await ada.must(201, "PUT", `recipients/${who}`, {});
    await ada.must(201, "PUT", `products/SKU-4711/subscriptions/${who}`);
  }
  const first = await ada.must<Subscription>(200, "PUT", "products/SKU-4711/subscriptions/customer-7");
  expect(Object.keys(first).sort()).toEqual(members("Subscription"));
  expect(first).toMatchObject({ user_id: "customer-7", position: 1, state: "ACTIVE", notified_round: null });
  expect(await line(ada)).toEqual(["customer-7", "customer-8"]);
  for (let time = 0; time < 2; time++) await ada.must(204, "DELETE", "products/SKU-4711/subscriptions/customer-7");
  expect(await line(ada)).toEqual(["customer-8"]);
  expect(await line(ada, "state=LEFT")).toEqual(["customer-7"]);
  expect(await ada.must<Subscription>(200, "PUT", "products/SKU-4711/subscriptions/customer-7")).toMatchObject({ state: "ACTIVE", position: 3 });
  expect(await line(ada)).toEqual(["customer-8", "customer-7"]);
  const page = await ada.must<SubscriptionPage>(200, "GET", "products/SKU-4711/subscriptions?limit=1");
  expect(await line(ada, `cursor=${String(page.next_cursor)}`)).toEqual(["customer-7"]);
  await ada.refused(404, "subscription.not_found", "GET", "products/SKU-4711/subscriptions/nobody");
  await ada.refused(422, "query.invalid", "GET", "products/SKU-4711/subscriptions?state=x");
  expect(await ada.must<Product>(200, "GET", "products/SKU-4711")).toMatchObject({ subscribers: 2 });
});

test("a list is imported in its order, all of it or nothing, and its bad lines are named", async () => {
  const ada = await contract.somebody();
  await product(ada);
  const path = "products/SKU-4711/subscriptions/import";
  const bad = ["external_id,name,email", "customer-1,Kim,kim@example.org", "customer-2,Lee,nowhere", "", ",Nobody,", "customer-3,a,b,c"].join("\n");
  const refused = await ada.refused(422, "subscription.bad_lines", "POST", path, bad, CSV);
  expect(refused).toMatchObject({ bad_lines: 3, lines: [{ line: 3, code: "email_invalid" }, { line: 5, code: "recipient_missing" }, { line: 6, code: "field_count" }] });
  for (const [header, code] of [["name", "column_missing"], ["external_id,shoe", "column_unknown"], ["external_id,external_id", "column_repeated"]]) {
    expect(await ada.refused(422, "subscription.bad_lines", "POST", path, `${String(header)}\n`, CSV)).toMatchObject({ lines: [{ line: 1, code }] });
  }
  expect(await line(ada)).toEqual([]);
  // As a table program writes it: with a mark at its beginning, and other ends of lines.
  const good = ["\uFEFFexternal_id,name", '"customer-1","Kim, ""the"" first"', "customer-2,Lee", "customer-1,Kim"].join("\r\n");
  const done = await ada.must<SubscriptionImport>(200, "POST", path, good, CSV);
  expect(Object.keys(done).sort()).toEqual(members("SubscriptionImport"));
  expect(done).toEqual({ lines: 3, subscribed: 2, kept: 1, declined: 0, recipients: 2 });
  expect(await line(ada)).toEqual(["customer-1", "customer-2"]);
});

test("a round is foreseen without anything happening, begun once, and told to its end", async () => {
  const ada = await contract.somebody();
  await product(ada);
  const [path, id] = ["products/SKU-4711/notifications/re-stock", await people(ada)];
  await ada.refused(409, "product.out_of_stock", "POST", path, {});
  await ada.refused(409, "product.out_of_stock", "POST", path, { dry_run: true });
  const forecast = await ada.must<RestockForecast>(200, "POST", path, { stock: 5, dry_run: true });
  expect(forecast).toMatchObject({ total: 4, seconds: 0 });
  expect(forecast.first.map(({ user_id, name }) => [user_id, name])).toEqual([[id, expect.any(String)], ["one", "One"], ["two", "Two"], ["three", "Three"]]);
  expect(await ada.must<Product>(200, "GET", "products/SKU-4711")).toMatchObject({ stock: 0, round: 0 });
  expect((await ada.must<RoundPage>(200, "GET", "products/SKU-4711/rounds")).items).toEqual([]);

  const stop = new AbortController();
  const heard = await ada.follow(stop.signal);
  await expect.poll(() => heard.text).toContain("event: ready");
  const begun = await ada.must<Round>(202, "POST", path, { stock: 5 });
  expect(Object.keys(begun).sort()).toEqual(members("Round"));
  expect(begun).toMatchObject({ product_id: "SKU-4711", round: 1, status: "IN_PROGRESS", cause: "asked", strict: false, finished_at: null, version: 1 });
  await expect.poll(async () => (await ada.must<Round>(200, "GET", "products/SKU-4711/rounds/1")).status).toBe("COMPLETED");
  const done = await ada.must<Round>(200, "GET", "products/SKU-4711/rounds/1");
  expect(done).toMatchObject({ total: 4, frozen: true, sent: 4, waiting: 0, in_flight: 0, first_unsent: null, last_recipient: { position: 4, user_id: "three", name: "Three" } });
  await expect.poll(() => heard.text).toMatch(/event: campaign\.changed\ndata: .*"status":"COMPLETED"/);
  stop.abort();
  const page = await ada.must<RoundRecipientPage>(200, "GET", "products/SKU-4711/rounds/1/recipients?limit=2");
  expect(Object.keys(page.items[0] ?? {}).sort()).toEqual(members("RoundRecipient"));
  expect(page.items.map(({ position, user_id }) => [position, user_id])).toEqual([[1, id], [2, "one"]]);
  expect(page.items[0]).toMatchObject({ state: "SENT", reason: null });
  const rest = await ada.must<RoundRecipientPage>(200, "GET", `products/SKU-4711/rounds/1/recipients?cursor=${String(page.next_cursor)}`);
  expect(rest.items.map(({ user_id }) => user_id)).toEqual(["two", "three"]);
  expect(rest.next_cursor).toBeNull();
  const of = async (query: string): Promise<RoundRecipient[]> => (await ada.must<RoundRecipientPage>(200, "GET", `products/SKU-4711/rounds/1/recipients?${query}`)).items;
  expect((await of("user_id=two")).map(({ position }) => position)).toEqual([3]);
  expect(await of("user_id=nobody")).toEqual([]);
  expect(await of("state=WAITING")).toEqual([]);
  expect(await ada.must<Subscription>(200, "GET", `products/SKU-4711/subscriptions/${id}`)).toMatchObject({ state: "NOTIFIED", notified_round: 1 });
  await ada.refused(404, "round.not_found", "GET", "products/SKU-4711/rounds/2");
});

test("a round stops when nothing is left, is paused and goes on, and ends for good", async () => {
  const ada = await contract.somebody();
  // In waves of one, an hour apart: it stays where it is for as long as this takes.
  await product(ada, "SKU-4711", { per_item: 1, wait_seconds: 3_600 });
  await people(ada);
  await ada.must(200, "PUT", "products/SKU-4711/stock", { stock: 1 });
  const present = (): Promise<Round> => ada.must<Round>(200, "GET", "products/SKU-4711/rounds/1");
  await expect.poll(async () => (await present()).sent).toBe(1);
  expect(await present()).toMatchObject({ status: "IN_PROGRESS", cause: "restocked", waiting: 3, first_unsent: 2, last_recipient: { position: 1 } });
  const again = await ada.must<Round>(202, "POST", "products/SKU-4711/notifications/re-stock", {});
  expect(again.round).toBe(1);
  expect(await ada.must<RestockForecast>(200, "POST", "products/SKU-4711/notifications/re-stock", { dry_run: true })).toEqual({ total: 0, first: [], seconds: 0, under_way: 1 });

  const [pause, resume, cancel] = ["admin/products/SKU-4711/rounds/1/pause", "admin/products/SKU-4711/notifications/re-stock", "admin/products/SKU-4711/rounds/1/cancel"];
  await ada.refused(409, "round.in_progress", "POST", resume);
  const paused = await ada.must<Round>(200, "POST", pause);
  expect(paused).toMatchObject({ status: "PAUSED", cause: "owner", version: 2 });
  await ada.refused(409, "round.not_in_progress", "POST", pause);
  expect(await ada.must<Round>(202, "POST", resume)).toMatchObject({ status: "IN_PROGRESS", cause: "owner" });
  await ada.must(200, "PUT", "products/SKU-4711/stock", { stock: 0 });
  expect(await present()).toMatchObject({ status: "CANCELED_BY_SOLD_OUT", cause: "sold_out", waiting: 3 });
  await ada.refused(409, "round.sold_out", "POST", resume);

  // More in stock is another round, which begins with those who were not told.
  await ada.must(200, "PUT", "products/SKU-4711/stock", { stock: 1 });
  const { items } = await ada.must<RoundPage>(200, "GET", "products/SKU-4711/rounds");
  expect(items.map(({ round }) => round)).toEqual([2, 1]);
  expect(await ada.must<Round>(200, "POST", cancel.replace("/1/", "/2/"))).toMatchObject({ status: "CANCELED", cause: "owner" });
  await ada.refused(409, "round.finished", "POST", cancel.replace("/1/", "/2/"));
  await ada.refused(409, "round.finished", "POST", resume);
});

test("whoever says which version of a product or of a round they mean changes no other", async () => {
  const ada = await contract.somebody();
  await product(ada, "SKU-4711", { per_item: 1, wait_seconds: 3_600 });
  await people(ada);
  const [ask, resume] = ["products/SKU-4711/notifications/re-stock", "admin/products/SKU-4711/notifications/re-stock"];
  const [pause, cancel] = ["pause", "cancel"].map((deed) => `admin/products/SKU-4711/rounds/1/${deed}`) as [string, string];
  const send = async (path: string, tag: string | null, body?: object): Promise<string> => {
    const answer = await ada.ask<{ code?: string }>("POST", path, body, tag === null ? {} : { "if-match": tag });
    return answer.body.code ?? answer.headers.get("etag") ?? "";
  };
  for (const body of [{ stock: 1 }, { stock: 1, dry_run: true }]) expect(await send(ask, '"7"', body)).toBe("product.version_mismatch");
  expect(await ada.must<Product>(200, "GET", "products/SKU-4711")).toMatchObject({ stock: 0, round: 0, version: 1 });
  const first = await send(ask, '"1"', { stock: 1 });
  expect((await ada.ask("GET", "products/SKU-4711/rounds/1")).headers.get("etag")).toBe(first);
  expect(await send(ask, '"1"', {})).toBe("product.version_mismatch");

  const paused = await send(pause, first);
  expect(paused).not.toBe(first);
  for (const path of [pause, resume, cancel]) expect(await send(path, first)).toBe("round.version_mismatch");
  expect(await ada.must<Round>(200, "GET", "products/SKU-4711/rounds/1")).toMatchObject({ status: "PAUSED", version: 2 });
  expect(await send(resume, paused)).toMatch(/^"\d+"$/);
  expect(await send(cancel, "*")).toMatch(/^"\d+"$/);
  // The next round begins at the same version, and is another one.
  const second = await send(ask, null, {});
  expect(second).not.toBe(first);
  expect(await send(pause.replace("/1/", "/2/"), first)).toBe("round.version_mismatch");
  expect(await send(pause.replace("/1/", "/2/"), second)).toMatch(/^"\d+"$/);
});

test("a round ends at a time that is said, also one that is stopped, and none ends before it begins", async () => {
  const ada = await contract.somebody();
  await product(ada, "SKU-4711", { per_item: 1, wait_seconds: 3_600 });
  await people(ada);
  const path = "products/SKU-4711/notifications/re-stock";
  const before = new Date(Date.now() - 60_000).toISOString();
  await ada.refused(422, "round.expires_in_the_past", "POST", path, { stock: 1, expires_at: before });
  await ada.refused(422, "round.expires_in_the_past", "POST", path, { stock: 1, expires_at: before, dry_run: true });
  expect(await ada.must<Product>(200, "GET", "products/SKU-4711")).toMatchObject({ stock: 0, round: 0 });
  const expires_at = new Date(Date.now() + 3_000).toISOString();
  const begun = await ada.must<Round>(202, "POST", path, { stock: 1, expires_at });
  expect(Date.parse(begun.expires_at ?? "")).toBe(Date.parse(expires_at));
  await ada.must<Round>(200, "POST", "admin/products/SKU-4711/rounds/1/pause");
  const present = (): Promise<Round> => ada.must<Round>(200, "GET", "products/SKU-4711/rounds/1");
  await expect.poll(async () => (await present()).status).toBe("CANCELED");
  expect(await present()).toMatchObject({ cause: "expired" });
});

test("a ledger is a file of lines, in which nothing is a formula", async () => {
  const ada = await contract.somebody();
  await product(ada);
  await ada.must(201, "PUT", "recipients/one", { name: "=1+1" });
  await ada.must(201, "PUT", "products/SKU-4711/subscriptions/one");
  await ada.must(200, "PUT", "products/SKU-4711/stock", { stock: 1 });
  await expect.poll(async () => (await ada.must<Round>(200, "GET", "products/SKU-4711/rounds/1")).status).toBe("COMPLETED");
  const csv = await ada.must<string>(200, "GET", "products/SKU-4711/rounds/1/export?format=csv");
  expect(csv.split("\r\n")).toHaveLength(3);
  expect(csv).toMatch(/\r\n1,one,"?'=1\+1"?,S/);
  const text = JSON.stringify(await ada.must(200, "GET", "products/SKU-4711/rounds/1/export?format=json"));
  expect(text).toContain('"user_id":"one"');
  expect(text).toContain('"name":"=1+1"');
});
