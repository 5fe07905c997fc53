// SPDX-License-Identifier: Apache-2.0

package httpkit

import "gatehouse/internal/problem"

// The codes of errors of the exchange, and of words in them. Doors use those that are exported.
const (
	codeBodyIncomplete   problem.Code = "body_incomplete"
	codeBodyCoded        problem.Code = "body_coded"
	codeBodyTooLarge     problem.Code = "body_too_large"
	codeTwoLengths       problem.Code = "two_lengths"
	codeBodyEmpty        problem.Code = "body_empty"
	codeBodyNoObject     problem.Code = "body_no_object"
	codeBodyNotUTF8      problem.Code = "body_not_utf8"
	codeBodyTooNested    problem.Code = "body_too_nested"
	codeBodyTwoValues    problem.Code = "body_two_values"
	CodeWrongType        problem.Code = "wrong_type"
	codeBadJSON          problem.Code = "bad_json"
	codeJsonTooShort     problem.Code = "json_too_short"
	codeBadEscape        problem.Code = "bad_escape"
	codeNotText          problem.Code = "not_text"
	codeTheQuery         problem.Code = "the_query"
	codeTheForm          problem.Code = "the_form"
	codeMethodNotAllowed problem.Code = "method_not_allowed"
	codeNoSuchAddress    problem.Code = "no_such_address"
	CodeSentTwice        problem.Code = "sent_twice"
	CodeOtherCase        problem.Code = "other_case"
	CodeBeyondDouble     problem.Code = "number_beyond_double"
	codeOverloaded       problem.Code = "overloaded"
	CodeAString          problem.Code = "a_string"
	CodeANumber          problem.Code = "a_number"
	CodeABool            problem.Code = "a_bool"
	CodeAnArray          problem.Code = "an_array"
	CodeAnObject         problem.Code = "an_object"
	CodeAWholeNumber     problem.Code = "a_whole_number"
	CodeTrueOrFalse      problem.Code = "true_or_false"
)

// Sentences returns every code of this package with its sentence.
func Sentences() problem.Sentences {
	return problem.Sentences{
		{Code: codeBodyIncomplete, Format: "The body ended before it was complete."},
		{Code: codeBodyCoded,
			Format: "The body is in a content coding, such as gzip. Send it as it is, without Content-Encoding."},
		{Code: codeBodyTooLarge, Format: "The body is larger than %d bytes."},
		{Code: codeTwoLengths,
			Format: "The request has both Content-Length and Transfer-Encoding. Send one of them."},
		{Code: codeBodyEmpty, Format: "The body is empty. Send a JSON object."},
		{Code: codeBodyNoObject, Format: "The body is not a JSON object."},
		{Code: codeBodyNotUTF8, Format: "The body is not valid UTF-8."},
		{Code: codeBodyTooNested, Format: "The body is nested more than %d levels deep."},
		{Code: codeBodyTwoValues, Format: "There is something after the JSON object. Send one object only."},
		{Code: CodeWrongType, Format: "The value of %s is %s; it should be %s."},
		{Code: codeBadJSON, Format: "The body is not valid JSON: there is a mistake at byte %d."},
		{Code: codeJsonTooShort, Format: "The body is not valid JSON: it ends too early."},
		{Code: codeBadEscape,
			Format: "%s cannot be read: two hexadecimal digits must follow each percent sign. Send %%25 for the " +
				"sign itself."},
		{Code: codeNotText, Format: "%s cannot be read: it must be UTF-8 and have no NUL."},
		{Code: codeTheQuery, Format: "The query string"},
		{Code: codeTheForm, Format: "The form in the body"},
		{Code: codeMethodNotAllowed, Format: "This address does not take this method. It takes: %s."},
		{Code: codeNoSuchAddress, Format: "There is nothing at this address. Check the path."},
		{Code: CodeSentTwice, Format: "Send %s once."},
		{Code: CodeOtherCase, Format: "Write this name as %s, in this letter case."},
		{Code: CodeBeyondDouble, Format: "A number in %s is too large. Send one below 1.8e308, or a string."},
		{Code: codeOverloaded, Format: "The server has more to do than it can at the moment. Try again."},
		{Code: CodeAString, Format: "a string"},
		{Code: CodeANumber, Format: "a number"},
		{Code: CodeABool, Format: "a bool"},
		{Code: CodeAnArray, Format: "an array"},
		{Code: CodeAnObject, Format: "an object"},
		{Code: CodeAWholeNumber, Format: "a whole number"},
		{Code: CodeTrueOrFalse, Format: "true or false"},
	}
}
