#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# cobra 1.10.2 (Go), its package doc, with mandoc 1.14.6 (Debian 12), seen on 2026-11-30.
#
# Guess: the manual pages that cobra's own package writes are ones that the readers of
# manual pages have nothing to say about, given a date and a section.
#
# Seen: mandoc warns about every page. The date, which the caller gives as a time, is
# written as "Nov 2026", which mandoc cannot read as a date, and the list of flags and
# each example have tabs in filled text. man itself (man-db) says nothing.
#
# Why it matters: a package of Debian is checked with these tools, and alpine, OpenBSD and
# macOS show pages with mandoc. Gatehouse writes its pages from its commands by itself, and
# a test lets both programs read each.
set -euo pipefail
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
# Needs Debian 12's lists (apt-get update); nothing is installed.
apt-get -qq -o APT::Sandbox::User=root download mandoc=1.14.6-1+b1
for package in *.deb; do dpkg -x "$package" .; done
cat >main.go <<'GO'
package main

import (
	"log"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func main() {
	root := &cobra.Command{Use: "demo", Short: "Show how a page looks", Example: "  demo --name x",
		Run: func(*cobra.Command, []string) {}}
	root.Flags().String("name", "", "name of the thing")
	date := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &date}, "."); err != nil {
		log.Fatal(err)
	}
}
GO
export GOFLAGS=-mod=mod GOWORK=off
go mod init demo >init.log 2>&1
go get github.com/spf13/cobra@v1.10.2 github.com/spf13/cobra/doc@v1.10.2 >get.log 2>&1
go run .
{ usr/bin/mandoc -T lint -W warning demo.1 || true; } | sed 's/.*WARNING: //' | sort -u | tee seen
diff seen - <<'WANT'
cannot parse date, using it verbatim: TH Nov 2026
tab in filled text
WANT
echo "as it was"
