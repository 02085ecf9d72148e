// Package command serves the resource type command:local:Command as the plugin of @pulumi/command 1.2.1 does.
package command

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

//go:embed schema.json
var schema string

type provider struct {
	*plugin.StandIn
	// running ends when the engine asks to cancel, is gone, or interrupts the plugin.
	running context.Context
	cancel  context.CancelFunc
}

// Serve runs the plugin until the engine is done with it.
func Serve() error {
	standIn := &plugin.StandIn{Name: "command", Version: "1.2.1", Token: "command:local:Command", Schema: schema}
	return plugin.Serve(standIn, func(ctx context.Context) pulumirpc.ResourceProviderServer {
		running, cancel := context.WithCancel(ctx)
		return &provider{StandIn: standIn, running: running, cancel: cancel}
	})
}

func (p *provider) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	config := plugin.FromWire(request.GetNews())
	// The official plugin's framework keeps its own version in the provider's state; without it, changing from
	// stand-in to official plugin would show as a change of the provider.
	config["__pulumi-go-provider-version"] = "1.2.0"
	inputs, err := plugin.ToWire(config)
	return &pulumirpc.CheckResponse{Inputs: inputs}, err
}

func (p *provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return nil, status.Error(codes.Unimplemented, "DiffConfig is not implemented")
}

func (p *provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets:   true,
		SupportsPreview: true,
		AcceptResources: true,
		AcceptOutputs:   true,
	}, nil
}

func (p *provider) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news := plugin.WithoutNulls(plugin.FromWire(request.GetNews()))
	inputs, err := plugin.ToWire(news)
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: check(plugin.PlainProperties(news))}, err
}

func (p *provider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	news := plugin.IgnoreChanges(
		request.GetIgnoreChanges(), plugin.FromWire(request.GetOlds()), plugin.FromWire(request.GetNews()))
	return diff(plugin.FromWire(request.GetOldInputs()), news), nil
}

// Create runs the `create` command, if there is one. Without a result nothing is stored, so the engine asks again at
// the next update.
func (p *provider) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs := plugin.WithoutNulls(plugin.FromWire(request.GetProperties()))
	result := output{}
	if !request.GetPreview() {
		script := decode(inputs)
		if script.create != nil {
			ctx, done := p.limit(ctx, request.GetTimeout())
			defer done()
			var err error
			result, err = script.run(ctx, *script.create, output{}, p.logger(request.GetUrn()))
			if err != nil {
				return nil, err
			}
		}
	}
	state := result.asState(inputs)
	if request.GetPreview() {
		state["stdout"], state["stderr"] = plugin.Unknown, plugin.Unknown
	}
	properties, err := plugin.ToWire(state)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: newID(plugin.ResourceName(request.GetUrn())), Properties: properties}, nil
}

// Update runs `update`, or `create` where there is none; without either it keeps the previous output.
func (p *provider) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	olds := plugin.FromWire(request.GetOlds())
	inputs := plugin.WithoutNulls(
		plugin.IgnoreChanges(request.GetIgnoreChanges(), olds, plugin.FromWire(request.GetNews())))
	previous := outputOf(olds)
	if request.GetPreview() {
		state := previous.asState(inputs)
		if mayChangeOutput(olds, inputs) {
			state["stdout"], state["stderr"] = plugin.Unknown, plugin.Unknown
		}
		properties, err := plugin.ToWire(state)
		return &pulumirpc.UpdateResponse{Properties: properties}, err
	}

	script := decode(inputs)
	line := script.update
	if line == nil {
		line = script.create
	}
	result := previous
	if line != nil {
		ctx, done := p.limit(ctx, request.GetTimeout())
		defer done()
		var err error
		result, err = script.run(ctx, *line, previous, p.logger(request.GetUrn()))
		if err != nil {
			return nil, err
		}
	}
	properties, err := plugin.ToWire(result.asState(inputs))
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: properties}, nil
}

// Delete runs the `delete` command. When that fails, the engine keeps the resource and everything it depends on.
func (p *provider) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	state := plugin.FromWire(request.GetProperties())
	script := decode(state)
	if script.delete != nil {
		ctx, done := p.limit(ctx, request.GetTimeout())
		defer done()
		if _, err := script.run(ctx, *script.delete, outputOf(state), p.logger(request.GetUrn())); err != nil {
			return nil, err
		}
	}
	return &emptypb.Empty{}, nil
}

// Read gives back what the engine knows: a command that has run cannot be looked at again.
func (p *provider) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	return &pulumirpc.ReadResponse{
		Id:         request.GetId(),
		Properties: request.GetProperties(),
		Inputs:     request.GetInputs(),
	}, nil
}

// Cancel ends every command at once; none can be started after it.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// limit gives a context that ends with the call, with the plugin, or after the resource's custom timeout in seconds
// (0: none).
func (p *provider) limit(call context.Context, timeout float64) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(call)
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(call, time.Duration(timeout*float64(time.Second)))
	}
	if p.running.Err() != nil {
		cancel() // at once: AfterFunc would leave the command a moment to start
	}
	stop := context.AfterFunc(p.running, cancel)
	return ctx, func() { stop(); cancel() }
}

func newID(name string) string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	return name + hex.EncodeToString(random)
}
