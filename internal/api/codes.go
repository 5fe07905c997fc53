// SPDX-License-Identifier: Apache-2.0

package api

import "gatehouse/internal/problem"

// The codes of errors that only this door has.
const (
	codeNotJSON       problem.Code = "body_not_json"
	codeUnknownMember problem.Code = "unknown_member"
	codeNull          problem.Code = "null_member"
	codeNoCondition   problem.Code = "no_precondition"
	codeExpiryPast    problem.Code = "expiry_past"
	codeBadCursor     problem.Code = "bad_cursor"
	codeBadCount      problem.Code = "bad_count"
	codeUnknownQuery  problem.Code = "unknown_parameter"
	codeBadTags       problem.Code = "bad_if_match"
	codeBadExpiry     problem.Code = "bad_expiry"
	codeBadUses       problem.Code = "bad_uses"
	codeBadLife       problem.Code = "bad_code_life_text"
	codeBadOverlap    problem.Code = "bad_overlap_text"
	codeBadTokenLife  problem.Code = "bad_token_life_text"
	codeOnlyDryRun    problem.Code = "only_dry_run"
	codeOnlyImported  problem.Code = "only_imported"
	codeBadKey        problem.Code = "bad_public_key"
	codeBadAddress    problem.Code = "bad_client_address"
	codeBadState      problem.Code = "bad_client_state"

	codeTagOperator       problem.Code = "bad_tag_operator"
	codeBadIdempotencyKey problem.Code = "bad_idempotency_key"
	codeBadType           problem.Code = "bad_type"
	codeBadFilter         problem.Code = "bad_filter"
	codeBadSort           problem.Code = "bad_sort"
	codeOneSortKey        problem.Code = "one_sort_key"
	codeEmptyParameter    problem.Code = "empty_parameter"
	codeForeignProperty   problem.Code = "property_with_colon"
	codeBadRequestID      problem.Code = "bad_request_id"
	codeBadOrganization   problem.Code = "bad_organization"
)

// sentences lists the codes of this door with their sentences.
func sentences() problem.Sentences {
	return problem.Sentences{
		{Code: codeNotJSON, Format: "Send the body as %s and say so in Content-Type."},
		{Code: codeUnknownMember, Format: "There is no member %s here. Check its spelling, or leave it out."},
		{Code: codeNull, Format: "%s is null. Give it a value, or leave it out."},
		{Code: codeNoCondition, Format: "Nothing here looks at If-Match. Send it with PATCH or PUT only."},
		{Code: codeExpiryPast, Format: "%s must be in the future."},
		{Code: codeBadCursor, Format: "The cursor is not one of this list. Begin again without a cursor."},
		{Code: codeBadCount, Format: "count must be a number from 1 to %d."},
		{Code: codeUnknownQuery, Format: "There is no parameter %s here. Check its spelling, or leave it out."},
		{Code: codeBadTags, Format: `If-Match must be *, or a list of entity tags such as "2006-01-02T15:04:05Z".`},
		{Code: codeBadExpiry, Format: `%s must be a time such as 2006-01-02T15:04:05Z, or "never".`},
		{Code: codeBadUses, Format: `%s must be a number of at least 1, or "unlimited".`},
		{Code: codeBadLife, Format: `%s must be a duration such as 720h, or "unlimited".`},
		{Code: codeBadTokenLife, Format: "%s must be a duration such as 8h or 90m."},
		{Code: codeBadOverlap, Format: "%s must be a duration such as 72h or 0s."},
		{Code: codeOnlyDryRun,
			Format: "%s says how far back a dry run looks. Send dryRun: true with it, or leave it out."},
		{Code: codeOnlyImported, Format: "%s goes with authorizationCode. Send that too, or leave it out."},
		{Code: codeBadKey,
			Format: "%s must be the JWK of an Ed25519 or P-256 public key, without private members."},
		{Code: codeBadAddress, Format: "%s must be an IP address such as 192.0.2.1."},
		{Code: codeBadOrganization,
			Format: "%s must be the id of an organization such as or-100001, or or-0 for the server."},
		{Code: codeBadType, Format: "type must be application or extension."},
		{Code: codeBadFilter, Format: "filter, at character %d: %s."},
		{Code: codeBadSort, Format: "sort, at character %d: %s."},
		{Code: codeOneSortKey,
			Format: "sort: name one property. Items that are equal in it are in the order of their ids."},
		{Code: codeEmptyParameter, Format: "%s is empty. Give it a value, or leave it out."},
		{Code: codeForeignProperty,
			Format: "%s has a colon in its name. Properties with one belong to other APIs."},
		{Code: codeBadRequestID, Format: "%s must be the id of a request, such as 100001."},
		{Code: codeBadState, Format: "state must be pending, active, refused or revoked."},
		{Code: codeTagOperator, Format: "Compare tags by eq, ne, co, sw, ew or pr."},
		{Code: codeBadIdempotencyKey,
			Format: "Send one Idempotency-Key of 1 to %d visible ASCII characters, such as a UUID."},
	}
}

func say(code problem.Code, args ...any) problem.Phrase { return sentences().Say(code, args...) }
