// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

//go:embed templates
var templateFiles embed.FS

// pages are the parsed pages of each language.
type pages map[string]pageSet

type pageSet struct {
	words     words
	templates map[string]*template.Template // by the name of the file, without .html
}

// parsePages parses the layout and the parts once for each language, and each page with them.
func parsePages(assets map[string]asset) (pages, error) {
	all := pages{}
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, tag := range languages() {
		set := pageSet{readWords(tag), map[string]*template.Template{}}
		shared, err := template.New("layout").Funcs(functions(set.words, assets)).ParseFS(templateFiles,
			"templates/layout/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse the layout: %w", err)
		}
		for _, file := range files {
			t, err := shared.Clone()
			if err == nil {
				t, err = t.ParseFS(templateFiles, file)
			}
			if err != nil {
				return nil, fmt.Errorf("parse %s: %w", file, err)
			}
			set.templates[strings.TrimSuffix(path.Base(file), ".html")] = t
		}
		all[tag] = set
	}
	return all, nil
}

// functions are those of the templates. t returns a message, and its values may be anything that
// fmt prints. utc and iso print a time.
func functions(w words, assets map[string]asset) template.FuncMap {
	return template.FuncMap{
		"t":      w.say,
		"utc":    utc,
		"iso":    func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"static": func(name string) string { return assets[name].path },
		"root":   func() string { return Root },
		"part":   part,
	}
}

func utc(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") + " UTC" }

// part returns the dot of a part that needs more than one value: their names and values in turn.
func part(namesAndValues ...any) (map[string]any, error) {
	if len(namesAndValues)%2 != 0 {
		return nil, errors.New("part: a name has no value")
	}
	all := map[string]any{}
	for i := 0; i < len(namesAndValues); i += 2 {
		name, is := namesAndValues[i].(string)
		if !is {
			return nil, fmt.Errorf("part: %v is no name", namesAndValues[i])
		}
		all[name] = namesAndValues[i+1]
	}
	return all, nil
}

// layout is what the frame of a page shows.
type layout struct {
	Page      any // what the page itself shows
	Language  string
	Languages []string
	Theme     string
	Path      string // of this page, for the buttons in its foot
	Notice    string // key of a message that is shown once; "": none
	Nav       []navItem
	Username  string // "": nobody is signed in
	Version   string // name and version of the program; "": nobody is signed in
}

// navItem is a link of the navigation.
type navItem struct {
	Path, Key string
	Current   bool
}

// show writes a page. name is its template, and data is the dot of that.
func (x *exchange) show(name string, data any) error { return x.showStatus(http.StatusOK, name, data) }

// showAgain is show for a form that was sent in vain. The status is that of the error.
func (x *exchange) showAgain(name string, err error, data any) error {
	status, _ := x.describe(err)
	return x.showStatus(status, name, data)
}

func (x *exchange) showStatus(status int, name string, data any) error {
	all, err := x.c.pages()
	if err != nil {
		return err
	}
	t, known := all[x.words.Tag].templates[name]
	if !known {
		return fmt.Errorf("there is no template %s", name)
	}
	l := layout{Page: data, Language: x.words.Tag, Languages: languages(), Theme: x.theme, Path: x.pathShown()}
	if x.signedIn() {
		l.Username, l.Nav, l.Version = x.caller.Name, x.navigation(), x.c.version
	}
	if notice := x.cookie(cookieNotice); strings.HasPrefix(notice, "notice.") && x.words.texts[notice] != "" {
		l.Notice = notice
		x.removeCookie(cookieNotice)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", l); err != nil {
		return fmt.Errorf("show %s: %w", name, err)
	}
	x.setHeaders()
	httpkit.Write(x.w, status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// pathShown returns the address that shows this page again: that of a form is the address of its page.
func (x *exchange) pathShown() string {
	if x.r.Method == http.MethodPost {
		return x.r.URL.Path
	}
	return x.r.URL.RequestURI()
}

// navigation returns the links to the pages that the caller may see.
func (x *exchange) navigation() []navItem {
	items := []navItem{{Path: Root, Key: "nav.overview"}}
	for _, one := range []struct {
		path, key string
		needs     tenancy.Permission
	}{
		{pathRequests, "nav.requests", tenancy.ReadRequests},
		{pathOrganizations, "nav.organizations", tenancy.ReadOrganizations},
		{pathClients, "nav.clients", tenancy.ReadClients},
		{pathOperators, "nav.operators", tenancy.ManageOperators},
		{pathAudit, "nav.audit", tenancy.ReadAudit},
	} {
		if x.may(one.needs) {
			items = append(items, navItem{Path: Root + one.path, Key: one.key})
		}
	}
	for i, item := range items {
		here := x.r.URL.Path
		items[i].Current = here == item.Path || item.Path != Root && strings.HasPrefix(here, item.Path+"/")
	}
	return items
}
