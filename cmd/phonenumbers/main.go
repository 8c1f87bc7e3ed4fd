// Command phonenumbers serves the phone-number API and looks after its database.
package main

import (
	"context"
	"os"

	"github.com/vogent-community/phonenumbers/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
