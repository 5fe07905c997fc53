// SPDX-License-Identifier: Apache-2.0
// Operators, clients and the audit by clicks: with a script and without.
import {readFileSync} from "node:fs";
import {audit, equal, expect, heading, open, press, signIn, visitor} from "./browser.mjs";

const browser = await open();

/** enter signs in and returns the page. */
async function enter(javaScriptEnabled) {
	const page = await visitor(browser, {javaScriptEnabled});
	await signIn(page, "admin", process.env.PASSWORD);
	await page.waitForURL("**/console");
	return page;
}

async function clients(page) {
	await press(page, "Clients");
	await page.getByLabel("Part of a name").fill("till 8");
	await press(page, "Search");
	equal(await page.locator("tbody th").allInnerTexts(), ["till 8"], "what a search finds");
	await press(page, "till 8");
	await expect(page, "This client waits for approval");
	await press(page, "Approve");
	equal(await heading(page), "Approve till 8?", "the heading");
	await page.getByRole("button", {name: "Approve"}).dblclick();
	await expect(page, "The client is approved.");
	await page.reload();
	equal(await page.getByText("The client is approved.").count(), 0, "the message after a reload");
	// Back to a form that was sent: it is not sent again, and if it is, nothing happens twice.
	await page.goBack();
	await page.goForward();
	await press(page, "Edit");
	await page.getByLabel("Name").fill("");
	await page.getByLabel("Tags").fill("west\nnorth");
	await press(page, "Save");
	await expect(page, "Name is required.");
	equal(await page.getByLabel("Tags").inputValue(), "west\nnorth", "what was typed");
	await page.getByLabel("Name").fill("scanner <b>8</b>");
	await press(page, "Save");
	equal(await heading(page), "scanner <b>8</b>", "the heading");
	await press(page, "History");
	for (const action of ["client.approve", "client.update"]) await expect(page, action);
	equal(await page.getByText("client.approve").count(), 1, "approvals after a double click");
	await press(page, "Facts");
	await press(page, "Revoke");
	await expect(page, "all its tokens are refused");
	await press(page, "Cancel");
	await press(page, "Others with this code");
	equal(await page.locator("tbody th").count(), 2, "clients with the code");
}

async function events(page) {
	await press(page, "Audit");
	await page.getByLabel("Part of what happened").fill("client.enrol");
	await page.getByLabel("ID of the organization").fill("everything");
	await press(page, "Search");
	await expect(page, "This is no organization.");
	equal(await page.getByLabel("Part of what happened").inputValue(), "client.enrol", "what was typed");
	await page.getByLabel("ID of the organization").fill("");
	await press(page, "Search");
	equal(await page.locator("tbody tr").count(), 2, "enrolments");
	const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", {name: "Export as JSON lines"}).click()]);
	const lines = readFileSync(await file.path(), "utf8").trim().split("\n").map((line) => JSON.parse(line));
	equal(lines.map((e) => e.action), ["client.enrol", "client.enrol"], "the export");
	// One thing is followed.
	await page.locator("tbody tr").first().locator("a").last().click();
	await page.waitForURL(/target=/);
	equal(await page.getByText("organization.create").count(), 0, "events of other things");
	await press(page, "Show everything");
	await expect(page, "organization.create");
}

async function operators(page, name) {
	await press(page, "Operators");
	await press(page, "New operator");
	await page.getByLabel("User name").fill("admin");
	await page.getByLabel("Organization").fill("or-0");
	await press(page, "Create");
	await expect(page, "There is an operator with this user name already.");
	equal(await page.getByLabel("Organization").inputValue(), "or-0", "what was typed");
	await page.getByLabel("User name").fill(name);
	await page.getByRole("button", {name: "Create"}).dblclick();
	await page.getByRole("heading", {name: `The password of ${name}`}).waitFor();
	const password = await page.locator("main code").innerText();
	const other = await visitor(browser);
	await signIn(other, name, password);
	await other.waitForURL("**/console");
	await press(page, "I have noted it");
	await press(page, "Switch off");
	await press(page, "Switch off");
	await expect(page, "The operator is switched off.");
	await other.reload();
	equal(new URL(other.url()).pathname, "/console/sign-in", "the page of one who is switched off");
	await press(page, "Remove");
	await press(page, "Remove");
	await expect(page, "The operator is removed.");
	await page.locator("tbody th").getByRole("link", {name: "admin", exact: true}).click();
	await press(page, "Remove");
	await press(page, "Remove");
	await expect(page, "This is you.");
	equal(await page.locator("#problem").count(), 1, "problems with removing the last administrator");
}

const page = await enter(true);
await operators(page, "ada");
await events(page);
await clients(page);
await audit(page, "clients");
await press(page, "scanner <b>8</b>");
await press(page, "Revoke");
await press(page, "Revoke");
await expect(page, "The client is revoked.");
equal(page.faults, [], "complaints with a script");

const plain = await enter(false);
await operators(plain, "bob");
await events(plain);
await plain.goto("/console/clients?state=active");
equal(await plain.locator("tbody th").allInnerTexts(), ["till 7"], "active clients");
await press(plain, "till 7");
await press(plain, "Edit");
await plain.getByLabel("Tags").fill("plain");
await press(plain, "Save");
await expect(plain, "The changes are saved.");
equal(plain.faults, [], "complaints without a script");
await browser.close();
