// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"time"
)

// Profile takes one of a server's profiles, of so many seconds from now: "profile"
// is that of the processor; of "allocs", "mutex" and "block" it is what was added
// meanwhile. The server's site must have Profiles on.
func (p *Process) Profile(ctx context.Context, name string, seconds int) ([]byte, error) {
	root, err := p.profiles(ctx)
	if err != nil {
		return nil, err
	}
	text, err := get(ctx, fmt.Sprintf("%s%s?seconds=%d", root, name, seconds), nil)
	return []byte(text), err
}

// profiles finds in the log of the server where its profiles are. The log may be
// some tenths of a second late.
func (p *Process) profiles(ctx context.Context) (*url.URL, error) {
	const patience = 2 * time.Second
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(p.log)
		if err != nil {
			return nil, err
		}
		found := regexp.MustCompile(`"msg":"profiles at","url":"(http://[^"]+)"`).FindSubmatch(text[min(p.from,
			int64(len(text))):])
		switch {
		case found != nil:
			return url.Parse(string(found[1]))
		case ctx.Err() != nil || time.Since(begun) > patience:
			return nil, errors.Join(errors.New("the server does not say where its profiles are"), ctx.Err())
		}
	}
}
