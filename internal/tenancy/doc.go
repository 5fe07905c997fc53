// SPDX-License-Identifier: Apache-2.0

// Package tenancy is the domain: the nouns, their rules, who may do what, the use
// cases of organizations, requests and codes, and the interfaces of the store. Every
// door calls the same use cases of Service, so that each rule is written once.
//
// It is not: log-ins and credentials (package identity), HTTP (the doors), SQL (the
// engines), cryptography (package secret).
//
// The words, one for each thing:
//
//   - Organization: a company that may enrol clients. Number 0 is the root, the
//     server's own; things of the root are the server's.
//   - Request: an organization asking to be let in. Submitting one makes an
//     applicant organization and its contact, which approval activates.
//   - Contact: the person behind a request.
//   - ContactPerson: somebody to write to about an organization.
//   - AuthCode: a secret that lets clients of one organization enrol. At most one
//     living code of an organization is primary.
//   - Application: a registered program; it has one current key, which it
//     exchanges for short access tokens.
//   - Operator: a person who administers.
//   - Access token: short-lived proof of a log-in. Signed ones carry their end;
//     a Session is one that lives as long as it is used.
//   - OperatorToken: a long-lived credential an operator makes, names and hands
//     to a program, as a pair of texts: one gives access, one renews the pair.
//   - Caller: who is asking, with permissions.
//   - Repeat: the name that a caller gives a request, so that it may send it again.
//   - AuditEvent: one line of what happened, written in the transaction of the change.
//
// Floor F1: it imports filter, problem and secret only.
package tenancy
