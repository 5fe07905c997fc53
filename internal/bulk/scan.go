// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
)

// Input is a file that was looked through.
type Input struct {
	Path    string
	Format  Format
	Columns []Column
	Lines   int64  // how many there are, those that cannot be read among them
	Digest  string // of the content
	Same    string // what lines with the same key have in common, for people; "" if it is not said

	repeats map[int64]int // the first line with the same key, by the number of the line from 0
}

// maxRepeats is how many lines may repeat others. They are remembered.
const maxRepeats = 1 << 17

// Scan looks through a file. It finds the lines that have a key of one before them. Its memory does
// not grow with the file: a filter finds all lines that may repeat one, and a second look decides
// about these.
func Scan(path string, f Format, columns []Column,
	keys func(Values) []string) (Input, error) {
	in := Input{Path: path, Format: f, Columns: columns, repeats: map[int64]int{}}
	seen, maybe := newFilter(), map[uint64]int{} // the first line with the key; 0: not found yet
	hash := sha256.New()
	err := in.each(hash, func(_ int64, r Record) error {
		in.Lines++
		if r.Err != nil {
			return nil
		}
		for _, key := range keys(r.Values) {
			if seen.add(key) {
				maybe[seen.hash(key)] = 0
			}
		}
		return in.bounded(len(maybe))
	})
	in.Digest = hex.EncodeToString(hash.Sum(nil))
	if err != nil || len(maybe) == 0 {
		return in, err
	}
	return in, in.each(io.Discard, func(n int64, r Record) error {
		if r.Err != nil {
			return nil
		}
		for _, key := range keys(r.Values) {
			h := seen.hash(key)
			switch first, listed := maybe[h]; {
			case listed && first == 0:
				maybe[h] = r.Line
			case listed:
				in.repeats[n] = first
			}
		}
		return in.bounded(len(in.repeats))
	})
}

// bounded refuses more lines that repeat others than are remembered.
func (in Input) bounded(repeats int) error {
	if repeats > maxRepeats {
		return fmt.Errorf("more than %d lines repeat others", maxRepeats)
	}
	return nil
}

// open opens the file from its first line on.
func (in Input) open(tee io.Writer) (*Reader, *os.File, error) {
	// Opening a pipe would wait for whoever writes into it.
	if info, err := os.Stat(in.Path); err != nil {
		return nil, nil, err
	} else if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is no file that can be read again", in.Path)
	}
	file, err := os.Open(in.Path)
	if err != nil {
		return nil, nil, err
	}
	r, err := NewReader(io.TeeReader(file, tee), in.Format, in.Columns)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", in.Path, err), file.Close())
	}
	return r, file, nil
}

// each calls fn with every line.
func (in Input) each(tee io.Writer, fn func(n int64, r Record) error) (err error) {
	r, file, err := in.open(tee)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for n := int64(0); ; n++ {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = fn(n, record)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", in.Path, err)
		}
	}
}

// Check calls fn with every line, and with why it is not done if it is read alone.
func (in Input) Check(fn func(r Record, refusal error) error) error {
	return in.each(io.Discard, func(n int64, r Record) error { return fn(r, in.refusal(n, r)) })
}

// refusal returns why a line is not done that can be read.
func (in Input) refusal(n int64, r Record) error {
	if r.Err != nil {
		return r.Err
	}
	if first, repeats := in.repeats[n]; repeats {
		if in.Same != "" {
			return fmt.Errorf("it repeats line %d: the same %s", first, in.Same)
		}
		return fmt.Errorf("it repeats line %d", first)
	}
	return nil
}

// seenFilter is a Bloom filter of four million bytes: of a million keys, it takes two in ten thousand for
// seen that are not.
type seenFilter struct {
	bits []uint64
	seed maphash.Seed
}

const filterBits = 1 << 25

func newFilter() *seenFilter {
	return &seenFilter{bits: make([]uint64, filterBits/64), seed: maphash.MakeSeed()}
}

func (f *seenFilter) hash(key string) uint64 { return maphash.String(f.seed, key) }

// add adds a key and reports whether it may have been there.
func (f *seenFilter) add(key string) bool {
	h, there := f.hash(key), true
	for range 4 { // of each piece of the hash one bit
		at := h % filterBits
		there = there && f.bits[at/64]&(1<<(at%64)) != 0
		f.bits[at/64] |= 1 << (at % 64)
		h = h*0x9e3779b97f4a7c15 + 1
	}
	return there
}
