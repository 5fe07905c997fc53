// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/url"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/installer"
	"gatehouse/internal/tenancy"
)

// The parameters of the page with the text of an installer.
const (
	paramTarget = "for"
	fieldServer = "server"
)

// installerPage is what the page with the text of an installer shows.
type installerPage struct {
	codePage
	Targets []tab
	Target  string
	Text    string // "": Missing or Wrong
	Missing bool   // nothing was filled in yet that this text needs
	Wrong   bool
	Asked   *form
}

// targetKeys are the messages that name the systems.
func targetKeys() map[string]string {
	return map[string]string{installer.WindowsMSI: "target.windows", installer.MacOS: "target.macos",
		installer.Linux: "target.linux", installer.Ansible: "target.ansible",
		installer.CloudInit: "target.cloud_init", installer.Terraform: "target.terraform"}
}

func installerFields(target string) []field {
	all := []field{{Name: "codeFile", Hint: true, Autocomplete: "off"}}
	if target == installer.WindowsMSI {
		return append(all, field{Name: "package", Required: true, Hint: true, Autocomplete: "off"},
			field{Name: "property", Required: true, Hint: true, Autocomplete: "off"})
	}
	return append(all, field{Name: fieldServer, Label: "clientServer", Required: true, Hint: true,
		Autocomplete: "off"}, field{Name: "client", Label: "clientName", Hint: true, Autocomplete: "off"},
		field{Name: "caFile", Hint: true, Autocomplete: "off"},
		field{Name: "folder", Hint: true, Autocomplete: "off"})
}

// readInstaller answers GET …/{code}/installer. The text never has the code itself.
func (c *console) readInstaller(x *exchange) error {
	p, err := x.code()
	if err != nil {
		return err
	}
	q := httpkit.QueryOf(x.r)
	target := q.Get(paramTarget)
	if target == "" {
		target = installer.Linux
	}
	if targetKeys()[target] == "" {
		return badQuery()
	}
	shown := installerPage{codePage: p, Target: target}
	for _, one := range installer.Targets() {
		shown.Targets = append(shown.Targets, tab{p.Path + "/installer?" + url.Values{paramTarget: {one}}.Encode(),
			targetKeys()[one], one == target})
	}
	values := map[string]string{}
	for _, f := range installerFields(target) {
		values[f.Name] = strings.TrimSpace(q.Get(f.Name))
	}
	if values[fieldServer] == "" && target != installer.WindowsMSI {
		values[fieldServer] = x.info.BaseURL()
	}
	if values["codeFile"] == "" {
		values["codeFile"] = installer.DefaultCodeFile(target)
	}
	shown.Asked = x.newForm(p.Path+"/installer", "action.show", installerFields(target), values)
	shown.Missing = target == installer.WindowsMSI && values["package"] == "" && values["property"] == ""
	if shown.Missing {
		return x.show("code_installer", shown)
	}
	shown.Text, err = installer.Text(installer.Params{Target: target, About: p.about(),
		CodeFile: values["codeFile"], Server: values[fieldServer], CAFile: values["caFile"],
		Name: values["client"], State: values["folder"], Package: values["package"],
		Property: values["property"]})
	shown.Wrong = err != nil || target != installer.WindowsMSI && !isServer(values[fieldServer])
	if shown.Wrong {
		shown.Text = ""
	}
	return x.show("code_installer", shown)
}

// isServer reports whether a text is the address of a server, as clients take it.
func isServer(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// about returns the comment that says which code a text is for.
func (p codePage) about() []string {
	name := p.Code.ID
	if p.Code.Name != "" {
		name = p.Code.Name + " (" + p.Code.ID + ")"
	}
	all := []string{"Organization: " + p.Organization.ID.String(), "Code: " + name}
	if len(p.Code.Tags) > 0 {
		all = append(all, "Its clients get the tags: "+strings.Join(p.Code.Tags, ", "))
	}
	return all
}

// Warned reports whether the code lets nobody in now.
func (p codePage) Warned() bool { return p.State != tenancy.CodeActive || p.Code.Canary }
