package plugin

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Engine is the plugin's way back to the engine that started it.
type Engine struct {
	onGone func()

	lock   sync.Mutex
	client pulumirpc.EngineClient
}

// Connect opens the connection and from then on watches it: an engine that ends without a word (kill -9) would
// otherwise leave its plugins, and the commands that they run, behind.
func (e *Engine) Connect(ctx context.Context, address string) error {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithIdleTimeout(0)) // an idle connection is not a lost one
	if err != nil {
		return err
	}
	connection.Connect()
	go func() {
		for state := connection.GetState(); connection.WaitForStateChange(ctx, state); {
			state = connection.GetState()
			switch state {
			case connectivity.Idle:
				connection.Connect()
			case connectivity.TransientFailure:
				e.onGone()
				return
			}
		}
	}()
	e.lock.Lock()
	defer e.lock.Unlock()
	e.client = pulumirpc.NewEngineClient(connection)
	return nil
}

// LogStatus shows a line beside a resource while it is being worked on; the engine does not keep it.
func (e *Engine) LogStatus(ctx context.Context, urn, line string) {
	e.log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_INFO, Urn: urn, Message: line, Ephemeral: true})
}

// Warn shows a warning for a resource.
func (e *Engine) Warn(ctx context.Context, urn, line string) {
	e.log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_WARNING, Urn: urn, Message: line})
}

func (e *Engine) log(ctx context.Context, line *pulumirpc.LogRequest) {
	e.lock.Lock()
	client := e.client
	e.lock.Unlock()
	if client != nil {
		// A line that cannot be shown must not fail the command that wrote it.
		_, _ = client.Log(ctx, line)
	}
}
