// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// loader looks values up and collects errors.
type loader struct {
	flags    map[string]string
	env      map[string]string
	inFile   map[string]string // by the names of flags
	readFile func(string) ([]byte, error)
	errs     []error
}

// newLoader returns a loader that has read the configuration file and checked all names.
func newLoader(flags map[string]string, environ []string, readFile func(string) ([]byte, error)) *loader {
	l := &loader{flags: flags, env: gatehouseEnv(environ), readFile: readFile}
	l.checkNames()
	l.readConfigFile()
	return l
}

// addError adds one line. Use %q for values, so that none can break the line.
func (l *loader) addError(format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf(format, args...))
}

// value returns what the user set, in the order of Load. An environment variable with
// an empty value counts as set, so that an incomplete template is noticed.
func (l *loader) value(env string) string {
	o := option(env)
	if v, ok := l.flags[o.Flag]; ok && o.Flag != "" {
		return v
	}
	if v, ok := l.env[env]; ok {
		return v
	}
	if v, ok := l.inFile[o.Flag]; ok && o.Flag != "" {
		return v
	}
	return o.Default
}

// source names, for errors, where value found the setting. For a default it is the flag.
func (l *loader) source(env string) string {
	o := option(env)
	switch at := l.origin(o); {
	case at == sourceFile:
		return fmt.Sprintf("%q in the configuration file", o.Flag)
	case at == sourceDefault && o.Flag != "":
		return "--" + o.Flag
	case at == sourceDefault:
		return env
	default:
		return at
	}
}

// is reports whether the option has exactly this value.
func (l *loader) is(env, value string) bool { return l.value(env) == value }

// secret returns a secret from its variable or its file. ok is false if there is
// none or if it cannot be used; that error has been added then.
func (l *loader) secret(env string) (source, value string, ok bool) {
	value, inEnv := l.env[env]
	path, inFile := l.env[env+fileSuffix]
	switch {
	case inEnv && inFile:
		l.addError("both %s and %s are set: keep one", env, env+fileSuffix)
		return "", "", false
	case inFile:
		source = env + fileSuffix
		if value, ok = l.secretFile(source, path); !ok {
			return "", "", false
		}
	case inEnv:
		source = env
	default:
		return "", "", false
	}
	if value == "" {
		l.addError("%s has an empty secret: fill it or unset %s", source, source)
		return "", "", false
	}
	return source, value, true
}

// secretFile reads the file of a secret. The error does not contain the path: people
// put the secret itself there by mistake, and errors end up in logs.
func (l *loader) secretFile(source, path string) (string, bool) {
	raw, err := l.readFile(path)
	if err != nil {
		l.addError("%s does not name a readable file (%s): give the path of one that the server may read", source,
			cause(err))
		return "", false
	}
	// Editors and echo end a file with a newline that is not part of the secret.
	text := strings.TrimSuffix(string(raw), "\n")
	return strings.TrimSuffix(text, "\r"), true
}

// cause returns why a file could not be read, without its path.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return "it cannot be read"
}
