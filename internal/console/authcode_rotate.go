// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// defaultOverlap is what the page of a rotation begins with.
const defaultOverlap = 72 * time.Hour

// overlaps are the times that a rotated code may stay good, as the page offers them.
func overlaps() []option {
	return []option{{Value: "0s", Key: "overlap.none"}, {Value: "1h0m0s", Key: "overlap.hour"},
		{Value: "24h0m0s", Key: "overlap.day"}, {Value: "72h0m0s", Key: "overlap.days3"},
		{Value: "168h0m0s", Key: "overlap.week"}, {Value: "720h0m0s", Key: "overlap.month"},
		{Value: "2160h0m0s", Key: "overlap.quarter"}}
}

func previewDays() []option {
	var all []option
	for _, days := range []string{"7", "30", "90", "366"} {
		all = append(all, option{Value: days, Text: days})
	}
	return all
}

// rotationPage is what the page of a rotation shows.
type rotationPage struct {
	codePage
	Asked   *form // the overlap, and how far to look back
	Preview *tenancy.RotationPreview
	More    int // sources that are not listed
}

// previewRotation answers GET …/{code}/rotate. The parameters choose the overlap and the days that the
// dry run looks at.
func (c *console) previewRotation(x *exchange) error {
	if err := x.requireAll(tenancy.IssueCodes, tenancy.DisableCodes); err != nil {
		return err
	}
	p, err := x.code()
	if err != nil {
		return err
	}
	if !p.MayRotate {
		return x.redirect(p.Path)
	}
	overlap, days := defaultOverlap, apitype.DefaultPreviewDays
	q := httpkit.QueryOf(x.r)
	if text := q.Get(tenancy.FieldOverlap); text != "" {
		if overlap, err = time.ParseDuration(text); err != nil {
			return badQuery()
		}
	}
	if text := q.Get(tenancy.FieldDays); text != "" {
		if days, err = strconv.Atoi(text); err != nil {
			return badQuery()
		}
	}
	shown, err := x.rotation(p, overlap, days)
	if err != nil {
		return err
	}
	if shown.Preview == nil {
		return x.showAgain("code_rotate", shown.Asked.cause, shown)
	}
	return x.show("code_rotate", shown)
}

// rotation returns the page with a dry run, or with what is wrong with what was asked.
func (x *exchange) rotation(p codePage, overlap time.Duration, days int) (rotationPage, error) {
	shown := rotationPage{codePage: p}
	fields := []field{{Name: tenancy.FieldOverlap, Label: "overlap", Type: "select", Hint: true,
		Options: overlaps()},
		{Name: tenancy.FieldDays, Label: "previewDays", Type: "select", Options: previewDays()}}
	values := map[string]string{tenancy.FieldOverlap: overlap.String(), tenancy.FieldDays: strconv.Itoa(days)}
	for i := range fields {
		fields[i].Options = withOption(fields[i].Options, values[fields[i].Name])
	}
	preview, err := x.c.tenancy.PreviewRotation(x.r.Context(), x.caller, p.Organization.ID, p.Code.ID, overlap,
		days)
	if err != nil {
		if shown.Asked, err = x.sentForm(p.Path+"/rotate", "action.preview", fields, err); err != nil {
			return shown, err
		}
		for name, value := range values {
			shown.Asked.field(name).Value = value
		}
		return shown, nil
	}
	shown.Asked = x.newForm(p.Path+"/rotate", "action.preview", fields, values)
	shown.Preview, shown.More = &preview, preview.Total-len(preview.Sources)
	shown.Sheet = x.newForm(p.Path+"/rotate", "action.rotate", rotateFields(), values)
	shown.Sheet.Cancel, shown.Sheet.Danger = p.Path, overlap == 0
	return shown, nil
}

// withOption returns the options with the value among them.
func withOption(all []option, value string) []option {
	if slices.ContainsFunc(all, func(o option) bool { return o.Value == value }) {
		return all
	}
	return append(all, option{Value: value, Text: value})
}

func rotateFields() []field { return []field{{Name: tenancy.FieldOverlap, Type: "hidden"}} }

// rotateCode answers POST …/{code}/rotate with the new code.
func (c *console) rotateCode(x *exchange) error {
	p, err := x.code()
	if err != nil {
		return err
	}
	overlap, err := time.ParseDuration(x.sent.Get(tenancy.FieldOverlap))
	if err != nil {
		return httpkit.NewError(http.StatusUnprocessableEntity, say(codeNotShown))
	}
	issued, err := c.tenancy.RotateAuthCode(x.r.Context(), x.caller, p.Organization.ID, p.Code.ID, overlap)
	if err == nil {
		shown, err := codeShown(p.Organization, issued, "code.rotated")
		if err != nil {
			return err
		}
		shown.Former, shown.FormerWords = p.Path, x.words.say("code.former.ended")
		if overlap > 0 {
			shown.FormerWords = x.words.say("code.former.good", utc(issued.CreatedAt.Add(overlap)))
		}
		return x.show("code_shown", shown)
	}
	shown := rotationPage{codePage: p}
	if shown.Sheet, err = x.sentForm(p.Path+"/rotate", "action.rotate", rotateFields(), err); err != nil {
		return err
	}
	shown.Sheet.Cancel = p.Path
	return x.showAgain("code_rotate", shown.Sheet.cause, shown)
}
