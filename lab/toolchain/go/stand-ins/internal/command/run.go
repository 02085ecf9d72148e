package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// run runs one command line to its end, in the plugin's own working directory and environment unless the inputs say
// otherwise. The error of a failed one is its status, its text and all that it wrote.
func (in inputs) run(ctx context.Context, line string, previous output, log *lineLogger) (output, error) {
	if in.dir != "" {
		if _, err := os.Stat(in.dir); err != nil {
			return output{}, fmt.Errorf("chdir %s: %w: running %q:\n", in.dir, errors.Unwrap(err), line)
		}
	}
	words := append(slices.Clone(in.interpreterOrDefault()), line)
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	endWithDescendants(command)

	var stdout, stderr bytes.Buffer
	both := &lockedBuffer{}
	command.Stdout = io.MultiWriter(log.when(in.logsStdout()), &stdout, both)
	command.Stderr = io.MultiWriter(log.when(in.logsStderr()), &stderr, both)
	if in.stdin != "" {
		command.Stdin = strings.NewReader(in.stdin)
	}
	command.Dir = in.dir
	command.Env = append(os.Environ(), in.variables(previous)...)

	err := command.Run()
	log.flush()
	if err != nil {
		return output{}, fmt.Errorf("%w: running %q:\n%s", err, line, both.buffer.String())
	}
	return output{
		stdout: strings.TrimSuffix(stdout.String(), "\n"),
		stderr: strings.TrimSuffix(stderr.String(), "\n"),
	}, nil
}

func (in inputs) interpreterOrDefault() []string {
	switch {
	case len(in.interpreter) > 0:
		return in.interpreter
	case runtime.GOOS == "windows":
		return []string{"cmd", "/C"}
	default:
		return []string{"/bin/sh", "-c"}
	}
}

// variables are added to the plugin's environment; a later one of the same name wins.
func (in inputs) variables(previous output) []string {
	var variables []string
	for _, name := range slices.Sorted(maps.Keys(in.environment)) {
		variables = append(variables, name+"="+in.environment[name])
	}
	if in.previousOutput && previous.stdout != "" {
		variables = append(variables, "PULUMI_COMMAND_STDOUT="+previous.stdout)
	}
	if in.previousOutput && previous.stderr != "" {
		variables = append(variables, "PULUMI_COMMAND_STDERR="+previous.stderr)
	}
	return variables
}

// lockedBuffer takes standard output and standard error in the order in which they come.
type lockedBuffer struct {
	lock   sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(written []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.buffer.Write(written)
}
