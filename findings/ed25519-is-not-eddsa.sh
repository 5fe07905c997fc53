#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# oauth4webapi 3.8.8 (npm; what openid-client 6 signs with), Node 20.20.2, and
# golang-jwt 5.3.1, seen on 2026-11-29.
#
# Guess: a client that signs private_key_jwt with an Ed25519 key writes the
# algorithm EdDSA (RFC 8037), which every library for JWTs knows.
#
# Seen: oauth4webapi writes Ed25519, the name of RFC 9864, which replaces EdDSA, and
# cannot be told to write the old one. golang-jwt knows EdDSA alone: it does not come
# as far as the signature, which is the same for both names, but says that the
# algorithm is unavailable. So a client that follows the newer standard is refused
# by a server that follows the older one, as if its key were wrong.
#
# Why it matters: Gatehouse takes both names for an Ed25519 key and lists both in its
# metadata. A server that only lists the algorithms of its library refuses such clients.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --ignore-scripts --no-audit --no-fund --prefix . oauth4webapi@3.8.8
cat >seen.mjs <<'JS'
import * as oauth from "oauth4webapi"
const { privateKey } = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])
const body = new URLSearchParams()
await oauth.PrivateKeyJwt(privateKey)({ issuer: "https://example.test" }, { client_id: "c" }, body, new Headers())
console.log(body.get("client_assertion"))
process.exit(0)
JS
node --no-warnings seen.mjs >assertion
{ cut -d. -f1 assertion; echo ==; } | tr -d "\n" | base64 -di 2>/dev/null | tee header || true; echo
cat >main.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

func main() {
	text, _ := os.ReadFile("assertion")
	_, _, err := jwt.NewParser().ParseUnverified(strings.TrimSpace(string(text)), jwt.MapClaims{})
	fmt.Println("golang-jwt:", err, errors.Is(err, jwt.ErrTokenUnverifiable))
}
GO
cat >go.mod <<'MOD'
module seen

go 1.26

require github.com/golang-jwt/jwt/v5 v5.3.1
MOD
go mod tidy 2>/dev/null
go run . | tee seen
grep -q '"alg":"Ed25519"' header
grep -q 'signing method (alg) is unavailable true$' seen
echo "as it was"
