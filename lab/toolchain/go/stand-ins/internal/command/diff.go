package command

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

const (
	added   = pulumirpc.PropertyDiff_ADD
	deleted = pulumirpc.PropertyDiff_DELETE
	changed = pulumirpc.PropertyDiff_UPDATE
)

// diff compares old and new inputs. Only `triggers` as a whole asks for a replacement here; that a change *within* it
// replaces the resource is asked for by the Node.js SDK (`replaceOnChanges: ["triggers[*]"]`), and the engine adds it.
func diff(olds, news plugin.Properties) *pulumirpc.DiffResponse {
	differences := differences{}
	differences.objects("", olds, withoutInternal(news))

	response := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
	}
	names := map[string]bool{}
	for path, kind := range differences {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		names[topLevel.FindString(path)] = true
		if path == "triggers" {
			kind++ // each kind is followed by the same one with a replacement
			response.Replaces = append(response.Replaces, path)
		}
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: kind}
	}
	response.Diffs = slices.Sorted(maps.Keys(names))
	return response
}

// withoutInternal leaves out what the engine or an SDK adds to a resource's inputs.
func withoutInternal(inputs plugin.Properties) plugin.Properties {
	kept := plugin.Properties{}
	for name, value := range inputs {
		if name != "version" && (len(name) < 2 || name[:2] != "__") {
			kept[name] = value
		}
	}
	return kept
}

// differences are kinds of difference by property path, such as `triggers[0]` or `environment.PATH`.
type differences map[string]pulumirpc.PropertyDiff_Kind

func (d differences) objects(path string, olds, news map[string]any) {
	names := maps.Clone(olds)
	maps.Copy(names, news)
	for name := range names {
		new := news[name]
		// A secret not yet known counts as unchanged, as with the official plugin: previews do not show it, and the
		// update compares what it has become.
		if !plugin.IsSecret(new) || !plugin.IsUnknown(plugin.Plain(new)) {
			d.values(path+step(path, name), olds[name], new)
		}
	}
}

func (d differences) lists(path string, olds, news []any) {
	for index := range max(len(olds), len(news)) {
		at := path + "[" + strconv.Itoa(index) + "]"
		switch {
		case index >= len(news):
			d[at] = deleted
		case index >= len(olds):
			d[at] = added
		default:
			d.values(at, olds[index], news[index])
		}
	}
}

// values compares two values; a secret is compared as a whole, and differs from the same value in the open.
func (d differences) values(path string, old, new any) {
	oldObject, oldIsObject := old.(map[string]any)
	newObject, newIsObject := new.(map[string]any)
	oldList, oldIsList := old.([]any)
	newList, newIsList := new.([]any)
	switch {
	case reflect.DeepEqual(old, new):
	case old == nil:
		d[path] = added
	case new == nil:
		d[path] = deleted
	case oldIsObject && newIsObject && !plugin.IsSecret(old) && !plugin.IsSecret(new):
		d.objects(path, oldObject, newObject)
	case oldIsList && newIsList:
		d.lists(path, oldList, newList)
	default:
		d[path] = changed
	}
}

var (
	simpleName = regexp.MustCompile(`^[A-Za-z0-9_]*$`)
	topLevel   = regexp.MustCompile(`^[A-Za-z0-9_]*`)
)

func step(path, name string) string {
	switch {
	case !simpleName.MatchString(name):
		return fmt.Sprintf("[%q]", name)
	case path == "":
		return name
	default:
		return "." + name
	}
}
