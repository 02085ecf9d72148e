package command

import (
	"bytes"
	"io"
	"maps"
	"reflect"
	"strings"
	"sync"

	"google.golang.org/protobuf/types/known/structpb"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// output is what a run wrote, each without its last line break.
type output struct{ stdout, stderr string }

var unknownOutput = output{plugin.Unknown, plugin.Unknown}

// outputOf gives the output that a state holds.
func outputOf(state plugin.Properties) output {
	plain := plugin.PlainProperties(state)
	return output{stdout: asText(plain["stdout"]), stderr: asText(plain["stderr"])}
}

// asState gives the state of a resource: its inputs, secrets marked as they were, and the output. The output is
// never marked: as with the official plugin, `additionalSecretOutputs` is what makes it secret.
func (o output) asState(inputs plugin.Properties) (*structpb.Struct, error) {
	state := maps.Clone(inputs)
	state["stdout"], state["stderr"] = o.stdout, o.stderr
	return plugin.ToWire(state)
}

// mayChangeOutput tells, for a preview, whether the output of an update cannot be known: an input that the state knows
// is different now, or not known yet. As with the official plugin, an input that is new does not count.
func mayChangeOutput(state, news plugin.Properties) bool {
	for _, input := range inputTypes {
		old, inState := state[input.name]
		if plugin.Plain(news[input.name]) == plugin.Unknown || (inState && !reflect.DeepEqual(old, news[input.name])) {
			return true
		}
	}
	return false
}

// lineLogger shows what a command writes, line by line while it runs.
type lineLogger struct {
	show func(line string)

	lock    sync.Mutex
	pending []byte
}

// when gives the logger if `logging` is one of the values, or is not given; else a writer that shows nothing.
func (l *lineLogger) when(logging string, values ...string) io.Writer {
	for _, value := range append(values, "", "stdoutAndStderr") {
		if logging == value {
			return l
		}
	}
	return io.Discard
}

func (l *lineLogger) Write(written []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	lines := bytes.SplitAfter(written, []byte("\n"))
	for _, line := range lines {
		l.pending = append(l.pending, line...)
		if bytes.HasSuffix(line, []byte("\n")) {
			l.flush()
		}
	}
	return len(written), nil
}

// flush shows what has come of a line.
func (l *lineLogger) flush() {
	if len(l.pending) > 0 {
		line := strings.TrimSuffix(strings.TrimSuffix(string(l.pending), "\n"), "\r")
		// The protocol carries UTF-8 only; a command may write anything.
		l.show(strings.ToValidUTF8(line, "\uFFFD"))
		l.pending = l.pending[:0]
	}
}
