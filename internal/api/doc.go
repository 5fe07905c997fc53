// SPDX-License-Identifier: Apache-2.0

// Package api is the native API: /v1, JSON, errors of RFC 9457, bearer access tokens. Its
// bodies are in package apitype, and openapi.json describes it.
//
// It is not: rules, which the use cases have, or the endpoints of OAuth.
//
// Floor F3: it imports the use cases and httpkit, and no engine and no other door.
package api
