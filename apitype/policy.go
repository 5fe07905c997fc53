// SPDX-License-Identifier: Apache-2.0

package apitype

// Policy is what an organization says of all its codes and clients. A body has every
// member.
type Policy struct {
	ShowCodesOnce     *bool   `json:"showCodesOnce"`     // a code's text leaves the server once, when it is made
	MaxCodeLife       *string `json:"maxCodeLife"`       // longest life of a code: 720h, or "unlimited"
	ApproveEnrolments *bool   `json:"approveEnrolments"` // clients wait until somebody approves them
}
