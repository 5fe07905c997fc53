// SPDX-License-Identifier: Apache-2.0

// Package console is the web console: pages for people who administer, rendered on the server and
// usable without JavaScript. README.md says what a page consists of.
//
// It is not: rules, which are in tenancy and identity, or another API. A page shows what use cases
// return and passes on what was typed.
//
// Floor F3, a door: it imports tenancy, identity and leaves, and neither engines nor other doors.
package console
