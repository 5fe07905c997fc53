// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// loader looks values up and collects the faults found on the way.
type loader struct {
	flags    map[string]string
	env      map[string]string
	readFile func(string) ([]byte, error)
	faults   []error
}

// fault notes one line. Values go in with %q, so that none can break the line.
func (l *loader) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf(format, args...))
}

// value is what the user gave, by the order of Load. An environment variable
// that is set to nothing counts as given, so that a template with a hole in it
// is noticed.
func (l *loader) value(env string) string {
	o := option(env)
	if v, ok := l.flags[o.Flag]; ok && o.Flag != "" {
		return v
	}
	if v, ok := l.env[env]; ok {
		return v
	}
	return o.Default
}

// source names where value found it, for faults.
func (l *loader) source(env string) string {
	o := option(env)
	_, inFlags := l.flags[o.Flag]
	_, inEnv := l.env[env]
	if inFlags || !inEnv && o.Flag != "" {
		return "--" + o.Flag
	}
	return env
}

// was tells whether the option has exactly this value.
func (l *loader) was(env, value string) bool { return l.value(env) == value }

// secret gets a secret from its variable or its file; given is false when
// there is none or when it was faulty, which has been noted then.
func (l *loader) secret(env string) (source, value string, given bool) {
	value, inEnv := l.env[env]
	path, inFile := l.env[env+fileSuffix]
	switch {
	case inEnv && inFile:
		l.fault("both %s and %s are set: keep one", env, env+fileSuffix)
		return "", "", false
	case inFile:
		source = env + fileSuffix
		if value, given = l.secretFile(source, path); !given {
			return "", "", false
		}
	case inEnv:
		source = env
	default:
		return "", "", false
	}
	if value == "" {
		l.fault("%s gives an empty secret: fill it or unset %s", source, source)
		return "", "", false
	}
	return source, value, true
}

// secretFile reads a secret's file. The path stays out of the fault: people do
// put the secret itself there by mistake, and faults end up in logs.
func (l *loader) secretFile(source, path string) (string, bool) {
	raw, err := l.readFile(path)
	if err != nil {
		cause := "it cannot be read"
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			cause = pathErr.Err.Error()
		}
		l.fault("%s does not name a readable file (%s): give the path of one that the server may read", source, cause)
		return "", false
	}
	// Editors and echo end a file with a newline that nobody means.
	text := strings.TrimSuffix(string(raw), "\n")
	return strings.TrimSuffix(text, "\r"), true
}
