package plugin

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// StandIn is what stand-ins have in common: each speaks for one official plugin, and serves one resource type of it.
// Methods of the protocol that it lacks answer "not implemented", as the official plugins do.
type StandIn struct {
	pulumirpc.UnimplementedResourceProviderServer
	Name    string // of the official plugin, such as "command"
	Version string // of the official plugin
	Token   string // the one resource type
	Schema  string // the part of the official schema that describes it
	Engine  *Engine
}

// GetPluginInfo gives the official plugin's version: the engine compares it with the one that the program asks for.
func (s *StandIn) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.Version}, nil
}

func (s *StandIn) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: s.Schema}, nil
}

// refusal tells what to do about something that only the official plugin serves.
func (s *StandIn) refusal(asked string) string {
	return fmt.Sprintf("%s is not known to the stand-in for the plugin %q, which serves only what this project uses of "+
		"%s. The official plugin knows the rest, but could not be downloaded; install that: "+
		"pulumi plugin install resource %s %s", asked, s.Name, s.Token, s.Name, s.Version)
}

// Refuse is refusal as the error of a call.
func (s *StandIn) Refuse(asked string) error { return status.Error(codes.NotFound, s.refusal(asked)) }

// RefuseInputs gives a failure for each input but the known ones, whether the official plugin knows it or not: passed
// over in silence, an input would seem to have been obeyed.
func (s *StandIn) RefuseInputs(inputs Properties, known ...string) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if !slices.Contains(known, name) {
			reason := s.refusal(fmt.Sprintf("The input %q", name))
			failures = append(failures, &pulumirpc.CheckFailure{Property: name, Reason: reason})
		}
	}
	return failures
}

// refuseOthers stops each call about a resource type or function that this stand-in does not serve.
func (s *StandIn) refuseOthers(
	ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	var asked string
	switch request := request.(type) {
	case interface{ GetUrn() string }:
		asked = ResourceType(request.GetUrn())
	case interface{ GetTok() string }:
		asked = request.GetTok()
	}
	if asked == "" || asked == s.Token || asked == "pulumi:providers:"+s.Name {
		return handler(ctx, request)
	}
	return nil, s.Refuse(asked)
}
