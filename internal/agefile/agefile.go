// SPDX-License-Identifier: Apache-2.0

// Package agefile encrypts and decrypts whole files in the format of age
// (https://age-encryption.org/v1), so that the tool age can do the same.
//
// Floor F0, a leaf: it imports age and the standard library only.
package agefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Recipients are public keys, each of which suffices to decrypt.
type Recipients struct{ list []age.Recipient }

// ParseRecipients reads public keys, such as age1…, and files with one of them in a line. None
// at all is no error: then Any is false.
func ParseRecipients(keys, files []string) (Recipients, error) {
	var r Recipients
	for _, key := range keys {
		list, err := age.ParseRecipients(strings.NewReader(key))
		if err != nil {
			if strings.HasPrefix(strings.ToUpper(key), "AGE-SECRET-KEY-") {
				return r, errors.New("a recipient is the public key, age1…; this is the secret one")
			}
			return r, fmt.Errorf("%q is no public key of age, such as age-keygen prints it (age1…)", key)
		}
		r.list = append(r.list, list...)
	}
	for _, path := range files {
		list, err := fromFile(path, age.ParseRecipients)
		if err != nil {
			return r, fmt.Errorf("recipients of age: %s: %w", path, err)
		}
		r.list = append(r.list, list...)
	}
	return r, nil
}

// Any reports whether there is a recipient.
func (r Recipients) Any() bool { return len(r.list) > 0 }

// Encrypt copies src to dst, encrypted.
func (r Recipients) Encrypt(dst io.Writer, src io.Reader) error {
	w, err := age.Encrypt(dst, r.list...)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, src); err != nil {
		return err
	}
	return w.Close()
}

// ErrIdentityNeeded says that a file is encrypted, and that there was no secret key.
var ErrIdentityNeeded = errors.New("it is encrypted with age")

// Open returns the content of src: decrypted with the secret keys in the files if it is
// encrypted, and as it is otherwise. An error while it is read means that it was changed or
// cut off.
func Open(src io.Reader, identityFiles []string) (content io.Reader, encrypted bool, err error) {
	buffered := bufio.NewReader(src)
	const intro = "age-encryption.org/"
	start, err := buffered.Peek(len(armor.Header))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	armored := strings.HasPrefix(string(start), armor.Header)
	if !armored && !strings.HasPrefix(string(start), intro) {
		return buffered, false, nil
	}
	var identities []age.Identity
	for _, path := range identityFiles {
		list, err := fromFile(path, age.ParseIdentities)
		if err != nil {
			return nil, true, fmt.Errorf("secret keys of age: %s: %w", path, err)
		}
		identities = append(identities, list...)
	}
	if len(identities) == 0 {
		return nil, true, ErrIdentityNeeded
	}
	var from io.Reader = buffered
	if armored {
		from = armor.NewReader(buffered)
	}
	content, err = age.Decrypt(from, identities...)
	return content, true, err
}

func fromFile[T any](path string, parse func(io.Reader) ([]T, error)) (list []T, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return parse(file)
}
