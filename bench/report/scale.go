// SPDX-License-Identifier: Apache-2.0

package report

// known is what another product did, with 16 connections, on two cores of the
// kind these targets were set on.
type known struct {
	product, what string
	rate          float64
	operation     string // ours that does the like
}

// scale is the table of them. They were measured once and are not measured
// again here: on another machine the factor is for orientation only.
func scale() []known {
	return []known{
		{"PocketBase", "reads by id", 4236, "organization"},
		{"PocketBase", "creates, without fsync", 2351, "generate"},
		{"PocketBase", "filtered and sorted pages with total, one million rows", 15, "list-status"},
		{"OpenBao", "AppRole log-ins", 568, "login-key"},
		{"OpenBao", "token creates", 544, "refresh"},
		{"OpenBao", "token look-ups", 4640, "verify"},
		{"Ory Hydra", "client-credential log-ins", 76, "login-key"},
		{"Ory Hydra", "introspections", 1078, "verify"},
		{"Headscale", "key creations", 8.5, "renew"},
	}
}

// scaleConnections is how many all of the table were measured with.
const scaleConnections = 16

// Compared is another product's figure beside ours.
type Compared struct {
	Product   string  `json:"product"`
	What      string  `json:"what"`
	Theirs    float64 `json:"theirs"`
	Operation string  `json:"operation"`
	Engine    string  `json:"engine"`
	Size      int     `json:"organizations"`
	Ours      float64 `json:"ours"`
	Factor    float64 `json:"factor"`
}

// compare puts ours beside theirs, at the largest size of each engine.
func compare(lines []Line) (list []Compared) {
	for _, k := range scale() {
		best := map[string]Line{}
		for _, l := range lines {
			if l.Operation == k.operation && l.Connections == scaleConnections && l.Size >= best[l.Engine].Size {
				best[l.Engine] = l
			}
		}
		for _, engine := range []string{SQLite, Postgres} {
			if l, ok := best[engine]; ok {
				list = append(list, Compared{k.product, k.what, k.rate, k.operation, engine, l.Size, l.Rate,
					l.Rate / k.rate})
			}
		}
	}
	return list
}
