// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pgtest

// memoryFolder is for Linux only.
func memoryFolder() string { return "" }
