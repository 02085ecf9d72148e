package plugin

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// Properties travel as protobuf structs. A secret is an object with a signature and the value.
const (
	signatureKey    = "4dabf18193072939515e22adb298388d"
	secretSignature = "1b47061264138c4ac30d75fd1eb44270"

	// Unknown stands for a value that is not known before the update has run. The protocol has one for each type; the
	// Node.js SDK, which declares all resources here, sends that of text for any.
	Unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
)

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
	default:
		return value
	}
}

// PlainProperties is Plain for properties.
func PlainProperties(properties Properties) Properties {
	return Plain(properties).(map[string]any)
}
