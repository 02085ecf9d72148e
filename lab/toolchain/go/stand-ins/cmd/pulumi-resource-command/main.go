// Command pulumi-resource-command stands in for the official plugin of that name; see README.md.
package main

import (
	"fmt"
	"os"

	"vllm-platform/toolchain/stand-ins/internal/command"
)

func main() {
	if err := command.Serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
