// SPDX-License-Identifier: Apache-2.0
// What the flows share: a headless Chromium without network but loopback, and what every page must hold.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {chromium} from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const server = process.env.GATEHOUSE;

/** open starts the browser. */
export const open = () => chromium.launch({executablePath: process.env.CHROMIUM,
	args: ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]});

/** visitor returns a page in a browser profile of its own. What the browser complains of ends the run. */
export async function visitor(browser, options = {}) {
	const context = await browser.newContext({baseURL: server, locale: "en-GB", ...options});
	context.setDefaultTimeout(20_000);
	const page = await context.newPage();
	page.faults = [];
	page.on("console", (m) => {
		// Chromium complains of each answer above 399, which are checked where they are expected.
		if (m.type() === "error" && !m.text().startsWith("Failed to load resource")) page.faults.push(m.text());
	});
	page.on("pageerror", (e) => page.faults.push(String(e)));
	page.on("requestfailed", (r) => {
		if (!/ERR_ABORTED/.test(r.failure()?.errorText)) page.faults.push(`${r.url()}: ${r.failure()?.errorText}`);
	});
	return page;
}

/** signIn signs an operator in. */
export async function signIn(page, username, password, code = "") {
	await page.goto("/console/sign-in");
	await page.getByLabel("User name").fill(username);
	await page.getByLabel("Password").fill(password);
	await page.getByLabel("One-time code").fill(code);
	await page.getByRole("button", {name: "Sign in"}).click();
}

/** press clicks a button or a link, and waits for the page that follows. */
export async function press(page, name) {
	const target = page.getByRole("button", {name, exact: true}).or(page.getByRole("link", {name, exact: true}));
	await target.first().click();
	await page.waitForLoadState("load");
}

/** heading returns the main heading of a page. */
export const heading = (page) => page.locator("h1").innerText();

/** expect ends the run unless a text is there. */
export async function expect(page, text) {
	await page.getByText(text).first().waitFor().catch(() => {
		throw new Error(`"${text}" is not on ${page.url()}`);
	});
}

/** equal ends the run unless two values are the same. */
export function equal(got, want, what) {
	if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

/** accessible returns what makes a page hard to use for somebody. */
async function accessible(page) {
	await page.evaluate(axe);
	const {violations} = await page.evaluate(() => axe.run(document, {resultTypes: ["violations"],
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}));
	return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html + " " + (n.any[0]?.message ?? "")).join("; ")}`);
}

/** audit ends the run if the browser complains of a page, if it is too wide for its window, or hard to use for somebody. */
export async function audit(page, what, {quick = false} = {}) {
	const found = quick ? [] : await accessible(page);
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	if (wide > 0) found.push(`it is ${wide} pixels wider than the window`);
	if (/⟨/.test(await page.content())) found.push("a message is missing");
	found.push(...page.faults.splice(0));
	if (found.length) throw new Error(`${what}:\n${found.join("\n")}`);
}

/** weigh returns how many bytes a page and all that it loads take on the wire. */
export async function weigh(browser, path, state) {
	const context = await browser.newContext({baseURL: server, storageState: state});
	const page = await context.newPage();
	const wire = await context.newCDPSession(page);
	let bytes = 0;
	await wire.send("Network.enable");
	wire.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
	await page.goto(path, {waitUntil: "networkidle"});
	await context.close();
	return bytes;
}
