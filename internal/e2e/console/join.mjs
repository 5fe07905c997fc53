// SPDX-License-Identifier: Apache-2.0
// An organization asks to be let in, and answers a question, by clicks, with a script and without.
import {equal, expect, heading, open, press, signIn, visitor} from "./browser.mjs";

const browser = await open();
const desk = await visitor(browser);
await signIn(desk, "admin", process.env.PASSWORD);
await desk.waitForURL("**/console");

for (const javaScriptEnabled of [true, false]) {
	const name = `Birch ${javaScriptEnabled}`;
	const page = await visitor(browser, {javaScriptEnabled});
	await page.goto("/join");
	await page.getByLabel("What you would like to tell us").fill("typed before");
	await press(page, "Send");
	await expect(page, "is required.");
	equal(await page.getByLabel("What you would like to tell us").inputValue(), "typed before", "what was typed");
	await page.getByLabel("Name of your organization").fill(name);
	await page.getByRole("button", {name: "Send"}).dblclick();
	await expect(page, "Keep it now");
	await page.reload();
	const link = await page.locator("main a").innerText();
	await page.goto(link);
	equal(await heading(page), name, "the heading");
	await expect(page, "waits for somebody to read it");
	await desk.goto("/console/requests?q=" + encodeURIComponent(name));
	equal(await desk.locator("tbody tr").count(), 1, "requests after a double click and a reload");
	await press(desk, name);
	await desk.getByLabel("Comment for").fill("Who are you?");
	await press(desk, "Ask for more");
	await page.reload();
	await expect(page, "Who are you?");
	await page.getByLabel("What you say").fill("We make tools.");
	await page.getByRole("button", {name: "Send"}).dblclick();
	await expect(page, "Your answer is sent.");
	await desk.reload();
	await expect(desk, "We make tools.");
	await press(desk, "Approve");
	await expect(desk, "The request is approved");
	await page.reload();
	await expect(page, "Your request is approved.");
	await press(page, "Deutsch");
	await expect(page, "Ihr Antrag ist genehmigt.");
	equal(page.url(), link, "the page in another language");
	equal(page.faults, [], "complaints");
}
await browser.close();
