// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/binary"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	m, at := newCallerCache(tenancy.NewCore(nil, nil, nil).Changes(),
		func() tenancy.Moment { return tenancy.Moment{} }), time.Now()
	print := func(i int) (f secret.Fingerprint) {
		return secret.FingerprintOf(string(binary.AppendVarint(nil, int64(i))))
	}
	const inUse, most = 1000, cacheShards * shardSize
	for i := range 5 * most {
		if i%most == 0 { // read again, as entries in use are
			for j := range inUse {
				m.store(print(-1-j), m.newEntry(at.Add(time.Duration(i)+time.Second)))
			}
		}
		m.store(print(i), m.newEntry(at.Add(time.Duration(i))))
	}
	n, kept := 0, 0
	for i := range m.shards {
		n += len(m.shards[i].entries)
		if len(m.shards[i].entries) > shardSize {
			t.Errorf("shard %d holds %d", i, len(m.shards[i].entries))
		}
	}
	for j := range inUse {
		if _, good := m.lookup(print(-1-j), at); good {
			kept++
		}
	}
	if n < most*9/10 || n > most || kept < inUse*9/10 {
		t.Errorf("holds %d of at most %d, and %d of %d in use", n, most, kept, inUse)
	}
}
