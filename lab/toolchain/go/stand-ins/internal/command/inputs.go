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
	text     = "string"
	flag     = "bool"
	list     = "[]string"
	anything = "[]interface {}"
	table    = "map[string]string"
)

// inputTypes is in the order in which the official plugin reports faults.
var inputTypes = []struct{ name, goType string }{
	{"triggers", anything},
	{"create", text},
	{"update", text},
	{"delete", text},
	{"stdin", text},
	{"logging", text},
	{"interpreter", list},
	{"dir", text},
	{"environment", table},
	{"assetPaths", list},
	{"archivePaths", list},
	{"addPreviousOutputInEnv", flag},
}

// inputs are a command's inputs, without marks of secrecy.
type inputs struct {
	create, update, delete *string // nil: none

	stdin       string
	logging     string
	interpreter []string
	dir         string
	environment map[string]string
	// previousOutput: the output of the run before this one is put into the environment.
	previousOutput bool
}

// decode reads inputs that check has passed, or the state made of them. Values not yet known count as absent text.
func decode(properties plugin.Properties) inputs {
	plain := plugin.PlainProperties(properties)
	decoded := inputs{
		create:         optional(plain["create"]),
		update:         optional(plain["update"]),
		delete:         optional(plain["delete"]),
		stdin:          asText(plain["stdin"]),
		logging:        asText(plain["logging"]),
		dir:            asText(plain["dir"]),
		environment:    map[string]string{},
		previousOutput: plain["addPreviousOutputInEnv"] != false,
	}
	for _, word := range asList(plain["interpreter"]) {
		decoded.interpreter = append(decoded.interpreter, asText(word))
	}
	environment, _ := plain["environment"].(map[string]any)
	for name, value := range environment {
		decoded.environment[name] = asText(value)
	}
	return decoded
}

func optional(value any) *string {
	if value == nil {
		return nil
	}
	line := asText(value)
	return &line
}

func asText(value any) string {
	line, _ := value.(string)
	if plugin.IsUnknown(line) {
		return ""
	}
	return line
}

func asList(value any) []any {
	elements, _ := value.([]any)
	return elements
}

// check reports every input that the official plugin refuses, with its words, and those that only it can serve.
func check(plain plugin.Properties) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	fail := func(property, reason string) {
		failures = append(failures, &pulumirpc.CheckFailure{Property: property, Reason: reason})
	}
	mustBe := func(path, wanted string, value any) {
		if got := goType(value); got != wanted && !plugin.IsUnknown(value) {
			fail(path, fmt.Sprintf("Field '%s' on 'local.CommandInputs' must be a '%s'; got '%s' instead", path, wanted, got))
		}
	}
	unknownNames := maps.Clone(plain)
	for _, input := range inputTypes {
		value, given := plain[input.name]
		delete(unknownNames, input.name)
		elements, isList := value.([]any)
		entries, isTable := value.(map[string]any)
		switch {
		case !given:
		case input.name == "assetPaths" || input.name == "archivePaths":
			fail(input.name, "the stand-in for the plugin \"command\" does not collect files; "+
				"this needs the official plugin: pulumi plugin install resource command 1.2.1")
		case input.goType == list && isList:
			for index, element := range elements {
				mustBe(fmt.Sprintf("%s[%d]", input.name, index), text, element)
			}
		case input.goType == table && isTable:
			for _, name := range slices.Sorted(maps.Keys(entries)) {
				mustBe(fmt.Sprintf("%s[%s] value", input.name, name), text, entries[name])
			}
		default:
			mustBe(input.name, input.goType, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unknownNames)) {
		fail(name, fmt.Sprintf("Unrecognized field '%s' on 'local.CommandInputs'", name))
	}
	return failures
}

func goType(value any) string {
	switch value.(type) {
	case string:
		return text
	case bool:
		return flag
	case []any:
		return anything
	default:
		return fmt.Sprintf("%T", value)
	}
}
