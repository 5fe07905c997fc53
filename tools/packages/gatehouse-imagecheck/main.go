// SPDX-License-Identifier: Apache-2.0

// Command gatehouse-imagecheck reads an archive of an OCI image, as gatehouse-image next to it writes it, and
// holds each part against the schemas of the specification. Each blob must be what its digest says,
// and none may be missing or left over.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/opencontainers/image-spec/schema"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gatehouse-imagecheck ARCHIVE")
		os.Exit(2)
	}
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "imagecheck:", err)
		os.Exit(1)
	}
}

func check(path string) error {
	files, err := read(path)
	if err != nil {
		return err
	}
	if err := schema.ValidatorMediaTypeLayoutHeader.Validate(bytes.NewReader(files["oci-layout"])); err != nil {
		return fmt.Errorf("oci-layout: %w", err)
	}
	a := archive{files: files, seen: map[string]bool{"oci-layout": true, "index.json": true}}
	if err := a.document(v1.MediaTypeImageIndex, files["index.json"]); err != nil {
		return fmt.Errorf("index.json: %w", err)
	}
	for name := range files {
		if !a.seen[name] {
			return fmt.Errorf("nothing refers to %s", name)
		}
	}
	fmt.Println(len(files), "files are right")
	return nil
}

func read(path string) (map[string][]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	files := map[string][]byte{}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

type archive struct {
	files map[string][]byte
	seen  map[string]bool
}

// document checks an index, a manifest or a configuration, and what it refers to.
func (a archive) document(mediaType string, raw []byte) error {
	if err := schema.Validator(mediaType).Validate(bytes.NewReader(raw)); err != nil {
		return err
	}
	var refers struct {
		Manifests, Layers []v1.Descriptor
		Config            json.RawMessage // of a manifest a descriptor, of a configuration something else
	}
	if err := json.Unmarshal(raw, &refers); err != nil {
		return err
	}
	all := append(refers.Manifests, refers.Layers...)
	if mediaType == v1.MediaTypeImageManifest {
		var config v1.Descriptor
		if err := json.Unmarshal(refers.Config, &config); err != nil {
			return err
		}
		all = append(all, config)
	}
	for _, d := range all {
		if err := a.blob(d); err != nil {
			return fmt.Errorf("%s: %w", d.Digest, err)
		}
	}
	return nil
}

func (a archive) blob(d v1.Descriptor) error {
	name := "blobs/" + strings.ReplaceAll(d.Digest.String(), ":", "/")
	a.seen[name] = true
	raw, ok := a.files[name]
	if !ok {
		return errors.New("is missing")
	}
	if int64(len(raw)) != d.Size || d.Digest.Algorithm().FromBytes(raw) != d.Digest {
		return errors.New("has another size or digest")
	}
	switch d.MediaType {
	case v1.MediaTypeImageLayerGzip:
		return nil
	case v1.MediaTypeImageIndex, v1.MediaTypeImageManifest, v1.MediaTypeImageConfig:
		return a.document(d.MediaType, raw)
	default:
		return fmt.Errorf("is of the unexpected type %s", d.MediaType)
	}
}
