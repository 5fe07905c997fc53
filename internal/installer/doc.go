// SPDX-License-Identifier: Apache-2.0

// Package installer writes texts that install and enrol clients: scripts, and files of tools. Each names
// the file that has the authorization code and does not contain it, so that the code stands in no
// argument, log or history.
//
// It is not: the enrolment, which gatehouse enroll does on the machine, nor a template language for
// others. What users choose is quoted as the language of each text says.
//
// Floor F0: it imports the standard library only.
package installer
