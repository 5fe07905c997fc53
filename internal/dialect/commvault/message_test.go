// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/json"
	"testing"
)

func TestMessageOnBothWires(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, json, xml string
		fields          fields
	}{
		{"nothing", `{}`, `<M/>`, nil},
		{"scalars", `{"s":"a","n":-4328650366975,"yes":true,"no":false}`,
			`<M s="a" n="-4328650366975" yes="1" no="0"/>`,
			fields{scalar("s", "a"), scalar("n", int64(-4328650366975)), scalar("yes", true),
				scalar("no", false)}},
		{"object before a scalar", `{"o":{"x":1},"s":"a"}`, `<M s="a"><o x="1"/></M>`,
			fields{nested("o", scalar("x", int64(1))), scalar("s", "a")}},
		{"empty object", `{"o":{}}`, `<M><o/></M>`, fields{nested("o")}},
		{"list of objects", `{"o":[{"x":1},{"p":{"y":"z"}}]}`, `<M><o x="1"/><o><p y="z"/></o></M>`,
			fields{repeated("o", fields{scalar("x", int64(1))}, fields{nested("p", scalar("y", "z"))})}},
		{"empty list of objects", `{"o":[]}`, `<M/>`, fields{repeated("o")}},
		{"markup", `{"s":"<a b=\"c\" d='e'>&amp;</a>"}`,
			`<M s="&lt;a b=&#34;c&#34; d=&#39;e&#39;&gt;&amp;amp;&lt;/a&gt;"/>`,
			fields{scalar("s", `<a b="c" d='e'>&amp;</a>`)}},
		{"line ends and tabs survive", `{"s":"a\r\n\tb"}`, `<M s="a&#xD;&#xA;&#x9;b"/>`,
			fields{scalar("s", "a\r\n\tb")}},
		{"what XML 1.0 cannot carry", `{"s":"a\u0000\u000b` + "\uffff" + `b"}`, "<M s=\"a\ufffd\ufffd\ufffdb\"/>",
			fields{scalar("s", "a\x00\v\uffffb")}},
		{"not UTF-8", `{"s":"a\ufffdb"}`, "<M s=\"a\ufffdb\"/>", fields{scalar("s", "a\xffb")}},
		{"letters of the world", `{"s":"Ünïcødé 株式会社 😀"}`, `<M s="Ünïcødé 株式会社 😀"/>`,
			fields{scalar("s", "Ünïcødé 株式会社 😀")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := message{"M", test.fields}
			if got := string(m.json()); got != test.json || !json.Valid(m.json()) {
				t.Errorf("JSON: got %s, want %s", got, test.json)
			}
			if got, want := string(m.xml()), prolog+test.xml; got != want {
				t.Errorf("XML: got %s, want %s", got, want)
			}
		})
	}
}
