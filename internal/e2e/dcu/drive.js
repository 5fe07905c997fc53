// SPDX-License-Identifier: Apache-2.0

// Drives the vendor's own client. The first line of standard input tells where
// the server is and who logs in; each further line is one call, made with the
// function that the client has built from the server's registry:
//
//   {"node":"http://127.0.0.1:8080","key":"…"}  or  {"node":…,"username":…,"password":…}
//   {"operation":"getOrganization","path":["or-100001"],"query":"?expand=basic","body":{}}
//
// Each line is answered by one on standard output:
//
//   {"operation":"init","operations":[…],"overwritten":[…],"version":"…","locale":"…"}
//   {"operation":"getOrganization","status":200,"type":"application/json","data":{…}}
//   {"operation":"noSuchThing","missing":true}      the registry has no such operation
//   {"operation":"getOrganization","error":"…"}     the client gave up
//
// Calls are made one after the other, as the client's own code does it.
"use strict"

console.log = console.info = console.error // standard output is for answers alone

const readline = require("readline")
const transceiver = require("@oraclecc/dcu/src/endPointTransceiver")
const { request } = require("@oraclecc/dcu/src/requestBuilder")

const own = Object.assign({}, transceiver) // what the module has before it knows the server

function built() {
  const names = Object.keys(transceiver).filter(name => typeof transceiver[name] === "function" && transceiver[name] !== own[name])
  return names.sort()
}

async function init({ node, username, password, key, locale }) {
  await transceiver.init(node, username, password, key, locale)
  return {
    operations: built(),
    overwritten: built().filter(name => name in own),
    version: transceiver.commerceCloudVersion,
    locale: transceiver.locale
  }
}

async function call({ operation, path, query, body, headers }) {
  if (!built().includes(operation)) {
    return { missing: true }
  }
  const parameters = [path, query].filter(p => p !== undefined)
  if (body !== undefined || headers !== undefined) {
    const builder = request()
    body !== undefined && builder.withBody(body)
    Object.entries(headers || {}).forEach(([name, value]) => builder.withHeader(name, value))
    parameters.push(builder)
  }
  const { response, data } = await transceiver[operation](...parameters)
  return { status: response.statusCode, type: response.headers["content-type"], data }
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
    process.stdout.write(JSON.stringify({ operation, ...answer }) + "\n")
  }
}

main()
