// SPDX-License-Identifier: Apache-2.0

package filter

import "gatehouse/internal/problem"

// The codes of errors in a filter or in sort keys.
const (
	codeTooLong             problem.Code = "filter_too_long"
	codeNotUTF8             problem.Code = "filter_not_utf8"
	codeUnknownName         problem.Code = "unknown_property"
	codeEmptyFilter         problem.Code = "filter_empty"
	codeNotOpened           problem.Code = "parenthesis_not_opened"
	codeNotClosed           problem.Code = "parenthesis_not_closed"
	codeTooDeep             problem.Code = "parentheses_too_deep"
	codeNoConjunction       problem.Code = "no_conjunction"
	codeNoConjunctionOrEnd  problem.Code = "no_conjunction_or_end"
	codeNotNeedsParentheses problem.Code = "not_needs_parentheses"
	codeEndsEarly           problem.Code = "filter_ends_early"
	codeNoComparison        problem.Code = "no_comparison"
	codeTooManyTerms        problem.Code = "too_many_comparisons"
	codeNoOperator          problem.Code = "no_operator"
	codeUnknownOperator     problem.Code = "unknown_operator"
	codeOperatorOnFlag      problem.Code = "operator_on_flag"
	codeOperatorOnTime      problem.Code = "operator_on_time"
	codeOperatorOnNumber    problem.Code = "operator_on_number"
	codeNoValue             problem.Code = "no_value"
	codeNotAmongValues      problem.Code = "not_among_values"
	codeNotTime             problem.Code = "not_time"
	codeNotID               problem.Code = "not_id"
	codeNotNumber           problem.Code = "not_number"
	codeNumberTooLarge      problem.Code = "number_too_large"
	codeNullOperator        problem.Code = "null_operator"
	codeNotFlag             problem.Code = "not_flag"
	codeFlagOnly            problem.Code = "flag_only"
	codeNotQuoted           problem.Code = "text_not_quoted"
	codeTextProperty        problem.Code = "text_property"
	codeTimeProperty        problem.Code = "time_property"
	codeSingleQuotes        problem.Code = "single_quotes"
	codeBrackets            problem.Code = "brackets"
	codeUnexpected          problem.Code = "unexpected_character"
	codeRawControl          problem.Code = "raw_control"
	codeNoClosingQuote      problem.Code = "no_closing_quote"
	codeLoneBackslash       problem.Code = "lone_backslash"
	codeUnknownEscape       problem.Code = "unknown_escape"
	codeShortEscape         problem.Code = "short_escape"
	codeEscapedNUL          problem.Code = "escaped_nul"
	codeHalfPair            problem.Code = "half_surrogate_pair"
	codeTooManyKeys         problem.Code = "too_many_sort_keys"
	codeSortByFlag          problem.Code = "sort_by_flag"
	codeSortedTwice         problem.Code = "sorted_twice"
	codeNoSortKey           problem.Code = "no_sort_key"
	codeUnknownDirection    problem.Code = "unknown_direction"
)

// Sentences returns every code of this package with its sentence.
func Sentences() problem.Sentences {
	return problem.Sentences{
		{Code: codeTooLong, Format: "the %s is longer than %d bytes; shorten it"},
		{Code: codeNotUTF8, Format: "this byte is not UTF-8; send the %s in UTF-8"},
		{Code: codeUnknownName, Format: "unknown property %s; use one of: %s"},
		{Code: codeEmptyFilter, Format: `the filter is empty; write a comparison such as name eq "value"`},
		{Code: codeNotOpened, Format: "this closing parenthesis has no opening one; remove it"},
		{Code: codeNotClosed, Format: "this parenthesis is not closed; add the closing one"},
		{Code: codeTooDeep, Format: "parentheses are nested more than %d deep; use fewer"},
		{Code: codeNoConjunction, Format: "a comparison ended before this; put and or or between comparisons"},
		{Code: codeNoConjunctionOrEnd,
			Format: "a comparison ended before this; put and, or or a closing parenthesis here"},
		{Code: codeNotNeedsParentheses, Format: `not needs parentheses; write not (name eq "value")`},
		{Code: codeEndsEarly, Format: `the filter ends too early; add a comparison such as name eq "value"`},
		{Code: codeNoComparison,
			Format: `a comparison is missing before this; start with the name of a property, as in name eq "value"`},
		{Code: codeTooManyTerms, Format: "the filter has more than %d comparisons; ask in several parts"},
		{Code: codeNoOperator, Format: "an operator is missing here; use one of %s"},
		{Code: codeUnknownOperator, Format: "unknown operator %s; use one of %s"},
		{Code: codeOperatorOnFlag, Format: "%s does not work on what is true or false; use eq, ne or pr"},
		{Code: codeOperatorOnTime, Format: "%s does not work on a time; use eq, ne, gt, ge, lt, le or pr"},
		{Code: codeOperatorOnNumber, Format: "%s compares text; put the number in double quotes"},
		{Code: codeNoValue, Format: "a value is missing here; write it in double quotes"},
		{Code: codeNotAmongValues, Format: "this property never has such a value; it is one of: %s"},
		{Code: codeNotTime,
			Format: `this is not a time; write it as "2006-01-02T15:04:05Z", with any offset, or "2006-01-02", in ` +
				`the years 0001 to 9999`},
		{Code: codeNotID, Format: "this is not an id; write it as %q, digits only, without leading zeros"},
		{Code: codeNotNumber,
			Format: "this is not the number of an id; write digits only, without sign, fraction, exponent or " +
				"leading zeros"},
		{Code: codeNumberTooLarge, Format: "this number is too large; the greatest is %d"},
		{Code: codeNullOperator, Format: "null works with eq and ne only; use one of them, or pr"},
		{Code: codeNotFlag, Format: "this property is not true or false; compare it with a value in double quotes"},
		{Code: codeFlagOnly, Format: "this property is true or false; write one of these"},
		{Code: codeNotQuoted, Format: "text must be in double quotes; put them around %s"},
		{Code: codeTextProperty, Format: "this property is text; put the number in double quotes"},
		{Code: codeTimeProperty,
			Format: `this property is a time; write it as "2006-01-02T15:04:05Z", in double quotes`},
		{Code: codeSingleQuotes,
			Format: `single quotes do not quote here; put text in double quotes, as in name eq "value"`},
		{Code: codeBrackets,
			Format: "value paths in brackets are not supported; compare the property by its full name, without " +
				"brackets"},
		{Code: codeUnexpected,
			Format: "unexpected character %s; a comparison is a property, an operator such as eq, and a value in " +
				"double quotes"},
		{Code: codeRawControl,
			Format: `control characters must be escaped in a string; write \n, \t or \u and four hexadecimal digits`},
		{Code: codeNoClosingQuote, Format: "this string has no closing double quote; add it"},
		{Code: codeLoneBackslash,
			Format: "this string ends in a backslash; write two for one, and close the string"},
		{Code: codeUnknownEscape,
			Format: `unknown escape in a string; use \" \\ \/ \b \f \n \r \t or \u and four hexadecimal digits`},
		{Code: codeShortEscape, Format: `a \u escape needs four hexadecimal digits`},
		{Code: codeEscapedNUL, Format: "a string must not hold the character U+0000; remove it"},
		{Code: codeHalfPair,
			Format: `this \u escape is half of a surrogate pair; write both halves, the high one first`},
		{Code: codeTooManyKeys, Format: "there are more than %d sort keys; use fewer"},
		{Code: codeSortByFlag, Format: "a list is not sorted by what is true or false; name another property"},
		{Code: codeSortedTwice, Format: "the list is sorted by this property already; name it once"},
		{Code: codeNoSortKey, Format: "a sort key is missing here; name a property, or remove the comma or colon"},
		{Code: codeUnknownDirection, Format: "unknown direction %s; use asc or desc"},
	}
}
