// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

// The forms of ids. A text of such a form is an id, and never a name.
func isNumber(text string) bool { return regexp.MustCompile(`^[0-9]+$`).MatchString(text) }
func isUUID(text string) bool {
	return regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(text)
}

// candidate is a thing that a name may mean.
type candidate struct{ id, name, state string }

// mostCandidates is how many things of one name an error lists.
const mostCandidates = 5

// find returns the id of the only thing with a name. With none it is an error of the kind
// client.ErrNotFound, with several one that lists them.
func find[T any](noun, name string, list func(client.ListOptions) iter.Seq2[T, error],
	describe func(T) candidate) (string, error) {
	if name == "" {
		return "", Usage("the %s is empty: give an id or a name", noun)
	}
	quoted, err := json.Marshal(name) // as SCIM writes texts
	if err != nil {
		return "", err
	}
	var found []candidate
	o := client.ListOptions{Filter: "name eq " + string(quoted), PageSize: mostCandidates + 1}
	for item, err := range list(o) {
		if err != nil {
			return "", err
		}
		if found = append(found, describe(item)); len(found) > mostCandidates {
			break
		}
	}
	switch len(found) {
	case 0:
		return "", WithExit(ExitNotFound, fmt.Errorf("there is no %s with the id or the name %q", noun, name))
	case 1:
		return found[0].id, nil
	}
	var b strings.Builder
	for i, c := range found {
		if i == mostCandidates {
			b.WriteString("\n  …")
			break
		}
		fmt.Fprintf(&b, "\n  %s  %s  %s", c.id, output.Printable(c.name), c.state)
	}
	return "", Usage("%q is the name of several %ss: give the id of one%s", name, noun, b.String())
}

// organization returns the id that a text means: or-100001, 100001 or a name.
func (s *session) organization(text string) (string, error) {
	if isNumber(text) {
		return "or-" + text, nil
	}
	if number, ok := strings.CutPrefix(text, "or-"); ok && isNumber(number) {
		return text, nil
	}
	return find("organization", text, func(o client.ListOptions) iter.Seq2[apitype.Organization, error] {
		return s.Organizations.List(s.ctx, o)
	}, func(o apitype.Organization) candidate { return candidate{o.ID, o.Name, o.State} })
}

// request returns the id that a text means: 100001 or a name.
func (s *session) request(text string) (string, error) {
	if isNumber(text) {
		return text, nil
	}
	return find("request", text, func(o client.ListOptions) iter.Seq2[apitype.OrganizationRequest, error] {
		return s.Requests.List(s.ctx, o)
	}, func(r apitype.OrganizationRequest) candidate { return candidate{r.ID, r.Name, r.Status} })
}

// code returns the ids that the words ORGANIZATION and CODE mean.
func (s *session) code(args []string) (organization, id string, err error) {
	organization, err = s.organization(args[0])
	if err != nil || isUUID(args[1]) {
		return organization, args[1], err
	}
	id, err = find("code", args[1], func(o client.ListOptions) iter.Seq2[apitype.AuthCode, error] {
		return s.AuthCodes.List(s.ctx, organization, o)
	}, func(c apitype.AuthCode) candidate { return candidate{c.ID, c.Name, c.State} })
	return organization, id, err
}

// client returns the id that a text means: a UUID or a name.
func (s *session) client(text string) (string, error) {
	if isUUID(text) {
		return text, nil
	}
	return find("client", text, func(o client.ListOptions) iter.Seq2[apitype.Client, error] {
		return s.Clients.List(s.ctx, client.ClientListOptions{ListOptions: o})
	}, func(c apitype.Client) candidate { return candidate{c.ID, c.Name, c.State} })
}

// application returns the id that a text means: a UUID or a name.
func (s *session) application(text string) (string, error) {
	if isUUID(text) {
		return text, nil
	}
	return find("application", text, func(o client.ListOptions) iter.Seq2[apitype.Application, error] {
		return s.Applications.List(s.ctx, client.ApplicationListOptions{ListOptions: o})
	}, func(a apitype.Application) candidate { return candidate{a.ID, a.Name, a.Type} })
}
