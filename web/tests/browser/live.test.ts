import { expect, test } from "vitest";

import { PASSWORD, type Person, house } from "./house";

const campanile = house();

/** A schedule that rings as soon as it is made. */
async function ring({ api }: Person, title: string): Promise<void> {
  const start = new Date(Date.now() + 60_000).toISOString();
  await api("POST", "schedules?on_conflict=allow", { title, start, duration: "PT15M", reminders: [{ before: "PT1H" }] });
}

test("two tabs share one stream, and the second follows on when the first is closed", async () => {
  const ada = await campanile.person("Ada");
  // Whoever has heard something has a stream; from here on, there is no other.
  await ring(ada, "Heard in one tab");
  await ada.page.getByRole("heading", { name: "Heard in one tab" }).waitFor();
  const streams: string[] = [];
  ada.context.on("request", (request) => {
    if (request.url().includes("/api/v1/stream?")) streams.push(request.url());
  });
  const other = await ada.context.newPage();
  await other.goto("/inbox");
  await other.getByRole("heading", { level: 1, name: "Inbox" }).waitFor();
  await ring(ada, "Heard in both tabs");
  await Promise.all([ada.page, other].map((tab) => tab.getByRole("heading", { name: "Heard in both tabs" }).waitFor()));
  await expect.poll(() => other.locator("[data-unread]").first().innerText()).toBe("2");
  expect(streams.length, "the second tab has no stream of its own").toBe(0);

  await ada.page.close();
  await expect.poll(() => streams.length).toBe(1);
  await ring(ada, "Heard in the tab that is left");
  await other.getByRole("heading", { name: "Heard in the tab that is left" }).waitFor();
});

test("what rings for one person is nobody else's, also in another window of the same browser", async () => {
  const [ada, bob] = [await campanile.person("Ada"), await campanile.person("Bob")];
  await ring(ada, "For Ada alone");
  await ada.page.getByRole("heading", { name: "For Ada alone" }).waitFor();
  await ring(bob, "For Bob alone");
  await bob.page.getByRole("heading", { name: "For Bob alone" }).waitFor();
  expect(await bob.page.getByText("For Ada alone").count()).toBe(0);

  // Bob signs in where Ada is: her tab becomes his, and nothing of hers is left in it.
  const tab = await ada.context.newPage();
  await tab.goto("/inbox");
  await tab.getByRole("heading", { name: "For Ada alone" }).waitFor();
  await tab.getByRole("button", { name: "Sign out" }).click();
  await tab.getByLabel("E-mail address").fill(bob.email);
  await tab.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByRole("navigation").first().waitFor();
  await tab.goto("/inbox");
  for (const page of [tab, ada.page]) {
    await page.getByRole("heading", { name: "For Bob alone" }).waitFor();
    expect(await page.getByText("For Ada alone").count()).toBe(0);
  }
});

test("the server is killed and started again under an open page, which goes on", async () => {
  const ada = await campanile.person("Kill");
  await ring(ada, "Before the kill");
  await ada.page.getByRole("heading", { name: "Before the kill" }).waitFor();
  await campanile.server.kill();
  await ada.page.getByText("Not connected. Trying again…").first().waitFor();
  await campanile.server.start();
  await ada.page.getByText("Not connected. Trying again…").first().waitFor({ state: "detached", timeout: 20_000 });
  await ring(ada, "After the kill");
  await ada.page.getByRole("heading", { name: "After the kill" }).waitFor();
});

test("a page that is opened while the server is away opens when it is back", async () => {
  const ada = await campanile.person("Early");
  // A browser that has the session and has read nothing yet: what was read would be shown.
  const { page, context } = await campanile.open();
  await context.addCookies(await ada.context.cookies());
  await page.route("**/api/v1/auth/refresh", (route) => route.abort());
  await page.goto("/inbox");
  await page.getByText("The server does not answer yet.").waitFor();
  await page.unroute("**/api/v1/auth/refresh");
  await page.getByRole("heading", { level: 1, name: "Inbox" }).waitFor();
});

test("a connection that is refused for good is begun anew, and a room that is none silences nobody", async () => {
  const ada = await campanile.person("Ada");
  const problem = { type: "x", title: "No", status: 422, code: "query.invalid", detail: "no such room", trace_id: "" };
  await ada.page.route("**/api/v1/stream?*", (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify(problem) }), { times: 1 });
  await ada.page.goto("/rooms/x");
  await ada.page.getByRole("heading", { level: 1, name: "Rooms" }).waitFor();
  await ada.page.getByRole("link", { name: "Inbox" }).click();
  await ring(ada, "Heard all the same");
  await ada.page.getByRole("heading", { name: "Heard all the same" }).waitFor();
});

test("where tabs cannot agree, each hears for itself while it is seen, and believes no other", async () => {
  const ada = await campanile.person("Ada");
  const { context, page } = await campanile.open();
  await context.addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined }));
  await context.addCookies(await ada.context.cookies());
  await page.goto("/inbox");
  await ring(ada, "Heard in one tab");
  await page.getByRole("heading", { name: "Heard in one tab" }).waitFor();
  const other = await context.newPage();
  await other.goto("/inbox");
  await ring(ada, "Heard in both tabs");
  for (const tab of [page, other]) await tab.getByRole("heading", { name: "Heard in both tabs" }).waitFor();

  // One that is not seen leaves its connection to others, which go on.
  const see = (hidden: boolean): Promise<void> =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await see(true);
  await page.getByText("Not connected. Trying again…").first().waitFor();
  expect(await other.getByText("Not connected. Trying again…").count()).toBe(0);
  await ring(ada, "Heard in the other tab");
  await other.getByRole("heading", { name: "Heard in the other tab" }).waitFor();
  expect(await page.getByRole("heading", { name: "Heard in the other tab" }).count()).toBe(0);
  await see(false);
  await page.getByRole("heading", { name: "Heard in the other tab" }).waitFor();
});
