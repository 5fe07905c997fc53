// SPDX-License-Identifier: Apache-2.0

// Package docs is the page that people read about the native API and the OAuth endpoints. It
// is made of their OpenAPI documents when the server starts, as one HTML page without scripts
// that loads nothing.
//
// It is not: the documents, which the doors have, or the guides in the folder docs.
//
// Floor F3: it imports httpkit, and no use case, engine or other door; cmd passes the
// documents.
package docs
