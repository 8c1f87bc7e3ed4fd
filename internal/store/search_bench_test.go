package store_test

import (
	"fmt"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// 99 % of the numbers for sale are owned, evenly.
func BenchmarkSearch(b *testing.B) {
	for name, newDB := range map[string]dbtest.Database{"SQLite": dbtest.SQLite, "PostgreSQL": dbtest.Postgres} {
		for _, count := range []int{10_000, benchNumbers} {
			s := storetest.Open(b, newDB(b))
			w := storetest.NewWorkspace(b, s, "w")
			numbers := func(yield func(string) bool) {
				for i := range count {
					if !yield(fmt.Sprintf("+1%010d", i)) {
						return
					}
				}
			}
			_, err := s.AddToInventory(b.Context(), numbers, true)
			dbtest.Must(b, err)
			dbtest.Must(b, s.Write(b.Context(), func(tx sqldb.Querier) error {
				insert := sqldb.NewInserter(tx, s.Engine(), "phone_numbers", []string{"workspace_id", "id", "number", "number_key", "type", "agent_id"}, "")
				i := 0
				for number := range numbers {
					if i++; i%100 == 0 {
						continue
					}
					if err := insert.Add(b.Context(), w, numberID(i), number, number, string(phone.PSTN), ""); err != nil {
						return err
					}
				}
				_, err := insert.End(b.Context())
				return err
			}))
			if s.Engine() == sqldb.PostgreSQL {
				_, err := s.DB().Reader().ExecContext(b.Context(), `VACUUM ANALYZE`)
				dbtest.Must(b, err)
			}
			for what, call := range map[string]func() error{
				"search": func() error {
					found, err := s.NumbersForSale(b.Context(), "+1", 10)
					if len(found) != 10 {
						b.Errorf("found %d", len(found))
					}
					return err
				},
				"middle": func() error {
					found, err := s.NumbersForSale(b.Context(), fmt.Sprintf("+1%010d", count/2)[:7], 10)
					if len(found) != 10 {
						b.Errorf("found %d", len(found))
					}
					return err
				},
				"buy": func() error {
					_, err := s.Offers(b.Context(), fmt.Sprintf("+1%010d", count/2))
					return err
				},
			} {
				b.Run(fmt.Sprint(name, "/", what, "/", count), func(b *testing.B) {
					for b.Loop() {
						dbtest.Must(b, call())
					}
				})
			}
		}
	}
}
