package command

import (
	"fmt"
	"maps"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// The types are named as the official plugin's messages name them.
const (
	text  = "string"
	flag  = "bool"
	table = "map[string]string"
)

// inputTypes are the inputs that a command can have here, in the order in which the official plugin reports faults.
var inputTypes = []struct{ name, goType string }{
	{"create", text},
	{"update", text},
	{"delete", text},
	{"stdin", text},
	{"logging", text},
	{"environment", table},
	{"addPreviousOutputInEnv", flag},
}

// checkTypes reports inputs of a wrong type in the official plugin's words.
func checkTypes(plain plugin.Properties) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	mustBe := func(path, wanted string, value any) {
		if got := fmt.Sprintf("%T", value); got != wanted && value != plugin.Unknown {
			reason := fmt.Sprintf("Field '%s' on 'local.CommandInputs' must be a '%s'; got '%s' instead", path, wanted, got)
			failures = append(failures, &pulumirpc.CheckFailure{Property: path, Reason: reason})
		}
	}
	for _, input := range inputTypes {
		value, given := plain[input.name]
		entries, isTable := value.(map[string]any)
		switch {
		case !given:
		case input.goType == table && isTable:
			for _, name := range slices.Sorted(maps.Keys(entries)) {
				mustBe(fmt.Sprintf("%s[%s] value", input.name, name), text, entries[name])
			}
		default:
			mustBe(input.name, input.goType, value)
		}
	}
	return failures
}

// ignoreChanges gives the new inputs with the old values of the named properties.
func ignoreChanges(names []string, state, inputs plugin.Properties) plugin.Properties {
	for _, name := range names {
		if old, found := state[name]; found {
			inputs[name] = old
		}
	}
	return inputs
}

func asText(value any) string {
	line, _ := value.(string)
	return line
}
