package password

import (
	"reflect"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// diff compares state and plan. Nearly every change means a new password, and so a replacement.
func diff(state, planned plugin.Properties) *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	names := append([]string{"length", "number", "keepers", "overrideSpecial"}, classes...)
	names = append(names, minimums...)
	slices.Sort(names)
	for _, name := range names {
		old, new := state[name], planned[name]
		if reflect.DeepEqual(old, new) {
			continue
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, name)
		if replaces(name, old, new) {
			response.Replaces = append(response.Replaces, name)
		}
	}
	return response
}

func replaces(name string, old, new any) bool {
	switch name {
	case "overrideSpecial":
		return !plugin.IsUnknown(new) && (new != nil || old != "")
	case "keepers":
		return keepersReplace(old, new)
	default:
		return true
	}
}

// keepersReplace tells whether another password is asked for. Keepers without a value do not count.
func keepersReplace(old, new any) bool {
	if plugin.IsUnknown(new) {
		return old != nil
	}
	olds, _ := old.(map[string]any)
	news, _ := new.(map[string]any)
	for name, value := range news {
		if value != nil && value != olds[name] {
			return true
		}
	}
	for name := range olds {
		if _, kept := news[name]; !kept {
			return true
		}
	}
	return false
}
