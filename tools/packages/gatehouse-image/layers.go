// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// entry is a file, or a folder if its name ends with a slash. Its mode is 0644 or 0755 if it has
// none.
type entry struct {
	name  string
	mode  int64
	owner int
	body  []byte
}

func baseLayer(o options) (v1.Layer, error) {
	nologin := "/usr/sbin/nologin\n"
	return layer(o.at, []entry{
		{name: "etc/"},
		{name: "etc/group", body: fmt.Appendf(nil, "root:x:0:\ngatehouse:x:%d:\n", user)},
		{name: "etc/passwd", body: fmt.Appendf(nil, "root:x:0:0:root:/:%sgatehouse:x:%d:%[2]d:Gatehouse:%[3]s:%[1]s",
			nologin, user, data)},
		{name: "etc/ssl/"},
		{name: "etc/ssl/certs/"},
		{name: "etc/ssl/certs/ca-certificates.crt", body: authorities()},
		{name: "tmp/", mode: 0o1777},
		{name: "usr/"},
		{name: "usr/bin/"},
		{name: "usr/share/"},
		{name: "usr/share/doc/"},
		{name: "usr/share/doc/gatehouse/"},
		{name: "var/"},
		{name: "var/lib/"},
		{name: strings.TrimPrefix(data, "/") + "/", mode: 0o700, owner: user},
	})
}

// authorities returns the certificates that Mozilla trusts, of the version in go.mod, for
// PostgreSQL and other servers with a public certificate. A file of certificates cannot say that one
// is trusted in part only, so such ones are left out.
func authorities() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // memory
		}
	}
	return out.Bytes()
}

func programLayer(o options, dir string) (v1.Layer, error) {
	program, err := os.ReadFile(filepath.Join(dir, "gatehouse"))
	if err != nil {
		return nil, err
	}
	notices, err := os.ReadFile(filepath.Join(dir, "third-party.txt.gz"))
	if err != nil {
		return nil, err
	}
	licence, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, err
	}
	return layer(o.at, []entry{
		{name: "usr/bin/gatehouse", mode: 0o755, body: program},
		{name: "usr/share/doc/gatehouse/LICENSE", body: licence},
		{name: "usr/share/doc/gatehouse/third-party.txt.gz", body: notices},
	})
}

func layer(at time.Time, entries []entry) (v1.Layer, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: cmp.Or(e.mode, 0o644), ModTime: at,
			Uid: e.owner, Gid: e.owner, Size: int64(len(e.body))}
		if strings.HasSuffix(e.name, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, cmp.Or(e.mode, 0o755)
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(out.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
}

// archive writes the files of a folder to a file, in the order of their names.
func archive(dir, to string, at time.Time) (err error) {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := tar.NewWriter(f)
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if d.IsDir() {
			return w.WriteHeader(&tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: 0o755, ModTime: at})
		}
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		err = w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, ModTime: at,
			Size: int64(len(body))})
		if err != nil {
			return err
		}
		_, err = w.Write(body)
		return err
	})
	return errors.Join(err, w.Close())
}
