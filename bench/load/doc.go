// SPDX-License-Identifier: Apache-2.0

// Package load sends HTTP requests as fast as they are answered, or at a given
// rate, and counts and times the answers.
//
// It writes ready-made bytes to keep-alive TCP connections, one goroutine each,
// and parses just enough of an answer to check it: a general client would cost
// more than many of the servers it measures. It is no HTTP client for other uses:
// it knows no TLS, no redirects, no proxies and no HTTP/2.
//
// Test-only, outside the floors: it imports the standard library.
package load
