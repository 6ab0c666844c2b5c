// Checks access tokens with go-oidc, knowing an issuer's URL and an audience and nothing else.
//
// Call: verify ISSUER AUDIENCE, where AUDIENCE is this service's name in Claviger's setting
// `tokens.audiences`. Reads tokens, one a line, and prints the subject of each or an error.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("an issuer and an audience are required")
	}
	ctx, issuer, audience := context.Background(), os.Args[1], os.Args[2]
	// Tokens of Claviger's own API, whose audience is the issuer, are not for services.
	if audience == "" || audience == issuer {
		log.Fatalf("%q is not the audience of a service", audience)
	}
	// Reads openid-configuration; the algorithms it names are those that are accepted.
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		log.Fatal(err)
	}
	// What go-oidc calls the client is the audience.
	verifier := provider.VerifierContext(ctx, &oidc.Config{ClientID: audience})

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		subject, err := verify(ctx, verifier, lines.Text())
		if err != nil {
			fmt.Println("refused", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("accepted", subject)
	}
}

func verify(ctx context.Context, verifier *oidc.IDTokenVerifier, token string) (string, error) {
	// go-oidc leaves the type to its caller. `at+jwt` keeps other signed things of the issuer out.
	if !strings.EqualFold(typ(token), "at+jwt") {
		return "", errors.New("not an access token")
	}
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		return "", err
	}
	return verified.Subject, nil
}

// typ is what the token's header calls it, or nothing where there is no such header.
func typ(token string) string {
	part, _, _ := strings.Cut(token, ".")
	text, _ := base64.RawURLEncoding.DecodeString(part)
	var header struct {
		Typ string `json:"typ"`
	}
	_ = json.Unmarshal(text, &header)
	return header.Typ
}
