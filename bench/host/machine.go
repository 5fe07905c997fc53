// SPDX-License-Identifier: Apache-2.0

package host

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Machine is on what was measured.
type Machine struct {
	Cores      int     `json:"cores"`
	CPU        string  `json:"cpu"`
	Kernel     string  `json:"kernel"`
	Go         string  `json:"go"`
	Build      string  `json:"build"` // commit of the server
	FlushMS    float64 `json:"disk_flush_ms"`
	FileSystem string  `json:"file_system"` // of the data folder
}

// Describe reads the facts. The folder is where the data will be.
func Describe(binary, folder string) Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), CPU: value("/proc/cpuinfo", "model name"),
		Kernel:     firstLine("/proc/sys/kernel/osrelease"),
		FileSystem: FileSystem(folder), FlushMS: float64(flush(folder).Microseconds()) / 1000}
	if info, err := buildinfo.ReadFile(binary); err == nil {
		m.Go = info.GoVersion
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				m.Build = s.Value[:min(12, len(s.Value))] + m.Build
			case s.Key == "vcs.modified" && s.Value == "true":
				m.Build += "+changes"
			}
		}
	}
	return m
}

func firstLine(path string) string {
	b, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

func value(path, name string) string {
	b, _ := os.ReadFile(path)
	for line := range strings.Lines(string(b)) {
		if key, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// FileSystem is the kind of file system the folder is on, such as "ext4".
func FileSystem(folder string) string {
	folder, _ = filepath.Abs(folder)
	b, _ := os.ReadFile("/proc/self/mounts")
	best, kind := "", ""
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || len(fields[1]) < len(best) {
			continue
		}
		if at := fields[1]; at == "/" || folder == at || strings.HasPrefix(folder, at+"/") {
			best, kind = at, fields[2]
		}
	}
	return kind
}

// flush is how long the disk takes to keep one small write, the median of some.
func flush(folder string) time.Duration {
	f, err := os.CreateTemp(folder, "flush-")
	if err != nil {
		return 0
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	for range 21 {
		begun := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil || f.Sync() != nil {
			return 0
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)/2]
}
