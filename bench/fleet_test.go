// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/apitype"
	"gatehouse/bench/fill"
)

// door lets installations in as the server does, but for the mistake it makes.
type door struct {
	mistake string
	mu      sync.Mutex
	clients map[string]string
	asked   atomic.Int64
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	var body apitype.Enrolment
	if json.Unmarshal(b, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if d.asked.Add(1)%7 == 0 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	id, again := d.clients[body.Client.InstanceID]
	status := http.StatusOK
	switch {
	case !again || d.mistake == "a second client":
		id, status = fmt.Sprint("client ", d.asked.Load()), http.StatusCreated
	case d.mistake == "another client":
		id = "client of another"
	}
	if d.mistake == "a repeat" {
		status = http.StatusOK
	}
	if d.mistake == "a refusal" {
		status = http.StatusForbidden
	}
	d.clients[body.Client.InstanceID] = id
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(apitype.Enrolled{ClientID: id, ClientKey: fmt.Sprint("key ", d.asked.Load())})
}

// Installers get in through servers that are busy or gone, and notice what is wrong.
func TestFleet(t *testing.T) {
	t.Parallel()
	for mistake, right := range map[string]bool{"none": true, "a second client": false, "another client": false,
		"a repeat": false, "a refusal": false} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			d := &door{mistake: mistake, clients: map[string]string{}}
			good, gone := httptest.NewServer(d), httptest.NewServer(d)
			t.Cleanup(good.Close)
			gone.Close()
			halves := 0
			f := &fleet{addresses: []string{good.Listener.Addr().String(), gone.Listener.Addr().String()},
				within: 100 * time.Millisecond,
				enrol:  newEnrolments([]fill.Code{{Text: "GHC"}}), clients: make([]string, 60), half: func() { halves++ }}
			err := f.comeIn(t.Context())
			if (err == nil) != right {
				t.Fatalf("got %v", err)
			}
			if !right {
				return
			}
			for i, id := range f.clients {
				if id == "" {
					t.Errorf("installer %d is not in", i)
				}
			}
			if halves != 1 || f.cut.Load() != 3 || f.twice.Load() != 12 || f.accepted.Count() != 72 ||
				f.refused.Load() == 0 || f.broken.Load() < 30 {
				t.Errorf("%d halves, %d cut off, %d twice, %d accepted, %d refused, %d broken", halves, f.cut.Load(),
					f.twice.Load(), f.accepted.Count(), f.refused.Load(), f.broken.Load())
			}
		})
	}
}
