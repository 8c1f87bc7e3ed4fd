package rest_test

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// These cases are written by hand, because an oracle for OpenAPI does not see them, or only with the right options.
func TestWhatTheOracleIsBlindTo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		const (
			numbers, search, one = numbersPath, numbersPath + "/search", numbersPath + "/{id}"
			purchase             = `{"type":"purchase","purchase":{"number":"+14155550100"}`
			sipImport            = `{"type":"sip_import","sipImport":{"phoneNumber":"+18001234567","terminationUri":"sip.example.com","username":"u","password":"p"`
			vogentSIP            = `{"type":"vogent_sip","vogentSip":{"sipPrefix":"line","username":"caller","password":"secret"`
		)
		bench := newBench(t, newDB(t))
		for _, test := range []struct {
			method, target, body string
			status               int
			pointers             []string // of a 400
		}{
			// The same requests without the mistake.
			{"PUT", one, `{"agentId":"a"}`, 200, nil},
			{"POST", search, `{"prefix":"415","country":"US","limit":5}`, 200, nil},
			{"POST", numbers, purchase + `}`, 200, nil},
			{"POST", numbers, sipImport + `}}`, 200, nil},
			{"POST", numbers, vogentSIP + `}}`, 200, nil},
			{"GET", numbers + "?limit=5", "", 200, nil},

			// A repeated member.
			{"PUT", one, `{"agentId":"a","agentId":"a"}`, 400, []string{"/agentId"}},
			{"PUT", one, `{"agentId":"a","agent\u0049d":""}`, 400, []string{"/agentId"}},
			{"POST", search, `{"prefix":"415","limit":5,"limit":6}`, 400, []string{"/limit"}},
			{"POST", numbers, purchase + `,"type":"purchase"}`, 400, []string{"/type"}},
			{"POST", numbers, purchase + `,"sipImport":null,"sipImport":null}`, 400, []string{"/sipImport"}},
			{"POST", numbers, `{"type":"purchase","purchase":{"number":"+1","number":"+14155550100"}}`, 400, []string{"/purchase/number"}},
			{"POST", numbers, sipImport + `,"password":"q"}}`, 400, []string{"/sipImport/password"}},

			// More data after the body.
			{"PUT", one, `{"agentId":"a"}x`, 400, nil},
			{"PUT", one, `{"agentId":"a"}{}`, 400, nil},
			{"PUT", one, `{"agentId":"a"} {"agentId":"b"}`, 400, nil},
			{"PUT", one, `{"agentId":"a"},`, 400, nil},
			{"PUT", one, "{\"agentId\":\"a\"}\x00", 400, nil},
			{"PUT", one, "{\"agentId\":\"a\"}\r\n\t ", 200, nil},

			// Null.
			{"POST", search, `{"prefix":"415","limit":null}`, 400, []string{"/limit"}},
			{"POST", search, `{"prefix":"415","country":null}`, 400, []string{"/country"}},
			{"POST", search, `{"prefix":null}`, 400, []string{"/prefix"}},
			{"POST", search, `null`, 400, []string{""}},
			{"PUT", one, `null`, 400, []string{""}},
			{"PUT", one, `{"agentId":null}`, 400, []string{"/agentId"}},
			{"PUT", one, `[null]`, 400, []string{""}}, // the array is already wrong, so its null does not matter
			{"POST", numbersPath + "/purchase", `{"number":null}`, 400, []string{"/number"}},
			{"POST", numbers, `{"type":null,"purchase":{"number":"+14155550100"}}`, 400, []string{"/type"}},
			{"POST", numbers, `{"type":"purchase","purchase":{"number":null}}`, 400, []string{"/purchase/number"}},
			{"POST", numbers, `{"type":"vogent_sip","vogentSip":{"sipPrefix":"line","username":"caller","password":null}}`, 400, []string{"/vogentSip/password"}},
			{"POST", numbers, purchase + `,"vogentSip":{"sipPrefix":null}}`, 400, []string{"/vogentSip/sipPrefix"}},
			{"POST", numbers, purchase + `,"sipImport":null,"vogentSip":null}`, 200, nil},
			{"POST", numbers, sipImport + `},"purchase":null,"vogentSip":null}`, 200, nil},
			{"POST", numbers, vogentSIP + `},"purchase":null,"sipImport":null}`, 200, nil},

			// An unknown name, or a known name in the wrong case.
			{"PUT", one, `{"agentID":"a"}`, 400, []string{"/agentID"}},
			{"PUT", one, `{"agentId":"a","AgentId":"a"}`, 400, []string{"/AgentId"}},
			{"PUT", one, `{"":"a"}`, 400, []string{"/"}},
			{"PUT", one, `{"a/b~c":"a"}`, 400, []string{"/a~1b~0c"}},
			{"POST", search, `{"Prefix":"415"}`, 400, []string{"/Prefix"}},
			{"POST", numbers, `{"type":"purchase","Purchase":{"number":"+14155550100"}}`, 400, []string{"/Purchase"}},
			{"POST", numbers, `{"type":"purchase","purchase":{"Number":"+14155550100"}}`, 400, []string{"/purchase/Number"}},

			// An integer must be written as an integer.
			{"POST", search, `{"prefix":"415","limit":5.0}`, 400, []string{"/limit"}},
			{"POST", search, `{"prefix":"415","limit":1e1}`, 400, []string{"/limit"}},
			{"POST", search, `{"prefix":"415","limit":10e-1}`, 400, []string{"/limit"}},
			{"POST", search, `{"prefix":"415","limit":"5"}`, 400, []string{"/limit"}},
			{"POST", search, `{"prefix":"415","limit":9223372036854775808}`, 400, []string{"/limit"}},

			// Text must be UTF-8.
			{"PUT", one, "{\"agentId\":\"\xff\"}", 400, nil},
			{"PUT", one, "{\"agentId\":\"\xed\xa0\x80\"}", 400, nil},
			{"PUT", one, `{"agentId":"\ud800"}`, 400, nil},
			{"PUT", one, "{\"agentId\xff\":\"a\"}", 400, nil},
			{"PUT", one, "\ufeff{}", 400, nil},
			{"GET", numbers + "?cursor=%ff", "", 400, []string{"cursor"}},

			// The query.
			{"GET", numbers + "?limit=5&limit=5", "", 400, []string{"limit"}},
			{"GET", numbers + "?agentId=&agentId=", "", 400, []string{"agentId"}},
			{"GET", numbers + "?limit=5&Limit=5", "", 400, []string{"Limit"}},
			{"GET", numbers + "?page=2&agentID=a", "", 400, []string{"agentID", "page"}},
			{"GET", numbers + "?limit=0x5", "", 400, []string{"limit"}},
			{"GET", numbers + "?limit=1_0", "", 400, []string{"limit"}},
			{"GET", numbers + "?limit=%2B5", "", 400, []string{"limit"}},
			{"GET", numbers + "?limit=", "", 400, []string{"limit"}},
			{"GET", numbers + "?cursor=", "", 400, []string{"cursor"}},
			{"GET", numbers + "?limit=%zz", "", 400, nil},
			{"GET", numbers + "?limit=1;cursor=2", "", 400, nil},
			{"GET", one + "?x=1", "", 400, []string{"x"}},
			{"PUT", one + "?agentId=a", `{}`, 400, []string{"agentId"}},
			{"DELETE", one + "?force=true", "", 400, []string{"force"}},
			{"POST", search + "?limit=5", `{"prefix":"415"}`, 400, []string{"limit"}},
			{"POST", numbers + "?limit=5", purchase + `}`, 400, []string{"limit"}},
			{"POST", numbersPath + "/purchase?limit=5", `{"number":"+14155550100"}`, 400, []string{"limit"}},
			{"GET", numbers + "?&", "", 200, nil},
		} {
			t.Run(test.method+" "+test.target+" "+test.body, func(t *testing.T) {
				x := bench.send(t, test.method, test.target, test.body)
				if err := bench.oracle.Check(x); err != nil {
					t.Fatalf("%v: %d %s", err, x.Response.Code, x.Response.Body)
				}
				var pointers []string
				for _, field := range x.Problem.Errors {
					pointers = append(pointers, field.Pointer)
				}
				want := map[int]api.ProblemCode{400: api.CodeInvalidRequest}[test.status]
				if x.Response.Code != test.status {
					t.Errorf("got %d %s; want the status %d", x.Response.Code, x.Response.Body, test.status)
				}
				if x.Problem.Code != want {
					t.Errorf("the code is %q; want %q", x.Problem.Code, want)
				}
				if !slices.Equal(pointers, test.pointers) {
					t.Errorf("the pointers are %q; want %q", pointers, test.pointers)
				}
			})
		}
	})
}

// A body of deeply nested objects once cost the decoder a second and 1.2 GB.
// The test is not parallel because it measures what the whole process allocates.
func TestADeepBodyCostsLittle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		bench := newBench(t, newDB(t))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		x := bench.send(t, http.MethodPost, numbersPath, strings.Repeat(`{"purchase":`, 5_000))
		runtime.ReadMemStats(&after)
		if x.Response.Code != http.StatusBadRequest {
			t.Errorf("got %d %s; want 400", x.Response.Code, x.Response.Body)
		}
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 20 {
			t.Errorf("the request allocated %d MiB; want 20 or less", used)
		}
	})
}

// bench is a server for single requests. It sells +14155550100, and the workspace has one number.
type bench struct {
	server  *testServer
	oracle  *spectest.Oracle
	key, id string
}

func newBench(t *testing.T, database string) *bench {
	t.Helper()
	b := &bench{server: newServer(t, database, "+14155550100")}
	b.key = b.server.key(t, "own")
	b.oracle = spectest.NewOracle(t, spectest.Load(t), "/api", b.key)
	b.id = create(t, b.server.client(t, "own"), vogentSIP("bench")).ID
	return b
}

// send sends a request. header has names and values to add. {id} in the target is replaced by the id of the workspace's number.
// If the request adds a number, send deletes it again.
func (b *bench) send(t *testing.T, method, target, body string, header ...string) *spectest.Exchange {
	t.Helper()
	path, query, hasQuery := strings.Cut(strings.Replace(target, "{id}", b.id, 1), "?")
	r := &spectest.Request{Method: method, Path: path, Body: []byte(body), Header: http.Header{"Authorization": {"Bearer " + b.key}}}
	if hasQuery {
		r.Query = []string{query}
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	x := b.oracle.Send(t, b.server.handler, r)
	w := &world{numbers: map[string]string{}, keys: map[string]bool{}}
	w.settle(x)
	for _, id := range w.live {
		if deleted := b.send(t, http.MethodDelete, numbersPath+"/"+id, ""); deleted.Response.Code != http.StatusOK {
			t.Fatalf("%d %s", deleted.Response.Code, deleted.Response.Body)
		}
	}
	return x
}
