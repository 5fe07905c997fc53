// SPDX-License-Identifier: Apache-2.0

package config

// Setting is one setting as a server would use it.
type Setting struct {
	Name   string // of the flag; of the variable for a secret
	Value  string // with secrets and passwords masked
	Source string // --name, the variable, "the configuration file" or "default"
}

// Show returns every setting in the order of Options, and the errors that Load returns.
func Show(flags map[string]string, environ []string, readFile func(string) ([]byte, error)) (all []Setting,
	err error) {
	_, err = Load(flags, environ, readFile)
	l := newLoader(flags, environ, readFile)
	for _, o := range Options() {
		if o.Secret {
			all = append(all, l.secretSetting(o))
			continue
		}
		value := l.value(o.Env)
		switch o.Env {
		case envDatabase, envPublicURL, envTraceEndpoint, envACMEDirectory: // a mistyped one may have a password
			value = maskURL(value)
		}
		all = append(all, Setting{o.Flag, value, l.origin(o)})
	}
	return all, err
}

func (l *loader) secretSetting(o Option) Setting {
	for _, name := range []string{o.Env, o.Env + fileSuffix} {
		if _, ok := l.env[name]; ok {
			return Setting{o.Env, mask, name}
		}
	}
	return Setting{o.Env, "", sourceDefault}
}

// Sources of settings that are no name.
const (
	sourceFile    = "the configuration file"
	sourceDefault = "default"
)

// origin names where the value of an option comes from.
func (l *loader) origin(o Option) string {
	_, inFlags := l.flags[o.Flag]
	_, inEnv := l.env[o.Env]
	_, inFile := l.inFile[o.Flag]
	switch {
	case inFlags:
		return "--" + o.Flag
	case inEnv:
		return o.Env
	case inFile:
		return sourceFile
	}
	return sourceDefault
}

// Changed returns the names of the settings that differ between two configurations: those
// that a running server can take over, and those that it cannot.
func Changed(before, after []Setting) (now, atStart []string) {
	for i, s := range after {
		if before[i].Value == s.Value {
			continue
		}
		if Options()[i].Reload {
			now = append(now, s.Name)
		} else {
			atStart = append(atStart, s.Name)
		}
	}
	return now, atStart
}
