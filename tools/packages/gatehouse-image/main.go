// SPDX-License-Identifier: Apache-2.0

// Command gatehouse-image writes an OCI image of Gatehouse, for amd64 and arm64, as an archive that skopeo,
// podman and docker load. It needs no daemon and no registry. The image has the program, its
// licences, the certificates of public authorities and the name of its user, and no shell.
// The same input makes the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	user = 65532
	data = "/var/lib/gatehouse"
)

// options are what the command line says.
type options struct {
	version, revision, files, to string
	at                           time.Time
}

func main() {
	var o options
	flag.StringVar(&o.version, "version", "", "version, which becomes the image's tag, too")
	flag.StringVar(&o.revision, "revision", "", "commit that the program was built from")
	flag.StringVar(&o.files, "files", "", "folder with ARCH/gatehouse and ARCH/third-party.txt.gz")
	flag.StringVar(&o.to, "to", "", "archive to write")
	flag.Parse()
	if err := write(o); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func write(o options) error {
	if o.version == "" || o.revision == "" || o.files == "" || o.to == "" || flag.NArg() > 0 {
		return fmt.Errorf("-version, -revision, -files and -to are all needed, and nothing else")
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	o.at = time.Unix(seconds, 0).UTC()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range []string{"amd64", "arm64"} {
		img, err := image(o, arch)
		if err != nil {
			return fmt.Errorf("%s: %w", arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	index = mutate.Annotations(index, labels(o)).(v1.ImageIndex)
	dir, err := os.MkdirTemp("", "gatehouse-image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	err = path.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": o.version}))
	if err != nil {
		return err
	}
	return archive(dir, o.to, o.at)
}

// image returns the image of one architecture.
func image(o options, arch string) (v1.Image, error) {
	base, err := baseLayer(o)
	if err != nil {
		return nil, err
	}
	program, err := programLayer(o, filepath.Join(o.files, arch))
	if err != nil {
		return nil, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	var add []mutate.Addendum
	for _, l := range []struct {
		layer v1.Layer
		by    string
	}{{base, "user, folders and certificates"}, {program, "the program"}} {
		add = append(add, mutate.Addendum{Layer: l.layer,
			History: v1.History{Created: v1.Time{Time: o.at}, CreatedBy: l.by}})
	}
	if img, err = mutate.Append(img, add...); err != nil {
		return nil, err
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = "linux", arch, v1.Time{Time: o.at}
	file.Config = v1.Config{
		User:         fmt.Sprintf("%d:%d", user, user),
		Entrypoint:   []string{"/usr/bin/gatehouse"},
		Cmd:          []string{"serve"},
		WorkingDir:   data,
		Env:          []string{"PATH=/usr/bin", "GATEHOUSE_DATA=" + data, "GATEHOUSE_LISTEN=:8080"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Volumes:      map[string]struct{}{data: {}},
		StopSignal:   "SIGTERM",
		Labels:       labels(o),
	}
	return mutate.ConfigFile(img, file)
}

func labels(o options) map[string]string {
	const prefix = "org.opencontainers.image."
	return map[string]string{
		prefix + "title":       "Gatehouse",
		prefix + "description": "Server that controls how organizations get access",
		prefix + "licenses":    "Apache-2.0",
		prefix + "version":     o.version,
		prefix + "revision":    o.revision,
		prefix + "created":     o.at.Format(time.RFC3339),
	}
}
