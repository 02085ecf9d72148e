package plugin

import (
	"context"

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

// Attach is called instead of handing over the engine's address when a person started the plugin by hand.
func (s *StandIn) Attach(_ context.Context, request *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, s.Engine.Connect(context.Background(), request.GetAddress())
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
	return nil, status.Errorf(codes.NotFound,
		"%s is not known to the stand-in for the plugin %q, which serves %s and nothing else. It is in use because the "+
			"official plugin could not be downloaded; install that: pulumi plugin install resource %s %s",
		asked, s.Name, s.Token, s.Name, s.Version)
}
