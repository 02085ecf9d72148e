package plugin

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Engine is the plugin's way back to the engine that started it.
type Engine struct{ client pulumirpc.EngineClient }

// connect opens the connection and from then on watches it: an engine that ends without a word (kill -9) would
// otherwise leave its plugins, and the commands that they run, behind.
func connect(ctx context.Context, address string, onGone func()) (*Engine, error) {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithIdleTimeout(0)) // an idle connection is not a lost one
	if err != nil {
		return nil, err
	}
	connection.Connect()
	go func() {
		for state := connection.GetState(); connection.WaitForStateChange(ctx, state); {
			state = connection.GetState()
			switch state {
			case connectivity.Idle:
				connection.Connect()
			case connectivity.TransientFailure:
				onGone()
				return
			}
		}
	}()
	return &Engine{pulumirpc.NewEngineClient(connection)}, nil
}

// LogStatus shows a line beside a resource while it is being worked on; the engine does not keep it.
func (e *Engine) LogStatus(urn, line string) {
	// A line that cannot be shown must not fail the command that wrote it.
	_, _ = e.client.Log(context.Background(), &pulumirpc.LogRequest{
		Severity: pulumirpc.LogSeverity_INFO, Urn: urn, Message: line, Ephemeral: true,
	})
}
