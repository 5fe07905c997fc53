// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// drawn paints what a terminal shows of the QR code: only what is written in the code's colours has
// them, everything else has the ground. It returns the path of the picture.
func drawn(t *testing.T, printed string, ground color.Gray) string {
	t.Helper()
	const scale, margin = 6, 12
	const start, end = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
	var rows [][]bool // dark
	for _, line := range strings.Split(printed, "\n") {
		inner, colored := strings.CutPrefix(line, start)
		if !colored {
			continue
		}
		inner = strings.TrimSuffix(inner, end)
		var upper, lower []bool
		for _, c := range inner {
			upper, lower = append(upper, c == '█' || c == '▀'), append(lower, c == '█' || c == '▄')
		}
		rows = append(rows, upper, lower)
	}
	if len(rows) == 0 {
		t.Fatalf("no QR code is drawn: %q", printed)
	}
	width, height := len(rows[0]), len(rows)
	img := image.NewGray(image.Rect(0, 0, (width+2*margin)*scale, (height+2*margin)*scale))
	for i := range img.Pix {
		img.Pix[i] = ground.Y
	}
	for y, row := range rows {
		for x, dark := range row {
			shade := color.Gray{Y: 255}
			if dark {
				shade.Y = 0
			}
			for dy := range scale {
				for dx := range scale {
					img.SetGray((x+margin)*scale+dx, (y+margin)*scale+dy, shade)
				}
			}
		}
	}
	path := filepath.Join(t.TempDir(), "qr.png")
	f := must(os.Create(path))(t)
	closing(t, f)
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return path
}

// The QR code is read by zbarimg on a dark ground and on a light one, and says what is printed, for a
// name with signs that an address gives a meaning to.
func TestQRCode(t *testing.T) {
	t.Parallel()
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		missing(t, err)
	}
	s := usedSite(t, onSQLite)
	const name = "Ann & Bo + 100% #1?"
	addOperator(t, s, name)
	f := enrol(t, s, name)
	url := shown(t, f.printed)[1]
	for what, ground := range map[string]color.Gray{"dark": {Y: 0}, "light": {Y: 255}} {
		got := strings.TrimSpace(runTool(t, zbar, "--quiet", "--raw", drawn(t, f.printed, ground)))
		if got != url {
			t.Errorf("on a %s ground zbarimg reads %q, want %q", what, got, url)
		}
	}
}

// A second factor counts once a code of it was typed. It ends what was got without it, and its
// recovery codes work once each.
func TestSecondFactorIsProved(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s)
		c := newClient(t, p.url)
		password := addOperator(t, s, "ann", "--role", "administrator")
		before := c.everywhere("ann", password)
		for input, says := range map[string]string{"": "nothing was changed",
			"000000\n000000\n":   "nothing was changed",
			"000000\nx\n12345\n": "nothing was changed", "\n\n\n": "nothing was changed"} {
			code, stdout, stderr := runWith(t, s, input, "totp", "ann")
			if code != 1 || !strings.Contains(stderr, says) || !strings.Contains(stdout, "Nothing has changed yet") {
				t.Errorf("input %q: %d %s", input, code, stderr)
			}
		}
		time.Sleep(time.Second)
		for what, status := range before.uses(c) {
			if status != 200 {
				t.Errorf("nothing was bound, but %s: %d", what, status)
			}
		}
		c.token(ccadmin, "ann", password)
		f := enrol(t, s, "ann")
		time.Sleep(time.Second)
		for what, status := range before.uses(c) {
			if status != 401 {
				t.Errorf("got without the second factor: %s: %d", what, status)
			}
		}
		for what, got := range before.renewals(c) {
			if got != "" {
				t.Errorf("got without the second factor: %s works", what)
			}
		}
		login := func(members ...string) answer {
			body := map[string]string{"username": "ann", "password": password}
			for i := 0; i < len(members); i += 2 {
				body[members[i]] = members[i+1]
			}
			return c.post("/v1/login", marshal(body), jsonType)
		}
		c.want(login(), 401, "the password alone")
		c.want(login("totp", code(t, f.secret, f.last*30)), 401, "the code that was typed")
		if len(f.recovery) != 10 {
			t.Fatalf("%d recovery codes", len(f.recovery))
		}
		c.want(login("recoveryCode", f.recovery[3]), 200, "a recovery code")
		c.want(login("recoveryCode", f.recovery[3]), 401, "the same recovery code")
		for _, tree := range []string{ccadminui, ccagent} {
			form := "grant_type=password&username=ann&password=" + password + "&totp_code=" + f.next(t)
			c.want(c.post(tree+"/mfalogin", form, formType), 200, tree)
		}
		operatorCommand(t, s, "", "totp", "ann", "--remove")
		time.Sleep(time.Second)
		c.want(login("recoveryCode", f.recovery[4]), 401, "a recovery code of a factor that was removed")
		c.want(login(), 200, "the password alone, after the factor was removed")
		p.stop(t)
	})
}
