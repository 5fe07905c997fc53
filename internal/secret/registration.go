// SPDX-License-Identifier: Apache-2.0

package secret

import "encoding/base32"

// registrationPrefix begins the token by which a client reads and ends its registration.
const registrationPrefix = "GHM"

// RegistrationToken returns the token that manages the registration of a client. It is
// computed from the client's id and the digest of its key and is stored nowhere, so it
// ends with the key.
func (k *Keyring) RegistrationToken(clientID string, keyDigest []byte) Secret {
	return registrationToken(k.MAC(ForRegistration, clientID, string(keyDigest)))
}

// IsRegistrationToken reports whether a token is that of RegistrationToken, under any master key.
func (k *Keyring) IsRegistrationToken(clientID string, keyDigest []byte, token Secret) bool {
	for _, sum := range k.MACs(ForRegistration, clientID, string(keyDigest)) {
		if Equal([]byte(registrationToken(sum).text), []byte(token.text)) {
			return true
		}
	}
	return false
}

func registrationToken(sum []byte) Secret {
	body := registrationPrefix + base32.NewEncoding(crockford).WithPadding(base32.NoPadding).EncodeToString(sum)
	return Secret{body + checkCharacters(body)}
}
