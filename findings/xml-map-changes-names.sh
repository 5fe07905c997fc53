#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# github.com/clbanning/mxj/v2 v2.7.0 (Go; XML to map[string]any), Go 1.26.8, seen
# on 2026-11-29.
#
# Guess: with its second argument, "cast", NewMapXml makes numbers and booleans of
# what is written as XML Schema writes them (7, 1.5, true), and leaves names alone.
#
# Seen: it takes all that Go's strconv takes. The name T becomes true, F false, and
# the code 12345E67 the number 1.2345e+71; 1_0 is 10 and 00412 is 412, so what is
# written back is another text. Booleans that the wire writes as 1 and 0 become
# numbers, and a number of twenty digits loses its last ones.
#
# Why it matters: an answer has names, codes and ids as well as numbers. The
# vendor's example of an authorization code is nine hexadecimal digits; some such
# codes have the form of a floating-point number. Do not cast; convert the members
# that are numbers by their names.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off
go mod init seen >go.log 2>&1
go get github.com/clbanning/mxj/v2@v2.7.0 >>go.log 2>&1 || { cat go.log; exit 1; }
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/clbanning/mxj/v2"
)

func main() {
	for _, text := range []string{"T", "F", "t", "True", "NO", "12345E67", "1E5", "1_0", "00412", "0x10", "Inf", "1", "0", "12345678901234567890", ""} {
		m, err := mxj.NewMapXml([]byte(`<R name="`+text+`"/>`), true)
		if err != nil {
			panic(err)
		}
		v := m["R"].(map[string]any)["-name"]
		fmt.Printf("%q %T %v\n", text, v, v)
	}
}
GO
go run . | tee seen
diff seen - <<'WANT'
"T" bool true
"F" bool false
"t" bool true
"True" bool true
"NO" string NO
"12345E67" float64 1.2345e+71
"1E5" float64 100000
"1_0" float64 10
"00412" float64 412
"0x10" string 0x10
"Inf" string Inf
"1" float64 1
"0" float64 0
"12345678901234567890" float64 1.2345678901234567e+19
"" string 
WANT
echo "as it was"
