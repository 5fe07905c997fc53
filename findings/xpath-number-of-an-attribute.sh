#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# camaro 6.7.3 (npm; XML to objects by XPath, on pugixml), Node 20.20.2, seen on 2026-11-29.
#
# Guess: its templates hold XPath 1.0 expressions, so number() of an attribute that
# holds no number is NaN (section 4.4), and boolean() of an attribute that holds
# "0" is false, as in XML Schema.
#
# Seen: number(R/@id) is 0 where the attribute is empty, blank or "x", and 16 where
# it is "0x10" (XPath has no hexadecimal numbers: NaN). The same library says NaN
# for number('') and for number(string(R/@id)), so only a bare path is read
# differently. boolean(R/@on) is true for "0": to XPath it asks whether there is
# such an attribute. That is the rule, but not what one reads.
#
# Why it matters: on the Commvault wire, the number 0 is the server itself and
# booleans are 1 and 0. A program that takes an id from an empty attribute goes on
# with the server itself; one that takes enableAuthCodeGen finds every code
# switched on. Write number(string(@id)) and boolean(@on = 1).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --ignore-scripts --no-audit --no-fund --prefix . camaro@6.7.3
cat >seen.mjs <<'JS'
import { transform } from "camaro"
const answer = `<R empty="" blank=" " word="x" hex="0x10" seven="7" off="0" on="1"/>`
const seen = await transform(answer, {
  empty: "number(R/@empty)", blank: "number(R/@blank)", word: "number(R/@word)", hex: "number(R/@hex)", seven: "number(R/@seven)",
  missing: "number(R/@none)", literal: "number('')", text: "number(string(R/@word))",
  off: "boolean(R/@off)", on: "boolean(R/@on)", none: "boolean(R/@none)", compared: "boolean(R/@off = 1)",
})
for (const [name, value] of Object.entries(seen)) console.log(name, value)
process.exit(0) // its workers stay
JS
node seen.mjs | tee seen
diff seen - <<'WANT'
empty 0
blank 0
word 0
hex 16
seven 7
missing NaN
literal NaN
text NaN
off true
on true
none false
compared false
WANT
echo "as it was"
