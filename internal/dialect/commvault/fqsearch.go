// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strings"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// addSearch adds the condition that one of the columns contains a text: a part of a text, a whole GUID or the
// word of a status. Some clients write "<columns>:contains:<text>". A column with the same value for every
// company is skipped, because it would match all companies or none.
func (c *conditions) addSearch(text string) error {
	if text == "" {
		return nil
	}
	columns := c.set.defaultSearch
	if head, rest, found := strings.Cut(text, ":contains:"); found {
		columns, text = head, rest
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > filter.MaxLength {
		return badParameter("search", "cannot be in any column.")
	}
	var nodes []filter.Node
	searchable := false
	for name := range strings.SplitSeq(columns, ",") {
		col, ok := c.set.lookup(name)
		if !ok || col.kind == constantColumn && col.active.kind != statusConstant {
			continue
		}
		searchable = true
		if node, ok := col.searchNode(text); ok {
			nodes = append(nodes, node)
		}
	}
	switch {
	case !searchable || len(nodes) > filter.MaxTerms:
		return badParameter("search",
			"must be a text, or <columns>:contains:<text> with some of these columns: "+
				c.set.defaultSearch+".")
	case len(nodes) == 0:
		nodes = append(nodes, c.set.matchNothing()) // no GUID, status or number is such a text
	}
	c.addAny(false, nodes)
	return nil
}

// searchNode returns the condition that the column contains a text. ok is false if the column can never
// contain it.
func (col column) searchNode(text string) (node filter.Node, ok bool) {
	operator := comparison{op: filter.Co}
	switch col.kind {
	case constantColumn:
		for _, state := range []tenancy.OrganizationState{tenancy.OrganizationActive,
			tenancy.OrganizationInactive} {
			if strings.EqualFold(text, statusWord(state)) {
				return inState(string(state)), true
			}
		}
		return nil, false
	case guidColumn:
		operator.op = filter.Eq
	}
	node, err := col.comparisonNode(operator, text)
	return node, err == nil
}
