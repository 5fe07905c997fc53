// SPDX-License-Identifier: Apache-2.0

// Drives the vendor's own client. The first line of standard input tells where
// the server is and who logs in; each further line is one call, made with the
// function that the client has built from the server's registry:
//
//   {"node":"http://127.0.0.1:8080","key":"…"}  or  {"node":…,"username":…,"password":…}
//   {"operation":"getOrganization","path":["or-100001"],"query":"?expand=basic","body":{}}
//
// Each line is answered by one on file descriptor 3; standard output and error
// are the client's own:
//
//   {"operation":"init","operations":[…],"overwritten":[…],"version":"…","locale":"…"}
//   {"operation":"getOrganization","status":200,"type":"application/json","data":{…}}
//   {"operation":"noSuchThing","missing":true}      the registry has no such operation
//   {"operation":"getOrganization","error":"…"}     the client gave up
//
// Calls are made one after the other, as the client's own code does it.
"use strict"

const { writeSync } = require("fs")
const readline = require("readline")
const transceiver = require("@oraclecc/dcu/src/endPointTransceiver")
const { request } = require("@oraclecc/dcu/src/requestBuilder")

const own = Object.assign({}, transceiver) // what the module has before it knows the server

function built() {
  const names = Object.keys(transceiver).filter(name => typeof transceiver[name] === "function" && transceiver[name] !== own[name])
  return names.sort()
}

async function init({ node, username, password, key }) {
  await transceiver.init(node, username, password, key)
  return {
    operations: built(),
    overwritten: built().filter(name => name in own),
    version: transceiver.commerceCloudVersion,
    locale: transceiver.locale
  }
}

async function call({ operation, path, query, body }) {
  if (!built().includes(operation)) {
    return { missing: true }
  }
  const parameters = [path, query].filter(p => p !== undefined)
  if (body !== undefined) {
    parameters.push(request().withBody(body))
  }
  const { response, data } = await transceiver[operation](...parameters)
  // What is not labelled as JSON the client leaves as bytes.
  return { status: response.statusCode, type: response.headers["content-type"], data: Buffer.isBuffer(data) ? data.toString() : data }
}

function tell(text) {
  for (let bytes = Buffer.from(text); bytes.length > 0;) {
    bytes = bytes.subarray(writeSync(3, bytes))
  }
}

async function main() {
  let first = true
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const said = JSON.parse(line)
    const operation = first ? "init" : said.operation
    let answer
    try {
      answer = first ? await init(said) : await call(said)
    } catch (error) {
      answer = { error: String(error && error.stack || error) }
    }
    first = false
    tell(JSON.stringify({ operation, ...answer }) + "\n")
  }
}

main()
