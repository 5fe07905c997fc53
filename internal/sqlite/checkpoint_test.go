// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// The log goes into the database long before the writer itself would see to it.
func TestLogIsCopiedBesideTheWriter(t *testing.T) {
	t.Parallel()
	s := opened(t)
	const n, size = tidyEvery + 1, 4096
	for i := range n {
		err := s.Update(context.Background(), func(x tenancy.Tx) error {
			return x.InsertSetting(context.Background(), fmt.Sprint(i), make([]byte, size))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		info, err := os.Stat(s.path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > n*size/2 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the log was not copied")
}
