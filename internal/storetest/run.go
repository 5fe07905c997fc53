// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"maps"
	"slices"
	"testing"

	"gatehouse/internal/tenancy"
)

// topic is what must hold about one noun. Each method of a store belongs to the
// one topic that answers for it.
type topic struct {
	methods []string
	tests   map[string]func(t *testing.T, s tenancy.Store)
}

// topics is the suite.
func topics() map[string]topic {
	return map[string]topic{
		"organization": organizationTopic(),
		"request":      requestTopic(),
		"similar":      similarTopic(),
		"authcode":     authCodeTopic(),
		"codeuse":      codeUseTopic(),
		"client":       clientTopic(),
		"application":  applicationTopic(),
		"operator":     operatorTopic(),
		"session":      sessionTopic(),
		"token":        operatorTokenTopic(),
		"attempt":      attemptTopic(),
		"answer":       answerTopic(),
		"audit":        auditTopic(),
		"setting":      settingTopic(),
		"masterkey":    masterKeyTopic(),
		"transaction":  transactionTopic(),
		"list":         listTopic(),
	}
}

// Run runs the whole suite on an engine. open returns an empty, migrated store and closes
// it when the test ends. Every test has a store of its own.
func Run(t *testing.T, open func(t *testing.T) tenancy.Store) {
	t.Run("every method has a topic", everyMethod)
	for name, topic := range topics() {
		t.Run(name, func(t *testing.T) {
			var stores []*Broken
			for name, test := range topic.tests {
				// A Broken that nothing fails in: it counts the calls.
				s := &Broken{faults: map[string]error{}, calls: map[string]int{}}
				stores = append(stores, s)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					s.inner = open(t)
					test(t, s)
				})
			}
			t.Cleanup(func() { everyCall(t, topic.methods, stores) })
		})
	}
}

// everyMethod fails when a method was added to the interfaces without a topic,
// or a topic answers for one that is gone.
func everyMethod(t *testing.T) {
	want := append(methodsOf[tenancy.Store](), methodsOf[tenancy.Tx]()...)
	var got []string
	for _, topic := range topics() {
		got = append(got, topic.methods...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the topics answer for\n%v, the methods are\n%v", got, want)
	}
}

// everyCall fails when a topic never calls a method it answers for. It judges
// complete and successful runs only: -run may have left tests out.
func everyCall(t *testing.T, methods []string, stores []*Broken) {
	calls := map[string]int{}
	for _, s := range stores {
		if s.inner == nil || t.Failed() || t.Skipped() {
			return
		}
		for name, n := range maps.All(s.calls) {
			calls[name] += n
		}
	}
	for _, name := range methods {
		if calls[name] == 0 {
			t.Errorf("no test of this topic calls %s", name)
		}
	}
}
