package password

import (
	"fmt"
	"math"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// checkTypes refuses inputs of a wrong type, in the official plugin's words.
func checkTypes(inputs plugin.Properties) error {
	wrong := func(name, expected string) error {
		return fmt.Errorf("cannot encode resource inputs to call ValidateResourceConfig: "+
			"objectEncoder failed on property %q: %s", name, expected)
	}
	for _, name := range append([]string{"length"}, minimums...) {
		if given(inputs[name]) && math.IsNaN(number(inputs[name])) {
			return wrong(name, fmt.Sprintf("Expected a Number, got %#v", inputs[name]))
		}
	}
	for _, name := range append([]string{"number"}, classes...) {
		if _, isFlag := inputs[name].(bool); given(inputs[name]) && !isFlag {
			return wrong(name, "Expected a Boolean")
		}
	}
	if _, isObject := inputs["keepers"].(map[string]any); given(inputs["keepers"]) && !isObject {
		return wrong("keepers", fmt.Sprintf("Expected an Object PropertyValue, found %T", inputs["keepers"]))
	}
	return nil
}

// check gives a reason for each rule that the inputs break. Rules about values not yet known wait.
func check(inputs plugin.Properties, resource string) []string {
	var reasons []string
	fail := func(attribute, format string, args ...any) {
		reasons = append(reasons,
			fmt.Sprintf(format, args...)+fmt.Sprintf(" Examine values at '%s.%s'.", resource, attribute))
	}

	// Refused only when every class is switched off by name: one left out is on.
	for _, name := range []string{"number", "numeric"} {
		if inputs[name] == false && inputs["special"] == false && inputs["upper"] == false && inputs["lower"] == false {
			fail(name, "Invalid Attribute Combination. At least one attribute out of [special,upper,lower,%s] "+
				"must be specified as true.", name)
		}
	}

	length := inputs["length"]
	switch {
	case length == nil:
		return append(reasons, "Missing required property 'length': The length of the string desired. The minimum value "+
			"for length is 1 and, length must also be >= (`min_upper` + `min_lower` + `min_numeric` + `min_special`).")
	case plugin.IsUnknown(length):
		return reasons
	case number(length) != math.Trunc(number(length)):
		fail("length", "Configuration Read Error. Value %v is not an integer.", length)
		return reasons
	case number(length) < 1:
		fail("length", "Invalid Attribute Value. Attribute length value must be at least 1, got: %v.", length)
	}
	sum := 0.0
	for _, name := range minimums {
		switch {
		case plugin.IsUnknown(inputs[name]):
			return reasons
		case inputs[name] == nil:
			continue
		case number(inputs[name]) < 0 || number(inputs[name]) != math.Trunc(number(inputs[name])):
			// The official plugin accepts a negative minimum and then crashes.
			fail(name, "Invalid Attribute Value. Attribute %s must be a whole number from 0, got: %v.", name, inputs[name])
		default:
			sum += number(inputs[name])
		}
	}
	if number(length) < sum {
		fail("length", "Invalid Attribute Value. Attribute length value must be at least sum of "+
			"min_upper + min_lower + min_numeric + min_special, got: %v.", length)
	}
	return reasons
}

func given(value any) bool { return value != nil && !plugin.IsUnknown(value) }
