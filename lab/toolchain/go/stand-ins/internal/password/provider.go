// Package password serves the resource type random:index/randomPassword:RandomPassword as the plugin of
// @pulumi/random 4.21.2 does.
package password

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
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

func (p *provider) DiffConfig(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	old, new := plugin.FromWire(request.GetOldInputs())["version"], plugin.FromWire(request.GetNews())["version"]
	if old == new {
		return &pulumirpc.DiffResponse{}, nil
	}
	change := &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE, InputDiff: true}
	return &pulumirpc.DiffResponse{
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{"version": change},
	}, nil
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

func (p *provider) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news := plugin.PlainProperties(plugin.FromWire(request.GetNews()))
	if err := checkTypes(news); err != nil {
		return nil, err
	}
	if news["number"] != nil {
		p.Engine.Warn(ctx, request.GetUrn(),
			"[WARNING] property \"number\" is deprecated: **NOTE**: This is deprecated, use `numeric` instead.")
	}
	inputs, err := plugin.ToWire(news)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: inputs}
	for _, reason := range check(news, plugin.ResourceName(request.GetUrn())) {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Reason: reason})
	}
	return response, nil
}

func (p *provider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	state := plugin.PlainProperties(plugin.FromWire(request.GetOlds()))
	plan, err := plan(plugin.IgnoreChanges(request.GetIgnoreChanges(), state, plugin.FromWire(request.GetNews())))
	if err != nil {
		return nil, err
	}
	return diff(state, plan), nil
}

func (p *provider) Create(_ context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	plan, err := plan(plugin.FromWire(request.GetProperties()))
	if err != nil {
		return nil, err
	}
	if request.GetPreview() {
		maps.Copy(plan, plugin.Properties{"id": plugin.Unknown, "result": plugin.Unknown, "bcryptHash": plugin.Unknown})
		properties, err := plugin.ToWire(plan)
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	password, err := generate(plan)
	if err != nil {
		return nil, err
	}
	state, err := state(plan, password)
	if err != nil {
		return nil, err
	}
	properties, err := plugin.ToWire(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

// Update takes over what may change without a new password: empty `keepers`, and an empty `overrideSpecial` that goes.
func (p *provider) Update(_ context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	olds := plugin.FromWire(request.GetOlds())
	updated, err := plan(plugin.IgnoreChanges(request.GetIgnoreChanges(), olds, plugin.FromWire(request.GetNews())))
	if err != nil {
		return nil, err
	}
	for _, generated := range []string{"id", "result", "bcryptHash"} {
		updated[generated] = olds[generated]
	}
	if !request.GetPreview() {
		maps.Copy(updated, bookkeeping(updated))
	}
	properties, err := plugin.ToWire(updated)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// Delete has nothing to do: a password exists in the state only.
func (p *provider) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Read gives back what the engine knows; without a state it imports: the id asked for is the password.
func (p *provider) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	inputs := plugin.FromWire(request.GetInputs())
	delete(inputs, "__defaults")
	properties := request.GetProperties()
	if len(properties.GetFields()) == 0 {
		password := request.GetId()
		inputs = plugin.Properties{
			"length": float64(len(password)),
			"lower":  true, "upper": true, "number": true, "numeric": true, "special": true,
		}
		plan, err := plan(inputs)
		if err != nil {
			return nil, err
		}
		state, err := state(plan, password)
		if err != nil {
			return nil, err
		}
		if properties, err = plugin.ToWire(state); err != nil {
			return nil, err
		}
	}
	wireInputs, err := plugin.ToWire(inputs)
	return &pulumirpc.ReadResponse{Id: id, Properties: properties, Inputs: wireInputs}, err
}

func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}
