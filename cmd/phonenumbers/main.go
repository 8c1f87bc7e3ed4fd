// Command phonenumbers serves the phone-number API and looks after its database.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/vogent-community/phonenumbers/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
