// SPDX-License-Identifier: Apache-2.0

package tenancy

import "context"

// UpdateOf gives tests the Tx that use cases get.
func UpdateOf(ctx context.Context, s *Service, fn func(tx Tx) error) error { return s.update(ctx, fn) }
