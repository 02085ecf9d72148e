package plugin

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// Properties travel as protobuf structs. A secret is an object with a signature and the value; a value that is not
// known before the update has run is one of a few fixed strings, by the type that it will have.
const (
	signatureKey    = "4dabf18193072939515e22adb298388d"
	secretSignature = "1b47061264138c4ac30d75fd1eb44270"

	// Unknown stands for a string that is not known yet.
	Unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
)

var unknowns = []string{
	Unknown,
	"1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
	"3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
	"6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
	"030794c1-ac77-496b-92df-f27374a8bd58", // asset
	"e48ece36-62e2-4504-bad9-02848725956a", // archive
	"dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
}

// Properties are the inputs or the state of a resource.
type Properties = map[string]any

// FromWire gives a message's properties; none for a missing struct.
func FromWire(message *structpb.Struct) Properties {
	if message == nil {
		return Properties{}
	}
	return message.AsMap()
}

// ToWire is FromWire's reverse. It fails on text that is not UTF-8, which the protocol cannot carry; the status is the
// one that gRPC itself gives then.
func ToWire(properties Properties) (*structpb.Struct, error) {
	message, err := structpb.NewStruct(properties)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return message, nil
}

// Secret marks a value, so that the engine encrypts it in its state and never prints it.
func Secret(value any) any {
	return map[string]any{signatureKey: secretSignature, "value": value}
}

// IsUnknown tells whether the value is not known yet.
func IsUnknown(value any) bool {
	text, isText := value.(string)
	return isText && slices.Contains(unknowns, text)
}

// IsSecret tells whether the value itself (not something in it) is marked as secret.
func IsSecret(value any) bool {
	object, isObject := value.(map[string]any)
	return isObject && object[signatureKey] == secretSignature
}

// Plain gives the value without any mark of secrecy in it.
func Plain(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if IsSecret(value) {
			return Plain(value["value"])
		}
		plain := make(map[string]any, len(value))
		for key, element := range value {
			plain[key] = Plain(element)
		}
		return plain
	case []any:
		plain := make([]any, len(value))
		for index, element := range value {
			plain[index] = Plain(element)
		}
		return plain
	default:
		return value
	}
}

// PlainProperties is Plain for properties.
func PlainProperties(properties Properties) Properties {
	return Plain(properties).(map[string]any)
}

// WithoutNulls drops properties without a value: to the engine they are the same as absent ones.
func WithoutNulls(properties Properties) Properties {
	kept := Properties{}
	for key, value := range properties {
		if value != nil {
			kept[key] = value
		}
	}
	return kept
}

// IgnoreChanges gives the new inputs with the old values of the named properties.
func IgnoreChanges(names []string, state, inputs Properties) Properties {
	for _, name := range names {
		if old, found := state[name]; found {
			inputs[name] = old
		}
	}
	return inputs
}
