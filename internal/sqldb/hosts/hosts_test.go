package hosts

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// If a host was unreachable once, later connections to it must not use plain text.
func TestAHostWithAndWithoutTLSIsOneHost(t *testing.T) {
	for _, query := range []string{"", "?sslmode=prefer", "?sslmode=allow", "?sslmode=disable", "?sslmode=require"} {
		config, err := pgx.ParseConfig("postgres://127.0.0.1:1,127.0.0.1:2/x" + query)
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := Connector(config).(*connector); !ok || len(c.each) != 2 {
			t.Errorf("%q: the connector is %+v; want one with 2 hosts", query, c)
		}
	}
}
