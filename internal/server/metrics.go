// SPDX-License-Identifier: Apache-2.0

package server

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"gatehouse/internal/httpkit"
)

// metrics counts answers. Labels come from the route tables and from small closed sets,
// so that no client can create new series.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	shed     *prometheus.CounterVec
}

func newMetrics(version string, gate *httpkit.Gate) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehouse_http_requests_total", Help: "Requests answered, by door, operation, method and status.",
		}, []string{"door", "route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gatehouse_http_request_duration_seconds", Help: "Time to answer, by door and operation.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"door", "route"}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehouse_http_shed_total",
			Help: "Requests refused because there was too much to do, by door and class.",
		}, []string{"door", "class"}),
	}
	for _, c := range httpkit.Classes() {
		m.registry.MustRegister(busy("in_flight", "Requests worked on.", c,
			func() int { n, _ := gate.Busy(c); return n }),
			busy("waiting", "Requests that wait for a place.", c, func() int { _, n := gate.Busy(c); return n }))
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "gatehouse_build_info", Help: "Always 1; the label has the version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.shed, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// declare makes the counters of refusals of a door, so that the first refusal is a change of one.
func (m *metrics) declare(d *httpkit.Door) {
	for _, route := range d.Routes {
		if route.Class != httpkit.Free {
			m.shed.WithLabelValues(d.Name, route.Class.String())
		}
	}
}

func busy(name, help string, c httpkit.Class, count func() int) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gatehouse_http_" + name, Help: help, ConstLabels: prometheus.Labels{"class": c.String()},
	}, func() float64 { return float64(count()) })
}

// observe implements httpkit.Observer.
func (m *metrics) observe(info httpkit.Info, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(info.Door, info.Route, method, strconv.Itoa(status)).Inc()
	duration := m.duration.WithLabelValues(info.Door, info.Route)
	if id := info.TraceID(); id != "" {
		duration.(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(),
			prometheus.Labels{"trace_id": id})
	} else {
		duration.Observe(took.Seconds())
	}
	if info.Shed {
		m.shed.WithLabelValues(info.Door, info.Class().String()).Inc()
	}
}
