// SPDX-License-Identifier: Apache-2.0

package api_test

import "testing"

// The shape of an operation changes only with a line of the contract: see make contract.
func TestContract(t *testing.T) {
	t.Parallel()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	doc.CheckContract(t, "openapi.contract", *update)
}

// Code generators take the document: see docs/generated-clients.md.
func TestStructure(t *testing.T) {
	t.Parallel()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	faults, err := doc.Structure()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}
