// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancytest"
)

const tree = tenancytest.Tree

func wantKind(t *testing.T, what string, err error, kind problem.Kind, code problem.Code) {
	t.Helper()
	tenancytest.WantKind(t, what, err, kind, code)
}

func must[T any](v T, err error) func(t *testing.T) T { return tenancytest.Must(v, err) }

func errOf[T any](_ T, err error) error { return err }
