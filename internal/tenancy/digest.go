// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// FindByDigest looks a secret up by its digest under each master key, and returns what find does
// under the first that finds something. NotFound.
func FindByDigest[T any](keys *secret.Keyring, p secret.Purpose, s secret.Secret,
	find func(digest []byte) (T, error)) (found T, err error) {
	for _, digest := range keys.Digests(p, s) {
		if found, err = find(digest); !errors.Is(err, problem.NotFound) {
			return found, err
		}
	}
	return found, err
}
