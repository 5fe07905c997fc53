// SPDX-License-Identifier: Apache-2.0
// Signing in and out, and organizations, by clicks: with a script and without, back and reload harmless,
// a double click does its work once, and each error at its field with what was typed kept.
import {equal, expect, heading, open, press, server, signIn, visitor} from "./browser.mjs";

const password = process.env.PASSWORD;
const browser = await open();

async function walk(javaScriptEnabled) {
	const run = javaScriptEnabled ? "with a script" : "without one";
	const page = await visitor(browser, {javaScriptEnabled});
	await page.goto("/");
	equal(new URL(page.url()).pathname, "/console/sign-in", "the root leads to");
	await page.goto("/console/organizations?q=birch");
	await signIn(page, "admin", "wrong password");
	await expect(page, "User name, password or one-time code is not right.");
	equal(await page.getByLabel("User name").inputValue(), "admin", "the name is kept");
	equal(await page.getByLabel("Password").inputValue(), "", "the password is not kept");
	await page.goto("/console/organizations?q=birch");
	await page.getByLabel("User name").fill("admin");
	await page.getByLabel("Password").fill(password);
	await page.keyboard.press("Enter");
	await page.waitForURL("**/console/organizations?q=birch");
	const [session] = await page.context().cookies();
	equal([session.name, session.httpOnly, session.sameSite], ["gatehouse-session", true, "Lax"], "the cookie");

	await press(page, "New organization");
	await page.getByLabel("Description").fill("typed before");
	await press(page, "Create");
	await expect(page, "Name is required.");
	equal(await page.getByLabel("Description").inputValue(), "typed before", "what was typed");
	if (javaScriptEnabled) equal(await page.evaluate(() => document.activeElement.name), "name", "the focus is on");
	await page.goto("/console/organizations/new");
	const name = `Birch <script>alert(1)</script> ${run}`;
	await page.getByLabel("Name (required)").fill(name);
	// Two clicks, before anything can have been answered.
	await page.getByRole("button", {name: "Create"}).dblclick();
	await page.waitForURL(/\/console\/organizations\/or-\d+$/);
	equal(await heading(page), name, "the heading");
	await expect(page, "The organization is created.");
	const path = new URL(page.url()).pathname;
	await page.reload();
	equal(await page.getByText("The organization is created.").count(), 0, "the message after a reload");

	// Back to the form, and the same once more, and a reload of what came of it.
	await page.goBack();
	await page.getByLabel("Name (required)").fill(name);
	await press(page, "Create");
	await expect(page, "There is an organization with this name already.");
	await page.reload();
	await expect(page, "There is an organization with this name already.");
	await page.goto("/console/organizations?q=" + encodeURIComponent(run));
	equal(await page.locator("tbody tr").count(), 1, "organizations after a double click");
	await press(page, name);
	await press(page, "Edit");
	await page.getByLabel("Contacts").fill("Ada Birch <ada@example.test>");
	await press(page, "Save");
	await expect(page, "The changes are saved.");
	await expect(page, "ada@example.test");
	for (const [tab, text] of [["Codes", "no codes yet"], ["Clients", "No client has enrolled"], ["History", "organization.create"]]) {
		await page.locator("nav.tabs").getByRole("link", {name: tab, exact: true}).click();
		await expect(page, text);
	}
	await press(page, "Facts");
	await press(page, "Deactivate");
	await expect(page, "its clients and applications get no tokens");
	await press(page, "Deactivate");
	await expect(page, "Inactive");
	await press(page, "Activate");
	await page.getByLabel("Keep the former codes").check();
	await press(page, "Activate");
	await expect(page, "The organization is active.");

	await press(page, "Deutsch");
	await expect(page, "Angaben");
	equal(new URL(page.url()).pathname, path, "the page in another language");
	await press(page, "Dunkel");
	equal(await page.locator("html").getAttribute("data-theme"), "dark", "the colours");
	await press(page, "English");
	await press(page, "Sign out");
	await expect(page, "You are signed out.");
	await page.goBack();
	await page.reload();
	equal(new URL(page.url()).pathname, "/console/sign-in", "after signing out, a page of before leads to");
	// The cookie of before is worth nothing.
	await page.context().addCookies([{...session, expires: -1}]);
	await page.goto("/console");
	equal(new URL(page.url()).pathname, "/console/sign-in", "the session of before leads to");
	equal(page.faults, [], `complaints ${run}`);
}

await walk(true);
await walk(false);

// A page of another site sends a form here. The browser says where it comes from.
const page = await visitor(browser);
await signIn(page, "admin", password);
await page.waitForURL("**/console");
const elsewhere = server.replace("127.0.0.1", "localhost");
await page.route(elsewhere + "/forge", (route) => route.fulfill({contentType: "text/html", body:
	`<form method="post" action="${server}/console/organizations/new"><input name="name" value="forged"><input name="once" value="1"></form>`}));
await page.goto(elsewhere + "/forge");
await page.evaluate(() => document.forms[0].submit());
await expect(page, "This form was sent from another site");
await page.goto("/console/organizations?q=forged");
equal(await page.locator("tbody tr").count(), 0, "forged organizations");
await browser.close();
