// SPDX-License-Identifier: Apache-2.0
// Pages work without this script. It shows how long ago a time was, keeps a second click from sending a
// form again, leads to what is wrong, and lets keys go places.
"use strict";
(() => {
	const language = document.documentElement.lang;
	const relative = new Intl.RelativeTimeFormat(language, {numeric: "auto"});
	const units = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
	const ago = (at) => {
		const seconds = (at - Date.now()) / 1000;
		const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
		return relative.format(Math.round(seconds / size), unit);
	};
	for (const time of document.querySelectorAll("time[datetime]")) {
		const at = Date.parse(time.dateTime);
		if (Number.isNaN(at)) continue;
		time.title = time.textContent;
		time.textContent = ago(at);
	}
	for (const form of document.querySelectorAll("form[data-once]")) {
		form.addEventListener("submit", (event) => {
			if (form.dataset.sent) {
				event.preventDefault();
				return;
			}
			form.dataset.sent = "yes";
			for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
		});
	}
	// A page that comes back from the memory of the browser may be sent again.
	addEventListener("pageshow", (event) => {
		if (!event.persisted) return;
		for (const form of document.querySelectorAll("form[data-sent]")) {
			delete form.dataset.sent;
			for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
		}
	});
	for (const button of document.querySelectorAll("button[data-copy]")) {
		const source = document.getElementById(button.dataset.copy);
		button.hidden = false;
		button.addEventListener("click", async () => {
			if (source.select) source.select();
			else getSelection().selectAllChildren(source);
			// Browsers have no clipboard on pages that came over plain HTTP. What is selected can be copied by hand.
			await navigator.clipboard?.writeText(source.value ?? source.textContent);
			if (navigator.clipboard) button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
		});
	}
	const wrong = document.querySelector("[aria-invalid=true]") || document.getElementById("problem");
	if (wrong) wrong.focus();
	// Keys: / goes to the search, j and k down and up a list, x chooses its row, and a key that a part of the
	// page names goes there. A button switches all of them off.
	const off = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };
	for (const button of document.querySelectorAll("button[data-keys]")) {
		button.hidden = false;
		button.setAttribute("aria-pressed", off());
		button.addEventListener("click", () => {
			try { localStorage.setItem("keys", off() ? "on" : "off"); } catch { /* it forgets */ }
			button.setAttribute("aria-pressed", off());
		});
	}
	const place = (key) => {
		if (key === "/") return document.getElementById("q");
		if (key === "j" || key === "k") {
			const rows = [...document.querySelectorAll("tbody th a:first-child")];
			const here = rows.findIndex((row) => row.closest("tr").contains(document.activeElement));
			return rows[here < 0 ? 0 : Math.min(Math.max(here + (key === "j" ? 1 : -1), 0), rows.length - 1)];
		}
		return document.querySelector(`[aria-keyshortcuts="${CSS.escape(key)}"]`);
	};
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.altKey || event.metaKey || off() ||
			event.target.closest("input:not([type=checkbox]), textarea, select")) return;
		const box = event.key === "x" && document.activeElement.closest("tr")?.querySelector("input[type=checkbox]");
		const target = box ? null : place(event.key);
		if (box) box.click();
		if (target) target.focus();
		if (box || target) event.preventDefault();
	});
})();
