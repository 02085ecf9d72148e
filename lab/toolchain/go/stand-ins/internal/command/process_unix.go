//go:build unix

package command

import (
	"os/exec"
	"syscall"
)

// endWithDescendants lets a cancelled command end together with all that it has started: it runs in a process group of
// its own, and that is what is killed. (The official plugin kills the first process only.)
func endWithDescendants(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
