// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRecord is the longest line of a file in bytes. The server takes no body that is as long.
const maxRecord = 1 << 20

// rawRecord is the text of a line without its end. A quoted cell of CSV may have line ends in it, so it
// may be several lines of the file.
type rawRecord struct {
	line int // the first one, from 1
	text []byte
	err  error // why the text is not whole
}

// recordScanner splits a file into records. Empty lines are none.
type recordScanner struct {
	in     *bufio.Reader
	quotes bool // of CSV
	line   int  // the next one
	buffer []byte
}

func newRecordScanner(in io.Reader, quotes bool) *recordScanner {
	return &recordScanner{in: bufio.NewReaderSize(in, 64<<10), quotes: quotes, line: 1}
}

// bom is the mark that some programs put before UTF-8.
const bom = "\xef\xbb\xbf"

// start skips the byte order mark, and refuses texts of other encodings.
func (s *recordScanner) start() error {
	begin, err := s.in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case string(begin) == bom:
		_, err = s.in.Discard(len(bom))
		return err
	case bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
		return errors.New("the file is UTF-16: save it as UTF-8")
	}
	return nil
}

// next returns the next record, or io.EOF. The text is good until the next call.
func (s *recordScanner) next() (rawRecord, error) {
	for {
		r, err := s.read()
		if err != nil || len(r.text) > 0 || r.err != nil {
			return r, err
		}
	}
}

// read reads one record. It ends with a line end outside of quotes.
func (s *recordScanner) read() (rawRecord, error) {
	r := rawRecord{line: s.line}
	s.buffer = s.buffer[:0]
	state := quoteState{start: true}
	for {
		piece, err := s.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return r, err
		}
		if len(piece) > 0 && piece[len(piece)-1] == '\n' {
			s.line++
		}
		if len(s.buffer)+len(piece) <= maxRecord {
			s.buffer = append(s.buffer, piece...)
		} else {
			r.err = fmt.Errorf("it is longer than %d bytes: is there a quotation mark too many?", maxRecord)
			s.buffer = s.buffer[:0]
			state = quoteState{start: true} // what follows is the rest of this line, and then others
		}
		if s.quotes && r.err == nil {
			state.read(piece)
		}
		switch end := errors.Is(err, io.EOF); {
		case end && len(piece) == 0 && len(s.buffer) == 0 && r.err == nil:
			return r, io.EOF
		case end && state.quoted && r.err == nil:
			r.err = errors.New("a quotation mark is not closed")
			return r, nil
		case end, err == nil && !state.quoted:
			r.text = trimEnd(s.buffer)
			return r, nil
		}
	}
}

// trimEnd returns a line without its end, LF or CRLF.
func trimEnd(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// quoteState says where in a record of CSV the text is (RFC 4180): a quotation mark counts at the
// beginning of a cell, and then up to the next one that is not doubled.
type quoteState struct {
	start  bool // of a cell
	quoted bool
}

func (q *quoteState) read(piece []byte) {
	for _, c := range piece {
		switch {
		case c == '"' && (q.quoted || q.start):
			q.quoted, q.start = !q.quoted, q.quoted // after the second mark, a third opens again
		case !q.quoted:
			q.start = c == ','
		}
	}
}
