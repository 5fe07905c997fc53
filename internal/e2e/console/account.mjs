// SPDX-License-Identifier: Apache-2.0
// A person's own account by clicks: a second factor with recovery codes, sessions, and a new password.
import {createHmac} from "node:crypto";
import {audit, equal, expect, open, press, signIn, visitor} from "./browser.mjs";

const browser = await open();
const page = await visitor(browser);

/** oneTimeCode returns the code of a secret in base32 (RFC 6238), some steps of half a minute from now. */
function oneTimeCode(secret, steps = 0) {
	const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
	const mac = createHmac("sha1", key).update(counter).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}

await signIn(page, "admin", process.env.PASSWORD);
await page.waitForURL("**/console");
const other = await visitor(browser);
await signIn(other, "admin", process.env.PASSWORD);
await other.waitForURL("**/console");

await press(page, "admin");
equal(await page.locator("tbody tr").count(), 2, "sessions");
await audit(page, "the account");
await page.locator("tbody tr", {hasNotText: "This one"}).getByRole("button", {name: "End"}).click();
await expect(page, "The session has ended.");
await other.reload();
equal(new URL(other.url()).pathname, "/console/sign-in", "the ended session leads to");

await press(page, "Set up a second factor");
await page.getByLabel("Password").fill(process.env.PASSWORD);
await press(page, "Continue");
await expect(page, "Scan this picture");
await audit(page, "the second factor");
const secret = await page.locator("code").innerText();
await page.getByLabel("Code from the app").fill("000000");
await press(page, "Switch on");
await expect(page, "is not right");
await page.getByLabel("Code from the app").fill(oneTimeCode(secret));
await press(page, "Switch on");
await expect(page, "They are not shown again.");
await audit(page, "the recovery codes");
const [recovery] = await page.locator(".codes li").allInnerTexts();
await press(page, "Sign in");
await signIn(page, "admin", process.env.PASSWORD, recovery);
await page.waitForURL("**/console");

await page.goto("/console/account/password");
await audit(page, "the new password");
await page.getByLabel("Present password").fill(process.env.PASSWORD);
await page.getByLabel("New password (required)").fill("another good password");
await page.getByLabel("New password once more").fill("another good password");
await press(page, "Save");
await expect(page, "The password is changed.");
await signIn(page, "admin", "another good password", oneTimeCode(secret, 1));
await page.waitForURL("**/console");
await page.goto("/console/account/second-factor/remove");
await audit(page, "removing the second factor");
equal(page.faults, [], "complaints");
await browser.close();
