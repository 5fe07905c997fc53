// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"slices"

	"gatehouse/internal/httpkit"
)

// routes lists all pages and forms. A form is sent to the address of its page.
func (c *console) routes() []page {
	return slices.Concat(c.signInRoutes(), c.accountRoutes(), c.organizationRoutes(), c.codeRoutes(),
		c.requestRoutes(), c.clientRoutes(), c.auditRoutes(), c.operatorRoutes(),
		[]page{
			get("readOverview", "", c.overview),
			{name: "changePreferences", method: http.MethodPost, path: "/preferences", handle: c.changePreferences,
				open: true},
		})
}

func get(name, path string, h handler) page {
	return page{name: name, method: http.MethodGet, path: path, handle: h}
}

func post(name, path string, h handler) page {
	return page{name: name, method: http.MethodPost, path: path, handle: h}
}

// list is get for a page that reads many rows.
func list(name, path string, h handler) page {
	return page{name: name, method: http.MethodGet, path: path, handle: h, class: httpkit.List}
}
