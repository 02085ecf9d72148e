package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// run runs one command line to its end, in the plugin's own working directory, with its environment and what the inputs
// add to that. The error of a failed one is its status, its text and all that it wrote.
func run(ctx context.Context, line string, plain plugin.Properties, previous output, log *lineLogger) (output, error) {
	command := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	// A cancelled command ends together with all that it has started: it runs in a process group of its own, and that is
	// what is killed. (The official plugin kills the first process only.)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }

	var stdout, stderr bytes.Buffer
	both := &lockedBuffer{}
	logging := asText(plain["logging"])
	command.Stdout = io.MultiWriter(log.when(logging, "stdout"), &stdout, both)
	command.Stderr = io.MultiWriter(log.when(logging, "stderr"), &stderr, both)
	if stdin := asText(plain["stdin"]); stdin != "" {
		command.Stdin = strings.NewReader(stdin)
	}
	command.Env = append(os.Environ(), variables(plain, previous)...)

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

// variables are added to the plugin's environment; a later one of the same name wins.
func variables(plain plugin.Properties, previous output) []string {
	var variables []string
	environment, _ := plain["environment"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		variables = append(variables, name+"="+asText(environment[name]))
	}
	wanted := plain["addPreviousOutputInEnv"] != false
	if wanted && previous.stdout != "" {
		variables = append(variables, "PULUMI_COMMAND_STDOUT="+previous.stdout)
	}
	if wanted && previous.stderr != "" {
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
