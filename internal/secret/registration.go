// SPDX-License-Identifier: Apache-2.0

package secret

import "encoding/base32"

// registrationPrefix begins the token by which a client reads and ends its registration.
const registrationPrefix = "GHM"

// RegistrationToken returns the token that manages the registration of a client. It is
// computed from the client's id and the digest of its key and is stored nowhere, so it
// ends with the key.
func (k *Keyring) RegistrationToken(clientID string, keyDigest []byte) Secret {
	sum := k.MAC(ForRegistration, clientID, string(keyDigest))
	body := registrationPrefix + base32.NewEncoding(crockford).WithPadding(base32.NoPadding).EncodeToString(sum)
	return Secret{body + checkCharacters(body)}
}
