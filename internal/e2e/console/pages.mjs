// SPDX-License-Identifier: Apache-2.0
// Every page that an administrator can open, light and dark, wide and narrow, in both languages: no
// violation of accessibility (wide in light, narrow in dark), nothing that the browser complains of, nothing wider than the window, and
// less than 100 kB. With SCREENSHOTS it also writes pictures there.
import {audit, open, press, signIn, visitor, weigh} from "./browser.mjs";

const password = process.env.PASSWORD;
const organization = `/console/organizations/${process.env.ORGANIZATION}`;
const [request, decided] = process.env.REQUESTS.split(" ").map((id) => `/console/requests/${id}`);

/** long sends a comment that is too long. */
async function long(page) {
	await page.locator("textarea").fill("x".repeat(1001));
	await press(page, /Approve|Genehmigen/);
}

/** ask sends a request as a stranger does. */
async function ask(page) {
	await page.locator("[name=name]").fill("Birch Tools");
	await press(page, /^(Send|Senden)$/);
}

/** choose marks the requests whose organization exists already, so that they stay. */
async function choose(page) {
	for (const box of await page.locator("tr", {hasText: "Orchard Ltd"}).getByRole("checkbox").all()) await box.check();
	await press(page, /Decide the chosen|ausgewählten/);
}

// A new page is a new line here: its address, and what opens it if an address does not.
const pages = [
	{path: "/console/sign-in", anonymous: true},
	{path: "/console/sign-in", anonymous: true, name: "sign-in-refused", act: (page) => press(page, /Sign in|Anmelden/)},
	{path: "/console"},
	{path: "/console/nothing"},
	{path: "/console/account"},
	{path: "/console/account/password"},
	{path: "/console/account/second-factor"},
	{path: "/console/account/second-factor/remove"},
	{path: "/console/account/recovery-codes"},
	{path: "/console/organizations"},
	{path: "/console/organizations?q=nothing", name: "organizations-none"},
	{path: "/console/organizations/new"},
	{path: "/console/organizations/new", name: "organizations-new-refused", act: (page) => press(page, /Create|Anlegen/)},
	{path: "/join", anonymous: true},
	{path: "/join", anonymous: true, name: "join-refused", act: (page) => press(page, /^(Send|Senden)$/)},
	{path: "/join", anonymous: true, name: "join-sent", act: (page) => ask(page)},
	{path: "/join", anonymous: true, name: "join-request", act: (page) => ask(page).then(() => page.locator("main a").click())},
	{path: "/console/requests"},
	{path: "/console/requests?q=nothing", name: "requests-none"},
	{path: request, name: "request"},
	{path: request, name: "request-refused", act: (page) => long(page)},
	{path: decided, name: "request-decided"},
	{path: "/console/requests/decide", name: "requests-decide-none"},
	{path: "/console/requests", name: "requests-decide", act: (page) => choose(page)},
	{path: "/console/requests", name: "requests-decided", act: (page) => choose(page).then(() => press(page, /^(Approve|Genehmigen)$/))},
	{path: organization, name: "organization"},
	{path: organization + "/codes", name: "organization-codes"},
	{path: organization + "/codes/new", name: "code-new"},
	{path: organization + "/codes/new", name: "code-new-refused", act: (page) => press(page, /Create|Anlegen/)},
	{path: organization + "/codes/new", name: "code-shown", act: async (page) => {
		await page.locator("#f-name").fill("Tills of the spring");
		await page.locator("#f-never").check();
		await page.locator("#f-anyNumber").check();
		await press(page, /Create|Anlegen/);
	}},
	{path: "{code}", name: "code"},
	{path: "{code}/edit", name: "code-edit"},
	{path: "{code}/reveal", name: "code-reveal"},
	{path: "{code}/rotate", name: "code-rotate"},
	{path: "{code}/rotate?overlap=0s&days=7", name: "code-rotate-now"},
	{path: "{code}/rotate?overlap=72h&days=3", name: "code-rotate-refused"},
	{path: "{code}/disable", name: "code-disable"},
	{path: "{code}/installer", name: "code-installer"},
	{path: "{code}/installer?for=windows-msi", name: "code-installer-windows"},
	{path: organization + "/clients", name: "organization-clients"},
	{path: organization + "/history", name: "organization-history"},
	{path: organization + "/edit", name: "organization-edit"},
	{path: organization + "/deactivate", name: "organization-deactivate"},
];

const looks = [
	{name: "light", options: {colorScheme: "light", viewport: {width: 1280, height: 800}}},
	{name: "dark-narrow", options: {colorScheme: "dark", viewport: {width: 360, height: 740}}},
	{name: "light-narrow", options: {colorScheme: "light", viewport: {width: 360, height: 740}, locale: "de-DE"}, quick: true},
	{name: "dark", options: {colorScheme: "dark", viewport: {width: 1280, height: 800}, locale: "de-DE"}, quick: true},
];

const browser = await open();
const first = await visitor(browser);
await signIn(first, "admin", password);
await first.waitForURL("**/console");
await first.goto(organization + "/codes");
const code = await first.locator("tbody a").first().getAttribute("href");
for (const one of pages) one.path = one.path.replace("{code}", code);
const state = await first.context().storageState();
/** firstOf returns the address of the first thing of a list. */
const firstOf = async (path) => {
	await first.goto(path);
	return first.locator("tbody th a").first().getAttribute("href");
};
const waits = await firstOf("/console/clients?state=pending"), client = await firstOf("/console/clients?state=active");
const operator = await firstOf("/console/operators");
pages.push(
	{path: "/console/operators"},
	{path: "/console/operators/new"},
	{path: "/console/operators/new", name: "operators-new-refused", act: (page) => press(page, /Create|Anlegen/)},
	{path: operator, name: "operator"},
	{path: operator + "/edit", name: "operator-edit"},
	{path: operator + "/disable", name: "operator-disable"},
	{path: "/console/audit"},
	{path: "/console/audit?action=enrol&organization=all&from=yesterday", name: "audit-refused"},
	{path: "/console/clients"},
	{path: "/console/clients?q=nothing", name: "clients-none"},
	{path: client, name: "client"},
	{path: client + "/history", name: "client-history"},
	{path: client + "/edit", name: "client-edit"},
	{path: client + "/edit", name: "client-edit-refused", act: async (page) => {
		await page.locator("#f-name").fill("");
		await press(page, /Save|Speichern/);
	}},
	{path: client + "/revoke", name: "client-revoke"},
	{path: waits, name: "client-waits"},
	{path: waits + "/approve", name: "client-approve"},
	{path: waits + "/refuse", name: "client-refuse"},
);
for (const look of looks) {
	const known = await visitor(browser, {...look.options, storageState: state});
	const stranger = await visitor(browser, look.options);
	for (const {path, name, anonymous, act} of pages) {
		const page = anonymous ? stranger : known;
		const what = name ?? (path.replace("/console", "").replace(/^\//, "").replaceAll("/", "-") || "overview");
		await page.goto(path);
		if (act) await act(page);
		await audit(page, `${what}, ${look.name}`, look);
		if (process.env.SCREENSHOTS) await page.screenshot({path: `${process.env.SCREENSHOTS}/${what}-${look.name}.png`, fullPage: true});
	}
}
for (const {path, name, act} of pages) {
	if (act) continue;
	const bytes = await weigh(browser, path, state);
	if (bytes > 100_000) throw new Error(`${name ?? path} weighs ${bytes} bytes`);
}
await browser.close();
console.log(`${pages.length} pages in ${looks.length} looks`);
