package store_test

import (
	"context"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// What one caller waits for a read, with a context that can be canceled, like that of a request.
func BenchmarkReads(b *testing.B) {
	for name, newDB := range map[string]dbtest.Database{"SQLite": dbtest.SQLite, "PostgreSQL": dbtest.Postgres} {
		s := storetest.Open(b, newDB(b))
		w := fillNumbers(b, s, 100_000)
		keys := serve.Services(s).Workspaces
		key, err := keys.CreateKey(b.Context(), "w", "k")
		dbtest.Must(b, err)
		for read, call := range map[string]func(ctx context.Context, i int) error{
			"key": func(ctx context.Context, _ int) error {
				_, err := keys.Authenticate(ctx, key)
				return err
			},
			"get": func(ctx context.Context, i int) error {
				_, err := s.Number(ctx, w, numberID(i*79193%100_000))
				return err
			},
			"list": func(ctx context.Context, i int) error {
				_, err := s.Numbers(ctx, w, phone.Filter{}, numberID(i*79193%99_000), 101)
				return err
			},
			"search": func(ctx context.Context, _ int) error {
				_, err := s.NumbersForSale(ctx, "+1415", 10)
				return err
			},
		} {
			b.Run(name+"/"+read, func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					ctx, cancel := context.WithCancel(b.Context())
					if err := call(ctx, i); err != nil {
						b.Fatal(err)
					}
					cancel()
					i++
				}
			})
		}
	}
}
