// SPDX-License-Identifier: Apache-2.0
// An organization's first code by clicks, up to a client that enrols with it, with a script and without: a new
// code is shown once however often its form is sent, what was typed wrong is kept, and a rotation says whom it hits.
import {equal, expect, heading, open, press, server, signIn, visitor} from "./browser.mjs";

const password = process.env.PASSWORD;
const organization = `/console/organizations/${process.env.ORGANIZATION}`;
const browser = await open();

/** enrol presents a code as an installer does, and returns the status. */
async function enrol(code, instance) {
	const answer = await fetch(server + "/v1/enrollments", {method: "POST", headers: {"Content-Type": "application/json"},
		body: JSON.stringify({authorizationCode: code, client: {name: instance, instanceId: instance}})});
	return answer.status;
}

async function walk(javaScriptEnabled) {
	const run = javaScriptEnabled ? "with a script" : "without one";
	const page = await visitor(browser, {javaScriptEnabled, permissions: ["clipboard-read", "clipboard-write"]});
	await signIn(page, "admin", password);
	await page.waitForURL("**/console");
	await page.goto(organization + "/codes");
	const before = await page.locator("tbody tr").count();
	await press(page, "New code");
	const name = `Tills <b>${run}</b>`;
	await page.getByLabel("Name (required)").fill(name);
	await page.getByLabel("Source networks").fill("127.0.0.1");
	await page.getByLabel("It never expires").check();
	await page.getByLabel("Number of clients", {exact: true}).fill("2");
	await press(page, "Create");
	await expect(page, "must be a network such as 192.0.2.0/24");
	equal(await page.getByLabel("Name (required)").inputValue(), name, "the name is kept");
	equal(await page.getByLabel("It never expires").isChecked(), true, "the choice is kept");
	await page.getByLabel("Source networks").fill("127.0.0.0/8");
	await page.getByRole("button", {name: "Create"}).dblclick();
	await expect(page, "Hand it only to the people");
	const code = await page.getByLabel("Authorization code").inputValue();
	equal(/^GHC[0-9A-Z]{30}$/.test(code), true, "a code is shown");
	equal(await page.locator("img.qr").evaluate((i) => i.naturalWidth > 0), true, "the picture is shown");
	await page.reload();
	equal(await page.getByLabel("Authorization code").inputValue(), code, "after a reload");
	if (javaScriptEnabled) {
		await press(page, "Copy");
		await expect(page, "Copied.");
		equal(await page.evaluate(() => navigator.clipboard.readText()), code, "what was copied");
	} else {
		equal(await page.getByRole("button", {name: "Copy"}).count(), 0, "buttons that need a script");
	}
	await press(page, "To the code's page");
	equal(await heading(page), name, "the heading");
	equal((await page.content()).includes(code), false, "the page of the code has its text");
	const path = new URL(page.url()).pathname;
	await press(page, "Codes");
	equal(await page.locator("tbody tr").count(), before + 1, "codes after a double click");

	equal(await enrol(code, "till 1, " + run), 201, "an installer is let in");
	await page.goto(path);
	await expect(page, "1 of 2");
	await press(page, "Switch off");
	await press(page, "Switch off");
	await expect(page, "The code is switched off.");
	equal(await enrol(code, "till 2, " + run), 403, "an installer is refused");
	await page.reload();
	await expect(page, "It was switched off.");
	await expect(page, "let clients in 1 times and refused 1 times");
	await press(page, "Switch on");
	await press(page, "Switch on");
	await press(page, "Text for installers");
	await expect(page, server);
	await press(page, "Terraform");
	await expect(page, "gatehouse");
	await page.goto(path);
	await press(page, "Show the code");
	await press(page, "Show the code");
	equal(await page.getByLabel("Authorization code").inputValue(), code, "the code that is revealed");

	await page.goto(path);
	await press(page, "Rotate");
	await expect(page, "1 uses by 1 installations");
	await page.getByLabel("Overlap").selectOption("An hour");
	await press(page, "Preview");
	equal(new URL(page.url()).searchParams.get("overlap"), "1h0m0s", "the overlap");
	await page.getByRole("button", {name: "Rotate"}).dblclick();
	await expect(page, "The former code stays good until");
	const next = await page.getByLabel("Authorization code").inputValue();
	equal(next !== code, true, "another code");
	equal([await enrol(code, "till 3, " + run), await enrol(next, "till 4, " + run)], [201, 201], "both are good");
	await page.goto(path);
	await press(page, "End the overlap");
	await press(page, "End the overlap");
	await expect(page, "The overlap is over.");
	equal([await enrol(code, "till 5, " + run), await enrol(next, "till 6, " + run)], [403, 201], "one is good");
	equal(page.faults, [], `complaints ${run}`);
}

await walk(true);
await walk(false);
await browser.close();
