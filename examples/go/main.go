// A gRPC server whose interceptor has Claviger validate access tokens. See ../README.md.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"time"

	claviger "claviger.example/greeter/gen/claviger/v1"
	pb "claviger.example/greeter/gen/greeter/v1"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type server struct{ pb.UnimplementedGreeterServer }
type subject struct{} // The key of the account's id in a call's context.
var tokens claviger.TokenServiceClient

// validate asks Claviger about a token for this server.
func validate(ctx context.Context, token string, options ...grpc.CallOption) (*claviger.ValidateTokenResponse, error) {
	if key := os.Getenv("SERVICE_KEY"); key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
	}
	return tokens.ValidateToken(ctx, &claviger.ValidateTokenRequest{AccessToken: token, RequiredAudience: os.Getenv("AUDIENCE")}, options...)
}

// signedIn requires a valid access token.
func signedIn(ctx context.Context) (context.Context, error) {
	token, err := auth.AuthFromMD(ctx, "bearer")
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	answer, err := validate(asking, token)
	if err != nil { // The token may be valid: on UNAUTHENTICATED the client would discard it.
		return nil, status.Error(codes.Unavailable, "tokens cannot be validated at the moment")
	} else if answer.Verdict != claviger.TokenVerdict_TOKEN_VERDICT_ACTIVE {
		return nil, status.Error(codes.Unauthenticated, "sign in again")
	}
	return context.WithValue(ctx, subject{}, answer.Claims.Subject), nil
}

func (server) Greet(ctx context.Context, _ *pb.GreetRequest) (*pb.GreetResponse, error) {
	return &pb.GreetResponse{Subject: ctx.Value(subject{}).(string)}, nil
}

func main() {
	channel, badName := grpc.NewClient(os.Getenv("CLAVIGER"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	listener, badPort := net.Listen("tcp", os.Getenv("LISTEN"))
	if badName != nil || badPort != nil {
		log.Fatal(badName, badPort)
	}
	tokens = claviger.NewTokenServiceClient(channel)
	// Waits for Claviger. No token is needed to learn whether it knows the audience.
	if _, err := validate(context.Background(), "", grpc.WaitForReady(true)); err != nil {
		log.Fatalf("Claviger refuses the AUDIENCE %q. Is it one of its tokens.audiences, and the SERVICE_KEY's own? %v", os.Getenv("AUDIENCE"), err)
	}
	unary, stream := auth.UnaryServerInterceptor(signedIn), auth.StreamServerInterceptor(signedIn)
	serving := grpc.NewServer(grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream))
	pb.RegisterGreeterServer(serving, server{})
	log.Fatal(serving.Serve(listener))
}
