// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"gatehouse/bench/host"
)

// place is one server, as a proxy before it knows it: requests in progress hold mu for reading,
// so that a server that is to be started again is first left by all of them.
type place struct {
	site    *host.Site
	mu      sync.RWMutex
	process *host.Process
}

// places are the servers on one database.
type places struct {
	list []*place
	next atomic.Uint64
}

// startPlaces starts as many servers as there are sites.
func startPlaces(ctx context.Context, sites []*host.Site) (*places, error) {
	p := &places{}
	for _, site := range sites {
		process, _, err := site.Start(ctx)
		if err != nil {
			p.kill()
			return nil, err
		}
		p.list = append(p.list, &place{site: site, process: process})
	}
	return p, nil
}

func (p *places) kill() {
	for _, one := range p.list {
		one.process.Kill()
	}
}

// enter returns the address of a server that is not being started again, the next one each time.
// The caller calls leave when its request is over.
func (p *places) enter() (address string, leave func()) {
	for {
		one := p.list[p.next.Add(1)%uint64(len(p.list))]
		if one.mu.TryRLock() {
			return one.process.Address, one.mu.RUnlock
		}
	}
}

// restart stops a server as an operator would, and starts it with other settings.
func (p *place) restart(ctx context.Context, environ []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.process.Stop(); err != nil {
		return err
	}
	p.site.Environ = environ
	process, _, err := p.site.Start(ctx)
	if err == nil {
		p.process = process
	}
	return err
}

// stop stops all of them.
func (p *places) stop() (err error) {
	for _, one := range p.list {
		err = errors.Join(err, one.process.Stop())
	}
	return err
}

// newSites makes the sites of servers on one database, with a folder for each.
func newSites(binary, folder, database string, servers int, environ []string,
	trust *tls.Config) (sites []*host.Site, err error) {
	for i := range servers {
		site, err := host.NewSite(binary, filepath.Join(folder, fmt.Sprintf("server%d", i)), database)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			site.Password = sites[0].Password
		}
		site.OwnKey, site.Environ, site.Trust = true, environ, trust
		sites = append(sites, site)
	}
	return sites, nil
}
