package command

import (
	"maps"
	"reflect"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// diff compares old and new inputs. Nothing asks for a replacement: only `triggers` would, which nobody has here.
func diff(olds, news plugin.Properties) *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
	}
	for _, name := range namesOf(olds, news) {
		before := len(response.DetailedDiff)
		compare(response.DetailedDiff, name, olds[name], news[name])
		if len(response.DetailedDiff) > before {
			response.Changes = pulumirpc.DiffResponse_DIFF_SOME
			response.Diffs = append(response.Diffs, name)
		}
	}
	return response
}

// compare adds how two values differ, by property path, such as `environment.PATH`. A secret is compared as a whole,
// and differs from the same value in the open.
func compare(differences map[string]*pulumirpc.PropertyDiff, path string, old, new any) {
	oldTable, oldIsTable := old.(map[string]any)
	newTable, newIsTable := new.(map[string]any)
	kind := pulumirpc.PropertyDiff_UPDATE
	switch {
	case reflect.DeepEqual(old, new):
		return
	case plugin.IsSecret(new) && plugin.Plain(new) == plugin.Unknown:
		// Counts as unchanged, as with the official plugin: previews do not show it, and the update compares what it
		// has become.
		return
	case old == nil:
		kind = pulumirpc.PropertyDiff_ADD
	case new == nil:
		kind = pulumirpc.PropertyDiff_DELETE
	case oldIsTable && newIsTable && !plugin.IsSecret(old) && !plugin.IsSecret(new):
		for _, name := range namesOf(oldTable, newTable) {
			compare(differences, path+"."+name, oldTable[name], newTable[name])
		}
		return
	}
	differences[path] = &pulumirpc.PropertyDiff{Kind: kind}
}

func namesOf(olds, news map[string]any) []string {
	both := maps.Clone(olds)
	maps.Copy(both, news)
	return slices.Sorted(maps.Keys(both))
}
