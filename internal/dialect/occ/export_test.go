// SPDX-License-Identifier: Apache-2.0

package occ

import "gatehouse/internal/problem"

// AllSentences lets tests read every sentence of this door.
func AllSentences() problem.Sentences { return allSentences() }
