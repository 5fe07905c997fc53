// SPDX-License-Identifier: Apache-2.0

package agefile_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"gatehouse/internal/agefile"
)

// pair makes a key, and returns the public part and a file with the secret one.
func pair(t *testing.T) (recipient, identityFile string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(path, []byte("# a comment\n"+id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String(), path
}

func encrypted(t *testing.T, content []byte, recipients ...string) []byte {
	t.Helper()
	r, err := agefile.ParseRecipients(recipients, nil)
	if err != nil || !r.Any() {
		t.Fatalf("%t, %v", r.Any(), err)
	}
	var out bytes.Buffer
	if err := r.Encrypt(&out, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read opens and reads to the end.
func read(text []byte, identityFiles ...string) (content []byte, is bool, err error) {
	r, is, err := agefile.Open(bytes.NewReader(text), identityFiles)
	if err != nil {
		return nil, is, err
	}
	content, err = io.ReadAll(r)
	return content, is, err
}

// chunk is the size of the parts in which age seals a content.
const chunk = 64 << 10

func content(size int) []byte { return bytes.Repeat([]byte("backup! "), size/8+1)[:size] }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	first, firstFile := pair(t)
	second, secondFile := pair(t)
	_, foreign := pair(t)
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 17} {
		plain := content(size)
		text := encrypted(t, plain, first, second)
		if bytes.Contains(text, []byte("backup! ")) {
			t.Fatalf("%d bytes: the content can be read", size)
		}
		for _, files := range [][]string{{firstFile}, {secondFile}, {foreign, secondFile}} {
			if got, is, err := read(text, files...); err != nil || !is || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes: got %d, encrypted %t, %v", size, len(got), is, err)
			}
		}
		if got, is, err := read(text, foreign); err == nil || !is || len(got) > 0 {
			t.Errorf("a wrong key reads %d bytes, %v", len(got), err)
		}
		if _, is, err := read(text); !errors.Is(err, agefile.ErrIdentityNeeded) || !is {
			t.Errorf("without a key: %t, %v", is, err)
		}
		if got, is, err := read(plain, firstFile); err != nil || is || !bytes.Equal(got, plain) {
			t.Errorf("what is not encrypted: %t, %v", is, err)
		}
	}
}

// A file in the form for mail is read, too.
func TestArmored(t *testing.T) {
	t.Parallel()
	recipient, file := pair(t)
	plain := content(1000)
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	if _, err := w.Write(encrypted(t, plain, recipient)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, is, err := read(out.Bytes(), file); err != nil || !is || !bytes.Equal(got, plain) {
		t.Errorf("got %d bytes, %t, %v", len(got), is, err)
	}
	if _, _, err := read(out.Bytes()[:out.Len()/2], file); err == nil {
		t.Error("half of it is taken")
	}
}

// A file that was cut is never taken for a whole one, wherever it was cut: in its head, between two
// of its parts, or before the last byte.
func TestCut(t *testing.T) {
	t.Parallel()
	recipient, file := pair(t)
	plain := content(2*chunk + 5)
	text := encrypted(t, plain, recipient)
	const tag = 16
	last := 5 + tag                // the last part
	whole := len(text) - last      // where it begins
	first := whole - (chunk + tag) // where the second of three begins
	var cuts []int
	for at := 1; at < first-(chunk+tag)+20; at++ { // the head, and into the first part
		cuts = append(cuts, at)
	}
	for _, at := range []int{first, whole} {
		cuts = append(cuts, at-1, at, at+1, at+tag-1, at+tag, at+tag+1)
	}
	for _, at := range append(cuts, len(text)-1, len(text)-tag) {
		got, is, err := read(text[:at], file)
		switch {
		case !is && at < len("age-encryption.org/"): // it cannot be known, and is no backup either
		case err == nil:
			t.Errorf("cut at %d of %d, and %d bytes are taken for all", at, len(text), len(got))
		case !bytes.HasPrefix(plain, got):
			t.Errorf("cut at %d: something else is read", at)
		}
	}
	if got, _, err := read(append(bytes.Clone(text), 'x'), file); err == nil {
		t.Errorf("a byte too much, and %d bytes are taken", len(got))
	}
}

// One bit anywhere in the file changes nothing of what is read: it is an error, and what was read
// before it is right.
func TestFlipped(t *testing.T) {
	t.Parallel()
	recipient, file := pair(t)
	plain := content(chunk + 100)
	text := encrypted(t, plain, recipient)
	head := len(text) - len(plain) - 2*16
	for at := range text {
		if at > head+200 && at < len(text)-300 && at%4001 != 0 {
			continue // the middle, now and then
		}
		text[at] ^= 1
		got, is, err := read(text, file)
		if is && (err == nil || !bytes.HasPrefix(plain, got)) {
			t.Errorf("byte %d of %d is another, and %d bytes are read: %v", at, len(text), len(got), err)
		}
		if !is && at >= len("age-encryption.org/") {
			t.Errorf("byte %d is another, and the file is not known as encrypted", at)
		}
		text[at] ^= 1
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	recipient, file := pair(t)
	secret, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key := strings.Fields(string(secret))[3]
	list := filepath.Join(t.TempDir(), "recipients.txt")
	if err := os.WriteFile(list, []byte(recipient+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := agefile.ParseRecipients(nil, []string{list}); err != nil || !r.Any() {
		t.Errorf("a file: %t, %v", r.Any(), err)
	}
	if r, err := agefile.ParseRecipients(nil, nil); err != nil || r.Any() {
		t.Errorf("none: %t, %v", r.Any(), err)
	}
	_, err = agefile.ParseRecipients([]string{key}, nil)
	if err == nil || !strings.Contains(err.Error(), "this is the secret one") ||
		strings.Contains(err.Error(), key) {
		t.Errorf("the secret key: %v", err)
	}
	for _, wrong := range [][2][]string{{{"age1nothing"}, nil}, {nil, {file + ".absent"}}, {nil, {file}}} {
		if _, err := agefile.ParseRecipients(wrong[0], wrong[1]); err == nil ||
			strings.Contains(err.Error(), key) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	if _, is, err := read(encrypted(t, nil, recipient), list); err == nil || !is {
		t.Errorf("a file without secret keys: %t, %v", is, err)
	}
}
