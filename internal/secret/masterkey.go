// SPDX-License-Identifier: Apache-2.0

package secret

import "encoding/hex"

// MasterKeyID returns the name of a master key: 16 hex characters that reveal nothing about it.
func MasterKeyID(master []byte) (string, error) {
	set, err := newKeySet(master)
	if err != nil {
		return "", err
	}
	return CheckID(set.mac(forCheck, Secret{"master key"})), nil
}

// CheckID returns the MasterKeyID of the master key that a Keyring's Check belongs to.
func CheckID(check []byte) string { return hex.EncodeToString(check[:min(8, len(check))]) }

// AuditKey returns the part of a master key that verifies the audit. The rest cannot be found from it.
func AuditKey(master []byte) ([]byte, error) { return derive(master, "mac", ForAudit) }

// SealMasterKey seals a master key under another one, so that a server that has the other one
// can read it from the database.
func SealMasterKey(master, under []byte) ([]byte, error) {
	id, err := MasterKeyID(master)
	if err != nil {
		return nil, err
	}
	return SealMasterKeyAs(master, id, under)
}

// SealMasterKeyAs seals what is stored of a master key under a name that OpenMasterKey wants again.
func SealMasterKeyAs(content []byte, name string, under []byte) ([]byte, error) {
	set, err := newKeySet(under)
	if err != nil {
		return nil, err
	}
	return sealTo(set.seal(forMasterKey), Secret{string(content)}, name), nil
}

// OpenMasterKey returns the master key of SealMasterKey, whose name is id.
func OpenMasterKey(sealed []byte, id string, under []byte) ([]byte, error) {
	set, err := newKeySet(under)
	if err != nil {
		return nil, err
	}
	text, err := open(set.seal(forMasterKey), sealed, id)
	return []byte(text.text), err
}
