package store_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// A page costs the same wherever it is in a list, with every filter, and however long the list is. BENCH_NUMBERS is how many
// numbers the long list has; the short one has 10,000.
func BenchmarkPages(b *testing.B) {
	long := benchNumbers
	if n, err := strconv.Atoi(os.Getenv("BENCH_NUMBERS")); err == nil {
		long = n
	}
	lists := []list{{count: 10_000}, {count: long}}
	for name, newDB := range map[string]dbtest.Database{"SQLite": dbtest.SQLite, "PostgreSQL": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			for i := range lists {
				lists[i].s = storetest.Open(b, newDB(b))
				lists[i].w = fillNumbers(b, lists[i].s, lists[i].count)
			}
			for filter, f := range map[string]phone.Filter{
				"all": {}, "agent": {AgentID: new("agent_7")}, "unlinked": {AgentID: new("")}, "type": {Type: phone.PSTN},
				"agent+type": {AgentID: new("agent_7"), Type: phone.SIPUsername}, "unlinked+type": {AgentID: new(""), Type: phone.SIPUsername},
				"agent+no+type": {AgentID: new("phone"), Type: phone.SIPUsername}, "phone": {AgentID: new("phone")},
				"number": {Number: "+10000005555"}, "number+agent+type": {Number: "+10000005555", AgentID: new("agent_7"), Type: phone.PSTN},
			} {
				b.Run(filter, func(b *testing.B) { pages(b, lists, f) })
			}
		})
	}
}

type list struct {
	count int
	s     *store.Store
	w     string
}

func pages(b *testing.B, lists []list, f phone.Filter) {
	b.Helper()
	took := map[string][]time.Duration{}
	for b.Loop() {
		for i, l := range lists { // in turn, so that all run under the same conditions
			for part, where := range []string{"first", "middle", "last"} {
				after := ""
				if part > 0 {
					after = numberID(l.count*part/2 - 1000*(part-1))
				}
				start := time.Now()
				_, err := l.s.Numbers(b.Context(), l.w, f, after, 101)
				name := fmt.Sprint([]string{"short", "long"}[i], where)
				took[name] = append(took[name], time.Since(start))
				dbtest.Must(b, err)
			}
		}
	}
	for _, where := range []string{"first", "middle", "last"} {
		short := median(took["short"+where])
		b.ReportMetric(float64(short.Microseconds()), "µs/"+where)
		b.ReportMetric(float64(median(took["long"+where]))/float64(short), where)
	}
}
