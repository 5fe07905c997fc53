// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Job says what is done with a file. A journal of another job is not continued.
type Job struct {
	Work   string `json:"work"`   // such as import codes
	Target string `json:"target"` // the server, and who is logged in
	Choice string `json:"choice"` // flags that change what is done
	Digest string `json:"digest"` // of the file's content
	Made   string `json:"made"`   // the file for what is made; "" if there is none
	Refuse string `json:"refuse"` // the file for refused lines
}

// header is the first line of a journal.
type header struct {
	Journal string `json:"journal"` // the version of this format
	Job
	// Seed makes the names of the requests, which open their answers. So the journal is as secret as these.
	Seed  []byte    `json:"seed"`
	Begun time.Time `json:"begun"`
}

const journalFormat = "gatehouse bulk 1"

// mark is a further line of a journal: all lines of the file before Next are done, and what came of them is
// in the other files up to these sizes.
type mark struct {
	Next     int64     `json:"next"`
	Done     int64     `json:"done"`
	Refused  int64     `json:"refused"`
	MadeSize int64     `json:"madeSize"`
	RefSize  int64     `json:"refuseSize"`
	At       time.Time `json:"at"`
	Finished bool      `json:"finished,omitempty"`
	// The files are this job's. It is noted while there are no such files, before they are made, so that a later
	// run knows its own files from those that must not be overwritten.
	MadeOurs bool `json:"madeOurs,omitempty"`
	RefOurs  bool `json:"refuseOurs,omitempty"`
}

// journal is an open one, locked against other processes.
type journal struct {
	file *os.File
	header
	last    mark
	resumed bool
}

// openJournal opens the journal of a job, or makes it. An error says what to do.
func openJournal(path string, job Job, now time.Time) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file}
	if err := j.begin(path, job, now); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *journal) begin(path string, job Job, now time.Time) error {
	if err := lockFile(j.file); err != nil {
		return fmt.Errorf("another process works with %s: wait until it has ended", path)
	}
	content, err := io.ReadAll(io.LimitReader(j.file, 1))
	if err != nil {
		return err
	}
	if len(content) == 0 {
		j.header = header{Journal: journalFormat, Job: job, Seed: make([]byte, 32),
			Begun: now.UTC().Truncate(time.Second)}
		_, _ = rand.Read(j.Seed) // never fails
		j.last = mark{At: now}
		return errors.Join(j.write(j.header), j.write(j.last))
	}
	if err := j.read(); err != nil {
		return fmt.Errorf("%s is no journal that can be continued: %w", path, err)
	}
	j.resumed = true
	if j.Job != job {
		return fmt.Errorf("%s is the journal of another job (%s). To go on with that, use the same file, server, "+
			"log-in and flags. To begin anew, remove the journal first", path, j.difference(job))
	}
	return nil
}

// difference says in which way two jobs differ.
func (j *journal) difference(job Job) string {
	switch old := j.Job; {
	case old.Work != job.Work:
		return "it is for " + old.Work
	case old.Digest != job.Digest:
		return "the file was changed since"
	case old.Target != job.Target:
		return "the server or the log-in was another one: " + old.Target
	case old.Choice != job.Choice:
		return "the flags were: " + old.Choice
	}
	return "the other files had other names"
}

// read reads the header and the last whole mark. A line that was cut by a crash is overwritten.
func (j *journal) read() error {
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReader(j.file)
	var size int64
	for n := 0; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n == 0 {
			err = json.Unmarshal(line, &j.header)
			if err == nil && (j.Journal != journalFormat || len(j.Seed) != 32) {
				err = errors.New("its first line is of something else")
			}
		} else {
			j.last = mark{}
			err = json.Unmarshal(line, &j.last)
		}
		if err != nil {
			return err
		}
		size += int64(len(line))
	}
	if j.last.At.IsZero() {
		return errors.New("it has no beginning; nothing was done, so remove it")
	}
	if err := j.file.Truncate(size); err != nil {
		return err
	}
	_, err := j.file.Seek(size, io.SeekStart)
	return err
}

func (j *journal) write(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(text, '\n'))
	return err
}

// mark notes how far the job is.
func (j *journal) mark(m mark) error {
	if err := j.write(m); err != nil {
		return err
	}
	j.last = m
	return nil
}

// key returns the name of the request for a line: always the same, and nobody else can guess it.
func (j *journal) key(n int64) string {
	mac := hmac.New(sha256.New, j.Seed)
	mac.Write(binary.BigEndian.AppendUint64(bytes.Clone([]byte("line ")), uint64(n)))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:20])
}

func (j *journal) close() error { return errors.Join(j.file.Sync(), j.file.Close()) }
