// SPDX-License-Identifier: Apache-2.0

package direct_test

import (
	"os"
	"testing"

	"gatehouse/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
