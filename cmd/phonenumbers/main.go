// Command phonenumbers manages phone numbers and their agents over the API, serves that API, and looks after its database.
package main

import (
	"context"
	"os"

	"github.com/vogent-community/phonenumbers/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
