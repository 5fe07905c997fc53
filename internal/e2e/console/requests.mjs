// SPDX-License-Identifier: Apache-2.0
// Requests, decided by clicks without a script, and by keys with one: alone and several at once.
import {equal, expect, heading, open, press, server, signIn, visitor} from "./browser.mjs";

const browser = await open();

/** submit sends a request as a stranger does. */
async function submit(name) {
	const answer = await fetch(server + "/v1/organization-requests", {method: "POST", headers: {"Content-Type": "application/json"},
		body: JSON.stringify({name, contact: {firstName: "Ada", email: "ada@example.test"}})});
	equal(answer.status, 201, `the request of ${name}`);
}

/** desk signs in and shows the queue. */
async function desk(options) {
	const page = await visitor(browser, options);
	await signIn(page, "admin", process.env.PASSWORD);
	await page.waitForURL("**/console");
	await press(page, "Requests");
	return page;
}

// Without a script.
for (const name of ["One", "Two", "Three", "Two "]) await submit(name);
let page = await desk({javaScriptEnabled: false});
equal(await page.locator("tbody tr").count(), 4, "requests that wait");
await press(page, "One");
await page.getByLabel("Comment for").fill("x".repeat(1001));
await press(page, "Ask for more");
equal(await page.getByLabel("Comment for").inputValue(), "x".repeat(1001), "what was typed");
await page.getByLabel("Comment for").fill("Who are you?");
await press(page, "Ask for more");
await expect(page, "waits for the organization to say more");
await expect(page, "Who are you?");
await page.getByRole("button", {name: "Approve"}).dblclick();
await page.waitForLoadState("load");
await expect(page, "Approved");
await page.goBack();
await page.reload();
await expect(page, "Approved");
await page.goto("/console/requests");
for (const box of await page.getByRole("checkbox").all()) await box.check();
await press(page, "Decide the chosen ones");
await page.getByLabel("Comment for").fill("welcome");
await press(page, "Approve");
await expect(page, "There is an organization with this name already.");
equal(await page.getByText("Approved", {exact: true}).count(), 2, "approved at once");
await page.reload();
equal(await page.getByText("Approved", {exact: true}).count(), 2, "approved after a reload");
equal(page.faults, [], "complaints without a script");

// With one, by keys alone.
for (const name of ["Four", "Five"]) await submit(name);
page = await desk({});
equal(await page.getByRole("link", {name: "Two"}).count(), 1, "the one that could not be approved");
await page.keyboard.press("/");
await page.keyboard.type("jx/");
equal(await page.getByRole("searchbox").inputValue(), "jx/", "keys in a field");
await page.getByRole("searchbox").fill("");
await page.locator("h1").click();
for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
equal(await page.evaluate(() => document.activeElement.textContent), "Four", "the row");
await page.keyboard.press("x");
equal(await page.getByRole("checkbox", {name: "Choose Four"}).isChecked(), true, "the choice");
await page.keyboard.press("Control+j");
await page.keyboard.press("Enter");
await page.waitForURL(/requests\/\d+$/);
equal(await heading(page), "Four", "the request");
await page.keyboard.press("r");
equal(await page.evaluate(() => document.activeElement.value), "reject", "the button");
await page.keyboard.press("Enter");
await expect(page, "The request is rejected.");
await page.keyboard.press("u");
await page.keyboard.press("Enter");
await page.waitForURL("**/console/requests");
await page.getByText("Keys", {exact: true}).click();
await page.getByRole("button", {name: "Switch the keys off"}).click();
await page.locator("h1").click();
await page.keyboard.press("j");
equal(await page.evaluate(() => document.activeElement.tagName), "MAIN", "the focus with the keys off");
await page.reload();
equal(await page.locator("[data-keys]").getAttribute("aria-pressed"), "true", "the keys stay off");
equal(page.faults, [], "complaints with a script");
await browser.close();
