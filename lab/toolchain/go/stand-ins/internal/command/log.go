package command

import (
	"context"
	"io"
	"strings"
	"sync"
)

// maxLine bounds what is kept of a line that does not end, in bytes; a longer one is shown in pieces.
const maxLine = 64 * 1024

// lineLogger shows what a command writes, line by line while it runs.
type lineLogger struct {
	show func(line string)

	lock    sync.Mutex
	pending []byte
}

func (p *provider) logger(urn string) *lineLogger {
	return &lineLogger{show: func(line string) { p.Engine.LogStatus(context.Background(), urn, line) }}
}

func (in inputs) logsStdout() bool {
	return in.logging == "" || in.logging == "stdout" || in.logging == "stdoutAndStderr"
}

func (in inputs) logsStderr() bool {
	return in.logging == "" || in.logging == "stderr" || in.logging == "stdoutAndStderr"
}

// when gives the logger, or a writer that shows nothing.
func (l *lineLogger) when(wanted bool) io.Writer {
	if wanted {
		return l
	}
	return io.Discard
}

func (l *lineLogger) Write(written []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	for _, letter := range written {
		if letter == '\n' || len(l.pending) == maxLine {
			l.showPending()
		}
		if letter != '\n' {
			l.pending = append(l.pending, letter)
		}
	}
	return len(written), nil
}

// flush shows a last line that did not end with a line break.
func (l *lineLogger) flush() {
	l.lock.Lock()
	defer l.lock.Unlock()
	if len(l.pending) > 0 {
		l.showPending()
	}
}

func (l *lineLogger) showPending() {
	// The protocol carries UTF-8 only; a command may write anything.
	l.show(strings.ToValidUTF8(strings.TrimSuffix(string(l.pending), "\r"), "\uFFFD"))
	l.pending = l.pending[:0]
}
