// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// CPU is the processor time a process has used.
func (p *Process) CPU() (time.Duration, error) { return cpuOf(p.ID()) }

func cpuOf(id int) (time.Duration, error) {
	fields, err := statOf(id)
	if err != nil {
		return 0, err
	}
	return ticks(fields[user]) + ticks(fields[system]), nil
}

// Memory is what a process holds of the machine's memory, now and at most, in bytes.
func (p *Process) Memory() (now, peak int64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.ID()))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "VmRSS:":
			now, err = strconv.ParseInt(fields[1], 10, 64)
		case "VmHWM:":
			peak, err = strconv.ParseInt(fields[1], 10, 64)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return now << 10, peak << 10, nil
}

// OwnCPU is the processor time this process has used: the generator's share.
func OwnCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// MachineCPU is the time all processors of the machine were busy, and how much
// there was in all, since it was started.
func MachineCPU() (busy, all time.Duration) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	const idle, wait, guest = 3, 4, 8 // guest's time is in user's already
	for i, field := range strings.Fields(line)[1:] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || i >= guest {
			break
		}
		all += time.Duration(n) * tick
		if i != idle && i != wait {
			busy += time.Duration(n) * tick
		}
	}
	return busy, all
}
