// Command pulumi-resource-random stands in for the official plugin of that name; see README.md.
package main

import (
	"fmt"
	"os"

	"vllm-platform/toolchain/stand-ins/internal/password"
)

func main() {
	if err := password.Serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
