package password

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

var (
	classes  = []string{"lower", "upper", "numeric", "special"}
	minimums = []string{"minLower", "minUpper", "minNumeric", "minSpecial"}
)

// plan gives the inputs completed by their defaults, as the state will hold them. Defaults are set here and not by
// Check, so that they are no part of the inputs that the engine compares.
func plan(inputs plugin.Properties) (plugin.Properties, error) {
	inputs = plugin.PlainProperties(inputs)
	planned := plugin.Properties{"length": inputs["length"]}
	if given(inputs["length"]) {
		planned["length"] = number(inputs["length"])
	}
	for _, name := range minimums {
		switch {
		case inputs[name] == nil:
			planned[name] = 0.0
		case plugin.IsUnknown(inputs[name]):
			planned[name] = inputs[name]
		default:
			planned[name] = number(inputs[name])
		}
	}
	for _, name := range []string{"lower", "upper", "special"} {
		planned[name] = orTrue(inputs[name])
	}

	// `number` is the old name of `numeric`; both always hold the same.
	switch number, numeric := inputs["number"], inputs["numeric"]; {
	case number == nil:
		planned["number"], planned["numeric"] = orTrue(numeric), orTrue(numeric)
	case numeric == nil || number == numeric:
		planned["number"], planned["numeric"] = number, number
	default:
		return nil, errors.New("1 error occurred:\n\t* : Number and numeric are both configured with different values - " +
			"Number is deprecated, use numeric instead\n\n")
	}

	if override := inputs["overrideSpecial"]; override != nil {
		planned["overrideSpecial"] = override
	}
	switch keepers := inputs["keepers"].(type) {
	case nil:
	case map[string]any:
		texts := map[string]any{}
		for name, value := range keepers {
			texts[name] = value
			if value != nil {
				texts[name] = fmt.Sprint(value)
			}
		}
		planned["keepers"] = texts
	default:
		planned["keepers"] = keepers // not known yet
	}
	return planned, nil
}

func orTrue(value any) any {
	if value == nil {
		return true
	}
	return value
}

// number reads a number, or one given as text as programs may; NaN for anything else.
func number(value any) float64 {
	switch value := value.(type) {
	case float64:
		return value
	case string:
		if parsed, err := strconv.ParseFloat(value, 64); err == nil {
			return parsed
		}
	}
	return math.NaN()
}
