package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/quick"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
)

// scripted returns the response or the error that a test gives it, and notes the request.
type scripted struct {
	response any
	err      error
	seen     string
}

func script[R any](s *scripted, request any) (R, error) {
	text, err := json.Marshal(request)
	s.seen = fmt.Sprintf("%T %s %v", request, text, err)
	response, _ := s.response.(R)
	return response, s.err
}

func (s *scripted) ListPhoneNumbers(_ context.Context, r ListPhoneNumbersRequestObject) (ListPhoneNumbersResponseObject, error) {
	return script[ListPhoneNumbersResponseObject](s, r)
}

func (s *scripted) CreatePhoneNumber(_ context.Context, r CreatePhoneNumberRequestObject) (CreatePhoneNumberResponseObject, error) {
	return script[CreatePhoneNumberResponseObject](s, r)
}

func (s *scripted) PurchasePhoneNumber(_ context.Context, r PurchasePhoneNumberRequestObject) (PurchasePhoneNumberResponseObject, error) {
	return script[PurchasePhoneNumberResponseObject](s, r)
}

func (s *scripted) SearchPhoneNumbers(_ context.Context, r SearchPhoneNumbersRequestObject) (SearchPhoneNumbersResponseObject, error) {
	return script[SearchPhoneNumbersResponseObject](s, r)
}

func (s *scripted) GetPhoneNumber(_ context.Context, r GetPhoneNumberRequestObject) (GetPhoneNumberResponseObject, error) {
	return script[GetPhoneNumberResponseObject](s, r)
}

func (s *scripted) UpdatePhoneNumber(_ context.Context, r UpdatePhoneNumberRequestObject) (UpdatePhoneNumberResponseObject, error) {
	return script[UpdatePhoneNumberResponseObject](s, r)
}

func (s *scripted) DeletePhoneNumber(_ context.Context, r DeletePhoneNumberRequestObject) (DeletePhoneNumberResponseObject, error) {
	return script[DeletePhoneNumberResponseObject](s, r)
}

// listed is a response of the implementer's own, with a list that it has not set.
type listed struct {
	Rows []int `json:"rows"`
}

func (l listed) VisitGetPhoneNumberResponse(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusAccepted)
	return json.NewEncoder(w).Encode(l)
}

// What an implementer can return. A random value has every member, so the test notices a member that is not sent.
var responseTypes = map[string][]reflect.Type{
	"listPhoneNumbers":    {reflect.TypeFor[ListPhoneNumbers200JSONResponse](), reflect.TypeFor[ListPhoneNumbers422ApplicationProblemPlusJSONResponse]()},
	"createPhoneNumber":   {reflect.TypeFor[CreatePhoneNumber200JSONResponse](), reflect.TypeFor[CreatePhoneNumber409ApplicationProblemPlusJSONResponse]()},
	"purchasePhoneNumber": {reflect.TypeFor[PurchasePhoneNumber200JSONResponse]()},
	"searchPhoneNumbers":  {reflect.TypeFor[SearchPhoneNumbers200JSONResponse]()},
	"getPhoneNumber":      {reflect.TypeFor[GetPhoneNumber200JSONResponse](), reflect.TypeFor[listed](), reflect.TypeFor[*GetPhoneNumber200JSONResponse]()},
	"updatePhoneNumber":   {reflect.TypeFor[UpdatePhoneNumber200JSONResponse]()},
	"deletePhoneNumber":   {reflect.TypeFor[DeletePhoneNumber200JSONResponse](), reflect.TypeFor[DeletePhoneNumber404ApplicationProblemPlusJSONResponse]()},
}

// What the requests consist of.
var (
	ids     = []string{"1", "a%2Fb", "a%20b", "%2e", "%25", "%zz", "", "x/y", "é", "a+b", "a,b"}
	queries = []string{
		"", "", "limit=5", "limit=-0", "limit=999999999999999999", "limit=1&cursor=a%2Bb+c", "number=%2B1&agentId=&type=PSTN", "type=%FF",
		"agentId=a,b", "limit=x&other=1&cursor=a&cursor=b", "limit=%zz", "a;b", "&&limit=7&",
	}
	bodies = []string{
		`{}`, `{"agentId":"a"}`, `{"agentId":""}`, `{"agentId":"\u0061\"é"}`, `{"agentId":null}`, `{"agentId":1}`, `{"agentID":"a"}`, `{"agentId":"null"}`,
		`{"type":"purchase","purchase":{"number":"+14155550100"},"sipImport":null}`, `{"type":null}`, `{"number":"+14155550100"}`, `{"number":"a","number":"b"}`,
		`{"prefix":"415","limit":3,"country":"us"}`, `{"prefix":"415","limit":3.5}`, `{"prefix":"415","limit":null}`, `null`, `[]`, ``, ` `, `{"number":"\xff"}`, `{} {}`,
	}
	keys = [][]string{nil, nil, {"key-1"}, {`"key 1"`}, {""}, {"a", "b"}, {"a,b"}}
)

// The handlers of this package do what those of oapi-codegen do, except that they are faster.
func TestTheHandlersDoWhatTheGeneratedOnesDo(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1)) //nolint:gosec // the same requests each time
	impl := &scripted{}
	options := Options{
		Logger:       slog.New(slog.DiscardHandler),
		Authenticate: func(c echo.Context, _ string) (context.Context, error) { return c.Request().Context(), nil },
	}
	own, generated := echo.New(), echo.New()
	Register(own, impl, options)
	register(generated, options, operations, func(router EchoRouter) {
		RegisterHandlers(router, NewStrictHandler(impl, []StrictMiddlewareFunc{completeResponses()}))
	})
	reached := map[string]int{}
	for _, op := range operations {
		if len(responseTypes[op.ID]) == 0 {
			t.Errorf("the test has no response of %s", op.ID)
			continue
		}
		for range 1000 {
			impl.response, impl.err = randomResponse(t, random, op.ID)
			r := randomRequest(random, op)
			want, wantSeen := exchange(generated, impl, r)
			got, gotSeen := exchange(own, impl, r)
			if got != want || gotSeen != wantSeen {
				t.Fatalf("%s %s %s %s with %#v, %v:\ngot  %s %s\nwant %s %s", r.method, r.path, r.body, r.header, impl.response, impl.err, gotSeen, got, wantSeen, want)
			}
			if gotSeen != "" {
				reached[op.ID]++
			}
		}
		if reached[op.ID] < 50 {
			t.Errorf("%d of 1000 requests have reached %s; want 50 or more", reached[op.ID], op.ID)
		}
	}
}

func randomResponse(t *testing.T, random *rand.Rand, operationID string) (any, error) {
	t.Helper()
	switch random.Intn(12) {
	case 0:
		return nil, nil //nolint:nilnil // an implementer's mistake
	case 1:
		return nil, cmp.Or[error](map[int]error{0: api.NewProblem(api.CodeNotFound, "")}[random.Intn(2)], errors.New("failed"))
	}
	types := responseTypes[operationID]
	value, ok := quick.Value(types[random.Intn(len(types))], random)
	if !ok {
		t.Fatalf("%s: no random response", operationID)
	}
	response := reflect.New(value.Type()).Elem()
	response.Set(value)
	if response.Kind() == reflect.Pointer {
		return response.Interface(), nil
	}
	for name, percent := range map[string]int{"Headers": 80, "Body": 10, "Rows": 50} {
		if f := response.FieldByName(name); f.IsValid() && random.Intn(100) < percent {
			f.SetZero()
		}
	}
	return response.Interface(), nil
}

type randomParts struct {
	method, path, body string
	header             http.Header
}

func randomRequest(random *rand.Rand, op Operation) randomParts {
	one := func(list []string) string { return list[random.Intn(len(list))] }
	r := randomParts{method: op.Method, path: strings.Replace(op.Path, "{id}", one(ids), 1), body: one(bodies), header: http.Header{}}
	if query := one(queries); query != "" && (op.query != nil || random.Intn(10) == 0) {
		r.path += "?" + query
	}
	r.header.Set("Authorization", "Bearer key")
	r.header.Set("Content-Type", "application/json")
	r.header.Set("X-Request-Id", "id")
	if values := keys[random.Intn(len(keys))]; values != nil {
		r.header["Idempotency-Key"] = values
	}
	return r
}

// exchange returns the response, and what the implementer has seen.
func exchange(e *echo.Echo, impl *scripted, parts randomParts) (response, seen string) {
	impl.seen = ""
	r := httptest.NewRequestWithContext(context.Background(), parts.method, "/", strings.NewReader(parts.body))
	r.Header = parts.header.Clone()
	path, query, _ := strings.Cut(parts.path, "?")
	r.URL.RawQuery, r.URL.Path = query, path
	if strings.Contains(path, "%") {
		r.URL.RawPath = path
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	length := w.Header().Get("Content-Length")
	w.Header().Del("Content-Length") // only the handlers of this package send it
	if length != "" && length != fmt.Sprint(w.Body.Len()) {
		return "the Content-Length is " + length, impl.seen
	}
	return fmt.Sprint(w.Code, w.Header(), w.Body), impl.seen
}

func FuzzTextsAreEncodedAsByEncodingJSON(f *testing.F) {
	for _, text := range []string{"", "+14155550100", `"`, `\`, "<", ">", "&", "\u2028\u2029", "\xff\xed\xa0\x80", "\x00\x1f\x7f", "é😀"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendText([]byte("before"), &text); string(got) != "before"+string(want) {
			t.Errorf("%q is %s; want %s", text, got, want)
		}
	})
}

// No response has such members now.
func TestNumbersAndBooleansAreEncodedAsByEncodingJSON(t *testing.T) {
	list, unset := []int{0, -1, math.MaxInt64, math.MinInt64}, (*bool)(nil)
	got := appendList(nil, list, appendInt)
	got = appendPointer(append(got, ' '), new(true), appendBool)
	got = appendPointer(append(got, ' '), unset, appendBool)
	if want := "[0,-1,9223372036854775807,-9223372036854775808] true null"; string(got) != want {
		t.Errorf("got %s; want %s", got, want)
	}
}
