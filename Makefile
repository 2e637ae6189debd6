# Two commands do everything: make run, make test.
CITY ?=
SPEED ?= 10
BUILD := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

.PHONY: build run test console clean

build: console
	CGO_ENABLED=0 GOEXPERIMENT=simd go build -trimpath -ldflags '-X main.build=$(BUILD)' -o bin/citybrain ./cmd/citybrain

console: console/dist/index.html

console/dist/index.html: console/package.json console/package-lock.json $(shell find console/src console/index.html -type f 2>/dev/null)
	cd console && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

run: build
ifeq ($(CITY),)
	bin/citybrain run --speed $(SPEED)
else ifeq ($(CITY),wilmington)
	test -f out/wilmington/pack.json || bin/citybrain city build \
		--osm "$$(go list -m -f '{{.Dir}}' github.com/paulmach/osm)/testdata/delaware-latest.osm.pbf" \
		--bbox -75.62,39.70,-75.48,39.80 --invent-terrain --out out/wilmington
	bin/citybrain run --speed $(SPEED) --city out/wilmington
else
	bin/citybrain run --speed $(SPEED) --city $(CITY)
endif

test: build
	sh console/browser.sh
	go vet ./...
	go test ./...
	GOEXPERIMENT=simd go test ./flood/...
	cd console && npm test --silent

clean:
	rm -rf bin out console/dist console/node_modules
