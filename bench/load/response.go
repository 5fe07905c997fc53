// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Response is one answer. Its slices are good until the next one is read.
type Response struct {
	Status     int
	Type       []byte // Content-Type
	Body       []byte
	RetryAfter bool // it says when to come again
	Close      bool // the server ends the connection after it
}

// Text is the answer as people read it.
func (r *Response) Text() string { return fmt.Sprintf("%d %s\n\n%s", r.Status, r.Type, r.Body) }

// maxBody bounds an answer: more is a fault of the server.
const maxBody = 64 << 20

// Reader parses the answers of one connection.
type Reader struct {
	in  *bufio.Reader
	res Response
	typ []byte
	buf []byte
}

// NewReader reads answers from src.
func NewReader(src io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(src, 16<<10)} }

// Next reads one answer whole. io.EOF alone means that the connection ended
// between two answers.
func (r *Reader) Next() (*Response, error) {
	length, chunked, err := r.head()
	if err != nil {
		return nil, err
	}
	r.buf = r.buf[:0]
	switch {
	case chunked:
		err = r.chunks()
	case r.res.Status == 204 || r.res.Status == 304:
	case length >= 0:
		err = r.take(length)
	default: // until the connection ends
		if !r.res.Close {
			return nil, errors.New("an answer without a length on a connection that stays")
		}
		r.buf, err = io.ReadAll(io.LimitReader(r.in, maxBody))
	}
	r.res.Body = r.buf
	return &r.res, unexpected(err)
}

// head reads the status line and the headers; length is -1 when none is given.
func (r *Reader) head() (length int, chunked bool, err error) {
	line, err := r.in.ReadSlice('\n')
	if err != nil {
		if len(line) > 0 {
			err = unexpected(err)
		}
		return 0, false, err
	}
	if len(line) < 13 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return 0, false, fmt.Errorf("not a status line: %q", line)
	}
	r.res = Response{Close: line[7] == '0'}
	if r.res.Status, err = strconv.Atoi(string(line[9:12])); err != nil || r.res.Status < 200 {
		return 0, false, fmt.Errorf("not a status: %q", line)
	}
	length = -1
	for {
		if line, err = r.in.ReadSlice('\n'); err != nil {
			return 0, false, unexpected(err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return length, chunked, nil
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return 0, false, fmt.Errorf("not a header: %q", line)
		}
		value = bytes.TrimSpace(value)
		switch {
		case is(name, "content-length"):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > maxBody {
				return 0, false, fmt.Errorf("not a length: %q", value)
			}
		case is(name, "transfer-encoding"):
			chunked = strings.EqualFold(string(value), "chunked")
		case is(name, "content-type"):
			r.typ = append(r.typ[:0], value...)
			r.res.Type = r.typ
		case is(name, "retry-after"):
			r.res.RetryAfter = len(value) > 0
		case is(name, "connection"):
			r.res.Close = r.res.Close || strings.EqualFold(string(value), "close")
		}
	}
}

// is compares a header's name, which comes in any letter case.
func is(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}

// take appends n bytes to the body.
func (r *Reader) take(n int) error {
	at := len(r.buf)
	if at+n > maxBody {
		return errors.New("the answer is too long")
	}
	if cap(r.buf) < at+n {
		r.buf = append(make([]byte, 0, 2*(at+n)), r.buf...)
	}
	r.buf = r.buf[:at+n]
	_, err := io.ReadFull(r.in, r.buf[at:])
	return unexpected(err)
}

func (r *Reader) chunks() error {
	for {
		line, err := r.in.ReadSlice('\n')
		if err != nil {
			return unexpected(err)
		}
		size, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return fmt.Errorf("not the size of a chunk: %q", line)
		}
		if n == 0 {
			return r.trailer()
		}
		if err := r.take(int(n)); err != nil {
			return err
		}
		if line, err = r.in.ReadSlice('\n'); err != nil || len(bytes.TrimRight(line, "\r\n")) > 0 {
			return errors.Join(fmt.Errorf("a chunk does not end: %q", line), unexpected(err))
		}
	}
}

func (r *Reader) trailer() error {
	for {
		line, err := r.in.ReadSlice('\n')
		if err != nil {
			return unexpected(err)
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return nil
		}
	}
}

// unexpected makes an end in the middle of an answer an error of its own.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
