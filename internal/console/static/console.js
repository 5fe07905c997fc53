// SPDX-License-Identifier: Apache-2.0
// Pages work without this script. It shows how long ago a time was, keeps a second click from sending a
// form again, and leads to what is wrong.
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
	const wrong = document.querySelector("[aria-invalid=true]") || document.getElementById("problem");
	if (wrong) wrong.focus();
	document.addEventListener("keydown", (event) => {
		const search = document.getElementById("q");
		if (event.key !== "/" || !search || event.target.closest("input, textarea, select")) return;
		event.preventDefault();
		search.focus();
	});
})();
