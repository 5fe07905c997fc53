// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// importer runs commands against one server, in a folder of its own.
type importer struct {
	t      *testing.T
	client *client
	admin  string // the header of a log-in
	env    settings
	dir    string
}

// newImporter starts a server and logs in.
func newImporter(t *testing.T, e engine) *importer {
	t.Helper()
	p := start(t, newSite(t, e), "--public-requests", "on", "--rate-limits", "off")
	i := &importer{t: t, client: newClient(t, p.url), dir: t.TempDir()}
	i.env = settings{"GATEHOUSE_SERVER": p.url, "XDG_CONFIG_HOME": i.dir}
	i.write("password", p.firstPassword()+"\n")
	i.want(0, "Logged in", "login", "--username", "admin", "--password-file", i.path("password"))
	i.admin = bearer(i.client.nativeLogin(p.firstPassword()))
	return i
}

func (i *importer) path(name string) string { return filepath.Join(i.dir, name) }

func (i *importer) write(name, text string) string {
	i.t.Helper()
	if err := os.WriteFile(i.path(name), []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return i.path(name)
}

func (i *importer) read(name string) string {
	i.t.Helper()
	return string(must(os.ReadFile(i.path(name)))(i.t))
}

// want runs a command and returns all that it says.
func (i *importer) want(code int, says string, args ...string) string {
	i.t.Helper()
	got, stdout, stderr := runCommand(i.t, i.env, args...)
	if got != code || !strings.Contains(stdout+stderr, says) {
		i.t.Fatalf("%v: exit code %d, want %d and %q:\n%s%s", args, got, code, says, stdout, stderr)
	}
	return stdout + stderr
}

// list returns the items of a list of the native API.
func (i *importer) list(path string) (items []map[string]any) {
	i.t.Helper()
	for cursor := ""; ; {
		a := i.client.want(i.client.get("/v1/"+path+"?count=250"+cursor, i.admin), http.StatusOK, path)
		var page struct {
			Items      []map[string]any `json:"items"`
			NextCursor string           `json:"nextCursor"`
		}
		if err := json.Unmarshal([]byte(a.body), &page); err != nil {
			i.t.Fatal(err)
		}
		items = append(items, page.Items...)
		if page.NextCursor == "" {
			return items
		}
		cursor = "&cursor=" + page.NextCursor
	}
}

// values returns one member of each item, in order.
func values(items []map[string]any, name string) (all []string) {
	for _, item := range items {
		all = append(all, fmt.Sprint(item[name]))
	}
	slices.Sort(all)
	return all
}

func rowsOf(t *testing.T, text string) [][]string {
	t.Helper()
	return must(csv.NewReader(strings.NewReader(text)).ReadAll())(t)
}

// TestImport brings organizations, codes, clients and requests from files with good and bad lines, and
// writes them to files again.
func TestImport(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		i := newImporter(t, e)
		i.importOrganizations()
		i.importCodes()
		i.importClients()
		i.importRequests()
		i.exportAll()
	})
}

func (i *importer) importOrganizations() {
	t := i.t
	file := i.write("organizations.csv", "\xef\xbb\xbfexternalId,name,emailDomains\r\n"+
		"old-1,Acme Ltd,acme.example.test\r\n"+
		"old-2,\"Birch, \"\"Tools\"\"\",a.example.test;b.example.test\r\n"+
		"old-3,,\r\nold-4,ACME LTD,\r\nold-5,'=Cherry,no domain\r\nold-6,'=Damson,\r\n")
	said := i.want(8, "2 of 6 lines would be refused", "import", "organizations", file, "--dry-run")
	if !strings.Contains(said, "line 4: name is missing") ||
		!strings.Contains(said, "line 5: it repeats line 2") {
		t.Errorf("the dry run says %s", said)
	}
	if n := len(i.list("organizations")); n != 0 {
		t.Fatalf("a dry run made %d organizations", n)
	}
	i.want(8, "3 of 6 lines are done", "import", "organizations", file)
	if got := values(i.list("organizations"), "name"); fmt.Sprint(got) != `[=Damson Acme Ltd Birch, "Tools"]` {
		t.Errorf("got %q", got)
	}
	refused := rowsOf(t, i.read("organizations.refused.csv"))
	want := [][]string{{"externalId", "name", "emailDomains", "line", "reason"},
		{"old-3", "", "", "4", "name is missing"}, {"old-4", "ACME LTD", "", "5", "it repeats line 2: the same name"},
		{"old-5", "'=Cherry", "no domain", "6", "emailDomains must be names of domains such as example.test."}}
	if fmt.Sprint(refused) != fmt.Sprint(want) {
		t.Errorf("refused %q", refused)
	}
	i.want(8, "Earlier runs did all of it", "import", "organizations", file)
	mended := strings.NewReplacer("old-3,,", "old-3,Elder,", "no domain", "c.example.test").Replace(
		i.read("organizations.refused.csv"))
	i.want(8, "2 of 3 lines are done", "import", "organizations", i.write("mended.csv", mended))
	if got := len(i.list("organizations")); got != 5 {
		t.Errorf("%d organizations", got)
	}
	i.want(2, `no column "nmae"`, "import", "organizations", i.write("bad.csv", "nmae\nAcme\n"))
	i.want(2, "give --format", "import", "organizations", i.write("bad.txt", "name\n"))
}

func (i *importer) importCodes() {
	t := i.t
	file := i.write("codes.jsonl", `{"organizationExternalId":"old-1","name":"old","expiresAt":"90d",`+
		`"maxUses":"unlimited","authorizationCode":"CBABAB761","primary":true}
{"organization":"Birch, \"Tools\"","name":"new","expiresAt":"never","maxUses":7,"tags":["a","b"]}
{"organizationExternalId":"old-9","name":"x","expiresAt":"90d","maxUses":1}
{"organizationExternalId":"old-2","name":"x","expiresAt":"never","maxUses":1,"authorizationCode":"CBABAB762"}
{"organizationExternalId":"old-2","name":"x","expiresAt":"90d","maxUses":1,"authorizationCode":"CBABAB761"}
{"organizationExternalId":"old-1","name":"x","expiresAt":"90d","maxUses":1,"authorizationCode":"CBABAB763","primary":true}
`)
	i.want(2, "give --secret-file", "import", "codes", file)
	i.want(8, "2 of 6 lines are done", "import", "codes", file, "--secret-file", i.path("secrets.csv"))
	made := rowsOf(t, i.read("secrets.csv"))
	if len(made) != 2 || made[1][0] != "2" || made[1][3] != "new" || !strings.HasPrefix(made[1][4], "GHC") {
		t.Errorf("made %d rows", len(made))
	}
	refused := i.read("codes.refused.jsonl")
	for _, want := range []string{`no organization has the externalId \"old-9\"`, "within 180 days",
		"it repeats line 1: the same"} {
		if !strings.Contains(refused, want) {
			t.Errorf("%q is not among the refused: %s", want, refused)
		}
	}
	i.want(0, "2 of 2 lines are done", "code", "issue", "--for", i.write("list.csv",
		"organization\nAcme Ltd\nor-100002\n"), "--name", "spring", "--expires", "30d", "--max-uses", "5",
		"--secret-file", i.path("spring.csv"))
	if made := rowsOf(t, i.read("spring.csv")); len(made) != 3 || made[1][3] != "spring" {
		t.Errorf("issued %d rows", len(made))
	}
	if n := strings.Count(refused, "it repeats line 1"); n != 2 {
		t.Errorf("%d lines repeat the first one, want 2", n)
	}
	for _, c := range i.list("organizations/or-100001/auth-codes") {
		if c["name"] == "old" && (c["imported"] != true || c["weak"] != true || c["primary"] != true) {
			t.Errorf("the imported code is %v", c)
		}
	}
}

func (i *importer) importClients() {
	t := i.t
	i.write("code", rowsOf(t, i.read("secrets.csv"))[1][4]+"\n")
	file := i.write("clients.csv", "name,instanceId,publicKey\ntill 1,t-1,\ntill 2,t-2,"+
		"\"{\"\"kty\"\":\"\"OKP\"\",\"\"crv\"\":\"\"Ed25519\"\",\"\"x\"\":\"\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"\"}\"\n"+
		"till 2,t-2,\ntill 3,t-3,{}\ntill 4,,\n")
	i.want(8, "2 of 5 lines are done", "import", "clients", file, "--code-file", i.path("code"), "--secret-file",
		i.path("keys.csv"))
	keys := rowsOf(t, i.read("keys.csv"))
	if len(keys) != 3 || keys[1][3] != "t-1" || !strings.HasPrefix(keys[1][5], "GHK") || keys[2][3] != "t-2" {
		t.Errorf("made %d rows", len(keys))
	}
	if got := values(i.list("clients"), "instanceId"); fmt.Sprint(got) != "[t-1 t-2]" {
		t.Errorf("got %v", got)
	}
	i.want(8, "0 of 1 lines are done", "import", "clients", i.write("stolen.csv",
		"name,instanceId,authorizationCode\nx,y,GHC0\n"), "--show-secrets")
}

func (i *importer) importRequests() {
	file := i.write("requests.csv", "contact.lastName,name,contact.firstName,contact.email,organization.externalId\n"+
		"Fig,Fig Ltd,Ann,ann@example.test,old-7\n,Grape Ltd,,nobody,\n")
	i.want(8, "1 of 2 lines are done", "import", "requests", file)
	if got := values(i.list("organization-requests"), "email"); fmt.Sprint(got) != "[ann@example.test]" {
		i.t.Errorf("got %v", got)
	}
}

// exportAll writes everything to files, and imports the organizations into another server.
func (i *importer) exportAll() {
	t := i.t
	for _, noun := range []string{"organizations", "requests", "codes", "clients"} {
		for _, end := range []string{".csv", ".jsonl"} {
			i.want(0, noun+" are in", "export", noun, i.path("all-"+noun+end))
			i.want(2, "is not overwritten", "export", noun, i.path("all-"+noun+end))
		}
		text := i.read("all-" + noun + ".csv")
		if strings.Contains(text, "GHC") || strings.Contains(text, "CBABAB761") {
			t.Errorf("%s are exported with secrets", noun)
		}
	}
	shown := i.want(0, "CBABAB761", "export", "codes", "--show-secrets", "--filter", `name eq "old"`)
	if rows := rowsOf(t, shown); len(rows) != 2 {
		t.Errorf("%d codes are exported", len(rows)-1)
	}
	if text := i.read("all-requests.jsonl"); !strings.Contains(text, `"contact.firstName":"Ann"`) {
		t.Errorf("requests are exported as %s", text)
	}
	other := newImporter(t, onSQLite)
	for _, end := range []string{".csv", ".jsonl"} {
		other.want(0, "", "import", "organizations", i.path("all-organizations"+end), "--dry-run")
	}
	other.want(0, "5 of 5 lines are done", "import", "organizations", i.path("all-organizations.csv"))
	for _, member := range []string{"name", "alias", "externalId", "emailDomains"} {
		if got, want := values(other.list("organizations"), member), values(i.list("organizations"),
			member); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", member, got, want)
		}
	}
}

// TestImportIsKilled kills an import again and again, at moments that differ, and interrupts it. In the end
// each line is done once, and what it made is in the file once.
func TestImportIsKilled(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		i := newImporter(t, e)
		organization := i.client.want(i.client.post("/v1/organizations", `{"name":"Acme"}`, jsonType, i.admin),
			http.StatusCreated, "organization").member("id")
		const lines = 3000
		var text bytes.Buffer
		text.WriteString("organization,name,expiresAt,maxUses\n")
		for n := range lines {
			fmt.Fprintf(&text, "%s,code %d,never,1\n", organization, n)
		}
		args := []string{"import", "codes", i.write("codes.csv", text.String()), "--secret-file",
			i.path("made.csv")}
		killed, interrupted := 0, 0
		for round := 0; round < 12 && (killed < 3 || interrupted < 1); round++ {
			p := launch(t, command(i.env, args...))
			select {
			case <-p.done:
			case <-time.After(time.Duration(150+70*round) * time.Millisecond):
			}
			if p.ended() {
				break
			}
			if round%3 == 2 {
				if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
				if code := p.wait(t, startLimit); code != 130 {
					t.Errorf("interrupted: exit code %d, %s", code, p.stderr.String())
				}
				if strings.Contains(p.stderr.String(), "run the same command again") {
					interrupted++
				}
				continue
			}
			_ = p.cmd.Process.Signal(syscall.SIGKILL)
			p.wait(t, startLimit)
			killed++
		}
		if killed < 1 {
			t.Error("it was never killed")
		}
		i.want(0, "3000 of 3000 lines are done", args...)
		codes := i.list("organizations/" + organization + "/auth-codes")
		made := rowsOf(t, i.read("made.csv"))
		if len(codes) != lines || len(made) != lines+1 {
			t.Fatalf("%d codes, and %d in the file", len(codes), len(made)-1)
		}
		ids := values(codes, "id")
		for n, row := range made[1:] {
			if row[0] != fmt.Sprint(n+2) || row[3] != fmt.Sprint("code ", n) {
				t.Fatalf("line %d of the file is of line %s, %s", n+2, row[0], row[3])
			}
			if _, found := slices.BinarySearch(ids, row[2]); !found {
				t.Fatalf("there is no code %s", row[2])
			}
		}
	})
}
