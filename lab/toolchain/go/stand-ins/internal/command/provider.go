// Package command serves the resource type command:local:Command as the plugin of @pulumi/command 1.2.1 does.
package command

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"time"

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

func (p *provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets:   true,
		SupportsPreview: true,
		AcceptResources: true,
		AcceptOutputs:   true,
	}, nil
}

func (p *provider) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	plain := plugin.PlainProperties(plugin.FromWire(request.GetNews()))
	var known []string
	for _, input := range inputTypes {
		known = append(known, input.name)
	}
	failures := append(checkTypes(plain), p.RefuseInputs(plain, known...)...)
	return &pulumirpc.CheckResponse{Inputs: request.GetNews(), Failures: failures}, nil
}

func (p *provider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	news := ignoreChanges(
		request.GetIgnoreChanges(), plugin.FromWire(request.GetOlds()), plugin.FromWire(request.GetNews()))
	return diff(plugin.FromWire(request.GetOldInputs()), news), nil
}

// Create runs the `create` command, if there is one. Without a result nothing is stored, so the engine asks again at
// the next update.
func (p *provider) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs := plugin.FromWire(request.GetProperties())
	result := unknownOutput
	if !request.GetPreview() {
		var err error
		if result, err = p.runFirst(ctx, request, inputs, output{}, "create"); err != nil {
			return nil, err
		}
	}
	properties, err := result.asState(inputs)
	return &pulumirpc.CreateResponse{Id: newID(plugin.ResourceName(request.GetUrn())), Properties: properties}, err
}

// Update runs `update`, or `create` where there is none; without either it keeps the previous output.
func (p *provider) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	olds := plugin.FromWire(request.GetOlds())
	inputs := ignoreChanges(request.GetIgnoreChanges(), olds, plugin.FromWire(request.GetNews()))
	result := outputOf(olds)
	if !request.GetPreview() {
		var err error
		if result, err = p.runFirst(ctx, request, inputs, result, "update", "create"); err != nil {
			return nil, err
		}
	} else if mayChangeOutput(olds, inputs) {
		result = unknownOutput
	}
	properties, err := result.asState(inputs)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// Delete runs the `delete` command. When that fails, the engine keeps the resource and everything it depends on.
func (p *provider) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	state := plugin.FromWire(request.GetProperties())
	_, err := p.runFirst(ctx, request, state, outputOf(state), "delete")
	return &emptypb.Empty{}, err
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

// task is what the requests that run a command have in common.
type task interface {
	GetUrn() string
	GetTimeout() float64 // the resource's custom timeout in seconds; 0: none
}

// runFirst runs the first of the named commands that the inputs have; where they have none, the previous output stays.
// What runs ends with the call, with the plugin, and after the timeout.
func (p *provider) runFirst(
	call context.Context, task task, inputs plugin.Properties, previous output, commands ...string,
) (output, error) {
	ctx, cancel := context.WithCancel(call)
	if timeout := task.GetTimeout(); timeout > 0 {
		ctx, cancel = context.WithTimeout(call, time.Duration(timeout*float64(time.Second)))
	}
	defer cancel()
	if p.running.Err() != nil {
		cancel() // at once: AfterFunc would leave the command a moment to start
	}
	defer context.AfterFunc(p.running, cancel)()

	plain := plugin.PlainProperties(inputs)
	log := &lineLogger{show: func(line string) { p.Engine.LogStatus(task.GetUrn(), line) }}
	for _, name := range commands {
		if line, given := plain[name].(string); given {
			return run(ctx, line, plain, previous, log)
		}
	}
	return previous, nil
}

func newID(name string) string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	return name + hex.EncodeToString(random)
}
