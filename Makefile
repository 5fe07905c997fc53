# SPDX-License-Identifier: Apache-2.0
# Everything goes through here; .ci/run adds only what has to be installed.
# "make run" needs Go, make and git, nothing else.

GO       ?= go
FUZZTIME ?= 10s
TIMEOUT  ?= 20m

# Ours, without those of the clients that tests drive.
GOFILES = $(shell find . -name node_modules -prune -o -name '*.go' -print)

.DEFAULT_GOAL := help
.PHONY: help run build test clients generators bench bench-full bench-compare check fmt-check vet staticcheck modules static-build fuzz fmt clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# To try everything out, requests from the public are on here; serve alone has them off.
run: export GATEHOUSE_PUBLIC_REQUESTS ?= on
run: build ## build and start the server on SQLite, data in ./gatehouse-data
	./bin/gatehouse serve

# Pure Go on purpose: no C compiler needed, and the binary runs on any Linux.
build: ## build bin/gatehouse
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o bin/gatehouse ./cmd/gatehouse

# The race detector needs a C compiler that works, headers included, so one
# small program is compiled to find out.
test: ## run all tests, with the race detector where there is a C compiler
	@race=-race; \
	if [ "$$($(GO) env CGO_ENABLED)" != 1 ] || \
	   ! echo '#include <stdlib.h>' | $$($(GO) env CC) -x c -fsyntax-only - >/dev/null 2>&1; then \
		race=; echo 'make test: no working C compiler: running WITHOUT the race detector' >&2; \
	fi; \
	set -x; $(GO) test $$race -shuffle=on -count=1 -timeout $(TIMEOUT) ./...

# Their versions are pinned there; nothing of them is in this repository, and
# nothing they bring is run while they are installed.
clients: generators ## install the clients and generators that tests drive (needs Node and npm)
	cd internal/e2e/dcu && npm ci --ignore-scripts --no-audit --no-fund
	cd internal/e2e/generated && npm ci --ignore-scripts --no-audit --no-fund
	cd internal/e2e/generated && $(GO) mod download

generators: bin/oapi-codegen bin/ogen ## build what makes Go clients of the OpenAPI documents

bin/oapi-codegen: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/oapi-codegen github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen

bin/ogen: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/ogen github.com/ogen-go/ogen/cmd/ogen

# BENCH holds further flags, for example BENCH='-engines sqlite -only generate'.
bench: build ## measure the built server beside its yardsticks, under 3 minutes
	$(GO) build -o bin/bench ./bench
	./bin/bench $(BENCH)

bench-full: build ## the same with up to a million organizations, under 30 minutes
	$(GO) build -o bin/bench ./bench
	./bin/bench -full $(BENCH)

bench-compare: bin/benchstat ## compare the micro-benchmarks of two revisions: OLD=<rev> [NEW=<rev>]
	@GO='$(GO)' bench/compare '$(OLD)' '$(NEW)'

bin/benchstat: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/benchstat golang.org/x/perf/cmd/benchstat

check: fmt-check vet staticcheck modules static-build ## all that CI checks besides tests and fuzzing

fmt-check: ## fail on files that gofmt would change
	@unformatted=$$(gofmt -l $(GOFILES)) && \
	if [ -n "$$unformatted" ]; then echo "not gofmt'd (run make fmt):" >&2; echo "$$unformatted" >&2; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

staticcheck: bin/staticcheck ## staticcheck, built from the module in tools/
	./bin/staticcheck ./...

# Apart from our own module, so that the server does not depend on its tools.
bin/staticcheck: tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck

modules: ## go.mod is tidy, and what was downloaded is what go.sum says
	$(GO) mod tidy -diff
	$(GO) mod verify
	cd tools && $(GO) mod verify
	cd internal/e2e/generated && $(GO) mod verify

static-build: ## every package builds without C
	CGO_ENABLED=0 $(GO) build ./...

fuzz: ## run every fuzz target for FUZZTIME each (default 10s)
	@GO='$(GO)' .ci/fuzz $(FUZZTIME)

fmt: ## gofmt every file
	gofmt -w $(GOFILES)

clean: ## remove what was built and the test cache; gatehouse-data stays
	rm -rf bin coverage.*
	$(GO) clean -testcache
