// Package plugin holds what every Pulumi provider plugin needs, whatever it provides: being started by the engine,
// logging to it, ending with it, and reading and marking property values.
package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Serve runs a plugin as the engine expects it: the engine's address is the last argument; the port on loopback is the
// first line on standard output; the plugin ends when it is interrupted or when the engine is gone. Whatever the
// provider runs must then end, too: the context handed to newProvider is cancelled, and Serve waits for calls in hand.
// newProvider gives the stand-in with the methods that are its own.
func Serve(standIn *StandIn, newProvider func(ctx context.Context) pulumirpc.ResourceProviderServer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	if len(os.Args) < 2 {
		return errors.New("this is a plugin, which Pulumi's engine starts with its address")
	}
	engine, err := connect(ctx, os.Args[len(os.Args)-1], cancel)
	if err != nil {
		return err
	}
	standIn.Engine = engine

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// No limit: a state or a command's output may exceed gRPC's default of 4 MiB.
	server := grpc.NewServer(grpc.MaxRecvMsgSize(1<<30), grpc.UnaryInterceptor(standIn.refuseOthers))
	pulumirpc.RegisterResourceProviderServer(server, newProvider(ctx))
	go func() {
		<-ctx.Done()
		server.GracefulStop()
	}()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil // interrupted before it began to serve
}
