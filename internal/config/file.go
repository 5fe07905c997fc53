// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// readConfigFile reads the file that --config names, if there is one: TOML, with the names of
// the flags, and with nothing else.
func (l *loader) readConfigFile() {
	path := l.value(envConfig)
	if path == "" {
		return
	}
	source := l.source(envConfig)
	raw, err := l.readFile(path)
	if err != nil {
		l.addError("%s %q cannot be read (%s): name a TOML file that the server may read", source, path, cause(err))
		return
	}
	values := map[string]any{}
	if err := toml.Unmarshal(raw, &values); err != nil {
		// The error repeats a part of the text, which may have a password.
		line := 0
		var parse toml.ParseError
		if errors.As(err, &parse) {
			line = parse.Position.Line
		}
		l.addError("%s %q is not TOML: see line %d. Write one name = \"value\" on each line", source, path, line)
		return
	}
	l.inFile = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		l.takeFromFile(name, values[name])
	}
}

// takeFromFile takes one setting of the file, or adds the error that it is none.
func (l *loader) takeFromFile(name string, value any) {
	if secret := envPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_")); isSecret(secret) {
		l.addError("%q is in the configuration file: secrets are not read from there, but from %s or "+
			"from the file that %s names", name, secret, secret+fileSuffix)
		return
	}
	names := slices.DeleteFunc(knownFlags(), func(f string) bool { return f == option(envConfig).Flag })
	switch value.(type) {
	case map[string]any, []map[string]any:
		l.addError("%q is a table in the configuration file, which has none: write every setting as "+
			"name = \"value\", by the name of its flag and without the line [%s]", name, name)
		return
	}
	if !slices.Contains(names, name) {
		l.addError("unknown name %q in the configuration file: %s", name,
			advice(nearest(name, names), "", "remove it"))
		return
	}
	text, ok := fileText(value)
	if !ok {
		l.addError("%q in the configuration file is neither a text, true, false nor a list of texts: write "+
			"%s = \"value\"", name, name)
		return
	}
	if name == option(envDatabase).Flag && hasPassword(text) {
		l.addError("%q in the configuration file has a password: secrets are not read from there, so give the URL "+
			"in %s, or leave the password out and put it into ~/.pgpass", name, envDatabase)
		return
	}
	l.inFile[name] = text
}

// hasPassword reports whether a database URL has a password, in either place. It is false for a text that
// is no such URL, which the setting itself refuses.
func hasPassword(text string) bool {
	u, err := url.Parse(text)
	if err != nil || misplaced(u) {
		return false
	}
	_, inUser := u.User.Password()
	return inUser || strings.Contains(maskQuery(u.RawQuery), "="+mask)
}

// fileText returns a value of TOML as a flag has it: true is on, and a list has commas.
func fileText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		if v {
			return "on", true
		}
		return "off", true
	case []any:
		texts := make([]string, len(v))
		for i, element := range v {
			text, ok := element.(string)
			if !ok {
				return "", false
			}
			texts[i] = text
		}
		return strings.Join(texts, ","), true
	}
	return "", false
}

func isSecret(env string) bool {
	return slices.ContainsFunc(Options(), func(o Option) bool { return o.Secret && o.Env == env })
}
