// SPDX-License-Identifier: Apache-2.0

package output

import "slices"

// hidden takes the place of a secret.
const hidden = "***"

// secretMembers are the members of answers that hold secrets.
func secretMembers() []string {
	return []string{"authorizationCode", "applicationKey", "clientKey", "accessToken", "registrationToken",
		"password", "oldPassword", "secret", "uri", "totp", "recoveryCode", "recoveryCodes"}
}

// ownerMembers hold what an organization wrote itself, where a member may have any name.
func ownerMembers() []string { return []string{"properties", "detail"} }

// hideSecrets returns a value with all its secrets hidden.
func hideSecrets(v value) value {
	out := value{scalar: v.scalar, kind: v.kind}
	for _, m := range v.members {
		switch {
		case slices.Contains(secretMembers(), m.name):
			m.value = hide(m.value)
		case !slices.Contains(ownerMembers(), m.name):
			m.value = hideSecrets(m.value)
		}
		out.members = append(out.members, m)
	}
	for _, item := range v.items {
		out.items = append(out.items, hideSecrets(item))
	}
	return out
}

// hide returns a value without its texts. What is empty stays so: it shows that there is no secret.
func hide(v value) value {
	if v.kind == array {
		out := value{kind: array}
		for _, item := range v.items {
			out.items = append(out.items, hide(item))
		}
		return out
	}
	if v.kind == scalar && (v.scalar == nil || v.scalar == "") {
		return v
	}
	return value{scalar: hidden}
}
