// Program dtq-ferretdb speaks the MongoDB wire protocol on a loopback address and keeps the documents in PostgreSQL.
//
// It exists because FerretDB's own cmd/ferretdb needs a version file that is only there in its repository: built from
// the module it panics. The embeddable package has no such need.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "", "address of the MongoDB wire, such as 127.0.0.1:19017")
	flag.Parse()

	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: *listen},
		Handler:  "postgresql",
		// By the environment: it has a password, and a command line is not private.
		PostgreSQLURL: os.Getenv("DTQ_POSTGRES_URL"),
		// Below this level it prints every document whose insert met a duplicate key.
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		log.Fatalf("ferretdb: %v", err)
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	if err := server.Run(ctx); err != nil {
		log.Fatalf("ferretdb: %v", err)
	}
}
