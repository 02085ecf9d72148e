// The launcher of the Node.js language host. The CLI hands runtime.options over in a message that this host does not
// know; it still takes them as flags. So they are read from Pulumi.yaml here and passed that way.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"gopkg.in/yaml.v3"
)

type project struct {
	Runtime yaml.Node `yaml:"runtime"`
}

type runtimeSection struct {
	Options map[string]any `yaml:"options"`
}

func main() {
	self, err := os.Executable()
	if err != nil {
		fail(err)
	}
	self, err = filepath.EvalSymlinks(self)
	if err != nil {
		fail(err)
	}
	host := self + "-host"
	arguments := append([]string{host}, flags()...)
	arguments = append(arguments, os.Args[1:]...)
	fail(syscall.Exec(host, arguments, os.Environ()))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
	os.Exit(1)
}

// flags turns runtime.options of the nearest Pulumi.yaml into the host's flags; without one there are none.
func flags() []string {
	var section runtimeSection
	var content project
	text, err := os.ReadFile(nearest("Pulumi.yaml"))
	if err != nil || yaml.Unmarshal(text, &content) != nil || content.Runtime.Kind != yaml.MappingNode {
		return nil
	}
	if content.Runtime.Decode(&section) != nil {
		return nil
	}
	var found []string
	for _, name := range []string{"typescript", "tsconfig", "nodeargs", "packagemanager"} {
		if value, present := section.Options[name]; present {
			found = append(found, fmt.Sprintf("-%s=%v", name, value))
		}
	}
	return found
}

// nearest looks for a file in the working folder and those above it. The CLI's own setting for another working folder
// comes first: the host is started where the CLI was.
func nearest(name string) string {
	folder := os.Getenv("PULUMI_OPTION_CWD")
	if folder == "" {
		folder, _ = os.Getwd()
	}
	for {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return name
		}
		folder = parent
	}
}
