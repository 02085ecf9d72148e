package command

import (
	"maps"
	"reflect"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// output is what a run wrote, each without its last line break.
type output struct{ stdout, stderr string }

// outputOf gives the output that a state holds.
func outputOf(state plugin.Properties) output {
	plain := plugin.PlainProperties(state)
	return output{stdout: asText(plain["stdout"]), stderr: asText(plain["stderr"])}
}

// asState gives the state of a resource: its inputs, secrets marked as they were, and the output. The output is
// never marked: as with the official plugin, `additionalSecretOutputs` is what makes it secret.
func (o output) asState(inputs plugin.Properties) plugin.Properties {
	state := maps.Clone(inputs)
	state["stdout"], state["stderr"] = o.stdout, o.stderr
	return state
}

// mayChangeOutput tells, for a preview, whether the output of an update cannot be known: an input that the state knows
// is different now, or not known yet. As with the official plugin, an input that is new does not count.
func mayChangeOutput(state, news plugin.Properties) bool {
	for _, input := range inputTypes {
		old, inState := state[input.name]
		if plugin.IsUnknown(plugin.Plain(news[input.name])) || (inState && !reflect.DeepEqual(old, news[input.name])) {
			return true
		}
	}
	return false
}
