// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"gatehouse/internal/httpkit"
)

//go:embed static
var staticFiles embed.FS

// asset is a file that pages load. Its address changes with its content, so that browsers need not
// ask for it again.
type asset struct {
	path, media string
	plain       []byte
	gzip        func() []byte // compressed at the first request for it
}

// mediaTypes are those of the files, by the end of their names.
func mediaTypes() map[string]string {
	return map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".svg": "image/svg+xml"}
}

// readAssets returns the files by their names.
func readAssets() map[string]asset {
	all := map[string]asset{}
	entries, err := staticFiles.ReadDir("static")
	for _, one := range entries {
		var content []byte
		content, err = staticFiles.ReadFile("static/" + one.Name())
		if err != nil {
			break
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(one.Name())
		name := strings.TrimSuffix(one.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		all[one.Name()] = asset{path: Root + "/static/" + name, media: mediaTypes()[ext], plain: content,
			gzip: sync.OnceValue(func() []byte { return compressed(content) })}
	}
	if err != nil { // cannot happen with embedded files
		panic(err)
	}
	return all
}

func compressed(content []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(content)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil { // cannot happen in memory
		panic(err)
	}
	return b.Bytes()
}

// staticRoutes serve the files, each at its address.
func staticRoutes(assets map[string]asset) []httpkit.Route {
	var routes []httpkit.Route
	for _, one := range assets {
		routes = append(routes, httpkit.Route{Method: http.MethodGet, Pattern: one.path, Name: "readStatic",
			Class: httpkit.Free, Handler: func(w http.ResponseWriter, r *http.Request) error {
				one.write(w, r)
				return nil
			}})
	}
	return routes
}

func (a asset) write(w http.ResponseWriter, r *http.Request) {
	h, content := w.Header(), a.plain
	h.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header) {
		content = a.gzip()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", a.media)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", policy)
	httpkit.Send(w, http.StatusOK, content)
}

// acceptsGzip reports whether a browser names gzip without a weight of 0 (RFC 9110, section 12.5.3).
func acceptsGzip(h http.Header) bool {
	for one := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(one, ";")
		_, q, _ := strings.Cut(weight, "=")
		value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") && (weight == "" || err == nil && value > 0) {
			return true
		}
	}
	return false
}
