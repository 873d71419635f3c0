import { expect, test } from "vitest";

import { KOREAN, PASSWORD, PHONE, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

test("somebody signs up, is in, signs out, and comes back to where they were going", async () => {
  const { page } = await campanile.open();
  await page.goto("/settings");
  await page.getByRole("link", { name: "Make an account" }).click();
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make an account" }).click();

  const first = page.getByRole("navigation").first().getByRole("link").first();
  await first.and(page.locator("[aria-current=page]")).waitFor();
  expect(new URL(page.url()).pathname).toBe(await first.getAttribute("href"));
  expect(await page.getByRole("complementary").getByText("Asia/Seoul · UTC+9").count()).toBe(1);

  await page.reload();
  await first.and(page.locator("[aria-current=page]")).waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.goto("/settings");
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  expect(await page.getByLabel("E-mail address").inputValue()).toBe("ada@example.org");
});

test("a wrong password and a taken address are told in the server's words, in both languages", async () => {
  const { email } = await campanile.person("Taken");
  const { page } = await campanile.open();
  await page.goto("/login");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  const refused = page.waitForResponse((response) => response.url().endsWith("/auth/login"));
  await page.getByRole("button", { name: "Sign in" }).click();
  const { detail } = (await (await refused).json()) as { detail: string };
  expect((await page.getByRole("alert").innerText()).toLowerCase()).toContain(detail.toLowerCase());
  expect(await page.getByLabel("E-mail address").inputValue()).toBe(email);

  await page.getByText("한국어").click();
  expect(await page.getByRole("alert").innerText()).toContain("이메일 주소나 비밀번호가 맞지 않습니다.");
  expect(await page.locator("html").getAttribute("lang")).toBe("ko");

  await page.getByRole("link", { name: "계정 만들기" }).click();
  await page.getByLabel("이름").fill("다른 사람");
  await page.getByLabel("이메일 주소").fill(email);
  await page.getByLabel("비밀번호", { exact: true }).fill("short");
  await page.getByRole("button", { name: "계정 만들기" }).click();
  await page.getByLabel("비밀번호", { exact: true }).and(page.locator("[aria-invalid=true]")).waitFor();
  await page.getByText("비밀번호는 8자 이상이어야 합니다.").waitFor();
  await page.getByLabel("비밀번호", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "계정 만들기" }).click();
  await page.getByText("이미 가입된 이메일 주소입니다.").waitFor();
});

test("the ways in are readable for everybody, on desk and phone, in both languages", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const { page } = await campanile.open(options);
    for (const path of ["login", "signup"]) {
      await page.goto(`/${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await inspect(page, `${path}-${name}`);
    }
  }
});
