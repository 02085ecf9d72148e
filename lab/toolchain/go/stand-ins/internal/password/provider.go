// Package password serves the resource type random:index/randomPassword:RandomPassword as the plugin of
// @pulumi/random 4.21.2 does.
package password

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"google.golang.org/protobuf/types/known/emptypb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

//go:embed schema.json
var schema string

type provider struct{ *plugin.StandIn }

// Serve runs the plugin until the engine is done with it.
func Serve() error {
	standIn := &plugin.StandIn{
		Name: "random", Version: "4.21.2", Token: "random:index/randomPassword:RandomPassword", Schema: schema,
	}
	return plugin.Serve(standIn, func(context.Context) pulumirpc.ResourceProviderServer { return &provider{standIn} })
}

func (p *provider) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	response := &pulumirpc.CheckResponse{Inputs: request.GetNews()}
	for _, name := range slices.Sorted(maps.Keys(plugin.FromWire(request.GetNews()))) {
		if name != "version" {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Reason: fmt.Sprintf(
				"`random:%s` is not a valid configuration key for the random provider. If the referenced key is not "+
					"intended for the provider, please choose a different namespace from `random:`.", name)})
		}
	}
	return response, nil
}

// Configure says, as the official plugin does, that secrets are not accepted: the engine then keeps track of which
// inputs are secret by itself.
func (p *provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{
		SupportsPreview:                 true,
		AcceptResources:                 true,
		SupportsAutonamingConfiguration: true,
	}, nil
}

// Check reports what the official plugin refuses of the two inputs, in its words, and every other input.
func (p *provider) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news := plugin.FromWire(request.GetNews())
	response := &pulumirpc.CheckResponse{Inputs: request.GetNews(), Failures: p.RefuseInputs(news, "length", "special")}
	fail := func(format string, args ...any) {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Reason: fmt.Sprintf(format, args...)})
	}

	special, specialGiven := news["special"]
	if _, isFlag := special.(bool); specialGiven && !isFlag && special != plugin.Unknown {
		return nil, wrongType("special", "Expected a Boolean")
	}
	given, resource := news["length"], plugin.ResourceName(request.GetUrn())
	length, isNumber := given.(float64)
	switch {
	case given == nil:
		fail("Missing required property 'length': The length of the string desired. The minimum value for length is 1 and, " +
			"length must also be >= (`min_upper` + `min_lower` + `min_numeric` + `min_special`).")
	case given == plugin.Unknown:
	case !isNumber:
		return nil, wrongType("length", fmt.Sprintf("Expected a Number, got %#v", given))
	case length != math.Trunc(length):
		fail("Configuration Read Error. Value %v is not an integer. Examine values at '%s.length'.", length, resource)
	case length < 1:
		fail("Invalid Attribute Value. Attribute length value must be at least 1, got: %v. Examine values at '%s.length'.",
			length, resource)
	}
	return response, nil
}

func wrongType(name, expected string) error {
	return fmt.Errorf("cannot encode resource inputs to call ValidateResourceConfig: "+
		"objectEncoder failed on property %q: %s", name, expected)
}

// Diff compares state and plan. Any change means a new password, and so a replacement; Update is never asked for.
func (p *provider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	state := plugin.FromWire(request.GetOlds())
	planned := plan(request.GetNews())
	for _, name := range slices.Sorted(maps.Keys(planned)) {
		if !reflect.DeepEqual(planned[name], state[name]) {
			response.Changes = pulumirpc.DiffResponse_DIFF_SOME
			response.Diffs = append(response.Diffs, name)
			response.Replaces = append(response.Replaces, name)
		}
	}
	return response, nil
}

func (p *provider) Create(_ context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	state := plan(request.GetProperties())
	if request.GetPreview() {
		maps.Copy(state, plugin.Properties{"id": plugin.Unknown, "result": plugin.Unknown, "bcryptHash": plugin.Unknown})
		properties, err := plugin.ToWire(state)
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	if err := complete(state); err != nil {
		return nil, err
	}
	properties, err := plugin.ToWire(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

// Delete has nothing to do: a password exists in the state only.
func (p *provider) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Read gives back what the engine knows, as a refresh asks; without that it would have to import.
func (p *provider) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if len(request.GetProperties().GetFields()) == 0 {
		return nil, p.Refuse("Importing a password")
	}
	return &pulumirpc.ReadResponse{Id: id, Properties: request.GetProperties(), Inputs: request.GetInputs()}, nil
}
