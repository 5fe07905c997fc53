# SPDX-License-Identifier: Apache-2.0
# Every check is a target of this file; .ci/run only installs what is missing.
# "make run" needs only Go, make and git.

GO       ?= go
FUZZTIME ?= 10s
TIMEOUT  ?= 20m

# Our own files, without those of the clients that tests run.
GOFILES = $(shell find . -name node_modules -prune -o -name '*.go' -print)

.DEFAULT_GOAL := help
.PHONY: help run build man test test-fast contract clients generators opentofu pebble otelcol packages package-tools helm bench bench-full test-bench bench-compare check fmt-check vet staticcheck modules static-build fuzz fmt clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# Requests from the public are on here, to try everything out. They are off by default.
run: export GATEHOUSE_PUBLIC_REQUESTS ?= on
run: build ## build and start the server on SQLite, with its data in ./gatehouse-data
	./bin/gatehouse serve

# Pure Go on purpose: this needs no C compiler, and the binary runs on any Linux.
build: ## build bin/gatehouse
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o bin/gatehouse ./cmd/gatehouse

# The race detector watches our code and the driver of SQLite, but not SQLite itself,
# which is C translated to Go. Its every access to memory would be checked, which more
# than doubles the processor time of the tests. Locks of these packages still count,
# because package sync reports them. See docs/decisions/0017-fast-tests.md.
RACE = -race -gcflags=modernc.org/sqlite/lib=-race=false \
	-gcflags=modernc.org/libc/...=-race=false -gcflags=modernc.org/memory=-race=false

# make check vets every package, so the tests do not do it again.
# The race detector needs a working C compiler with headers. Compiling a small
# program finds out whether there is one. Tests have no use for symbols of a debugger, which
# take a third of the time of linking, and more memory saves time of the garbage collector.
# The race detector lets each process wait for a second before it ends, unless it is told not to.
test: ## run all tests, with the race detector if there is a C compiler
	@race='$(RACE)'; \
	if [ "$$($(GO) env CGO_ENABLED)" != 1 ] || \
	   ! echo '#include <stdlib.h>' | $$($(GO) env CC) -x c -fsyntax-only - >/dev/null 2>&1; then \
		race=; echo 'make test: no working C compiler: running WITHOUT the race detector' >&2; \
	fi; \
	set -x; GOGC=400 GORACE="atexit_sleep_ms=0 $$GORACE" $(GO) test $$race -ldflags=-s -vet=off -shuffle=on -count=1 -timeout $(TIMEOUT) ./...

# For the loop of the day. Go does not repeat the tests of a package that passed and
# has not changed since.
test-fast: ## run the tests without PostgreSQL, e2e and the race detector, under 40 seconds
	$(GO) test -short ./cmd/... ./internal/...

# The shape of each operation of /v1 and /oauth2 is a line of a file. A test fails when they
# differ, and this refuses to change the shape of a released version.
contract: ## write down the shapes of the OpenAPI documents after a change
	$(GO) test ./internal/api ./internal/oauth -run '^TestContract$$' -count=1 -update

.PHONY: reference
reference: ## write docs/reference.md: settings, metrics and error codes, from the program
	$(GO) test ./cmd/gatehouse -run '^TestReference$$' -count=1 -update

# The lock files in these folders pin the versions. No client is in this repository,
# and no script of a package runs while it is installed.
clients: generators ## install the clients and generators that tests run (needs Node and npm)
	cd internal/e2e/dcu && npm ci --ignore-scripts --no-audit --no-fund
	cd internal/e2e/openid && npm ci --ignore-scripts --no-audit --no-fund
	cd internal/e2e/generated && npm ci --ignore-scripts --no-audit --no-fund
	cd internal/e2e/postgres && npm ci --ignore-scripts --no-audit --no-fund
	cd internal/e2e/console && npm ci --ignore-scripts --no-audit --no-fund
	cd internal/e2e/generated && $(GO) mod download

generators: bin/oapi-codegen bin/ogen ## build the generators of Go clients for the OpenAPI documents

bin/oapi-codegen: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/oapi-codegen github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen

bin/ogen: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/ogen github.com/ogen-go/ogen/cmd/ogen

# The first build takes four minutes on two cores.
opentofu: bin/tofu bin/terraform-provider-http ## build OpenTofu and a provider, which tests of docs/automation.md run

bin/tofu: tools/opentofu/go.mod tools/opentofu/go.sum
	cd tools/opentofu && CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o ../../bin/tofu github.com/opentofu/opentofu/cmd/tofu

bin/terraform-provider-http: tools/terraform-provider-http/go.mod tools/terraform-provider-http/go.sum
	cd tools/terraform-provider-http && CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o ../../bin/terraform-provider-http github.com/terraform-providers/terraform-provider-http

packages: package-tools ## make dist/: .deb, .rpm, image, chart, bill of materials, checksums
	packaging/build dist

# Always built: the Go tool knows what has changed.
package-tools: ## build what makes packages
	cd tools/packages && CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o ../../bin/ ./... \
		github.com/goreleaser/nfpm/v2/cmd/nfpm github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

# The first build takes two minutes on two cores.
helm: ## build helm, and a strict reader of what it makes
	cd tools/helm && CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o ../../bin/ ./... \
		helm.sh/helm/v4/cmd/helm

pebble: bin/pebble bin/pebble-challtestsrv ## build a certificate authority that tests run

bin/pebble: tools/pebble/go.mod tools/pebble/go.sum
	cd tools/pebble && $(GO) build -trimpath -ldflags="-s -w" -o ../../bin/pebble github.com/letsencrypt/pebble/v2/cmd/pebble

bin/pebble-challtestsrv: tools/pebble/go.mod tools/pebble/go.sum
	cd tools/pebble && $(GO) build -trimpath -ldflags="-s -w" -o ../../bin/pebble-challtestsrv github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv

# The first build takes a minute on two cores.
otelcol: bin/otelcol ## build the OpenTelemetry Collector, which a test sends traces to

bin/otelcol: tools/otelcol/go.mod tools/otelcol/go.sum tools/otelcol/main.go
	cd tools/otelcol && CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o ../../bin/otelcol .

# BENCH holds further flags, for example BENCH='-engines sqlite -only generate'.
bench: build ## measure the built server next to its yardsticks, under 3 minutes
	$(GO) build -C bench -o ../bin/bench .
	./bin/bench $(BENCH)

bench-full: build ## the same with up to a million organizations, under 30 minutes
	$(GO) build -C bench -o ../bin/bench .
	./bin/bench -full $(BENCH)

test-bench: ## run the tests of the bench, which is a module of its own
	$(GO) test -C bench -count=1 -timeout $(TIMEOUT) ./...

bench-compare: bin/benchstat ## compare the micro-benchmarks of two revisions: OLD=<rev> [NEW=<rev>]
	@GO='$(GO)' bench/compare '$(OLD)' '$(NEW)'

bin/benchstat: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/benchstat golang.org/x/perf/cmd/benchstat

check: fmt-check vet staticcheck modules static-build ## everything that CI checks, except tests and fuzzing

fmt-check: ## fail on files that gofmt would change
	@unformatted=$$(gofmt -l $(GOFILES)) && \
	if [ -n "$$unformatted" ]; then echo "not gofmt'd (run make fmt):" >&2; echo "$$unformatted" >&2; exit 1; fi

vet: ## go vet
	$(GO) vet ./...
	$(GO) vet -C bench ./...

staticcheck: bin/staticcheck ## staticcheck, built from the module in tools/
	./bin/staticcheck ./...
	cd bench && ../bin/staticcheck ./...

man: build ## write the pages of the manual into bin/man1, from the commands
	./bin/gatehouse man --dir bin/man1

# In a module of its own, so that the server does not depend on its tools.
bin/staticcheck: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck

# Not in bench: go mod verify cannot check the module that it replaces with this folder,
# and go.sum is checked when bench is built.
modules: ## check that go.mod is tidy and that downloads match go.sum
	$(GO) mod tidy -diff
	cd bench && $(GO) mod tidy -diff
	$(GO) mod verify
	cd tools && $(GO) mod verify
	cd internal/e2e/generated && $(GO) mod verify

# With the flags of build, so that what it compiles is used again: by make build, and by the
# test that follows the README.
static-build: ## build every package without C
	CGO_ENABLED=0 $(GO) build -trimpath ./...
	CGO_ENABLED=0 $(GO) build -C bench ./...

fuzz: ## run every fuzz target for FUZZTIME each (default 10s)
	@GO='$(GO)' .ci/fuzz $(FUZZTIME)

fmt: ## gofmt every file
	gofmt -w $(GOFILES)

clean: ## remove build results and the test cache, but not gatehouse-data
	rm -rf bin dist coverage.*
	$(GO) clean -testcache
