package baseline

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

type number struct {
	ID      string     `json:"id"`
	Number  string     `json:"number"`
	Type    phone.Type `json:"type"`
	AgentID *string    `json:"agentId"`
}

func pack(n phone.Number) number {
	packed := number{ID: n.ID, Number: n.Number, Type: n.Type}
	if n.AgentID != "" {
		packed.AgentID = &n.AgentID
	}
	return packed
}

func send(w http.ResponseWriter, value any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(value)
}

func (s Server) get(w http.ResponseWriter, r *http.Request, c *call) error {
	if err := query(r, nil); err != nil {
		return err
	}
	id := r.PathValue("id")
	if !isUUID(id) {
		return phone.ErrNotFound
	}
	n, err := s.Numbers.Number(r.Context(), c.workspace.ID, id)
	if err != nil {
		return err
	}
	return send(w, pack(n))
}

func (s Server) update(w http.ResponseWriter, r *http.Request, c *call) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if err := query(r, nil); err != nil {
		return err
	}
	change, err := decode(body)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if !isUUID(id) {
		return phone.ErrNotFound
	}
	if change.AgentID == nil {
		return s.get(w, r, c)
	}
	n, err := s.Numbers.UpdateNumber(r.Context(), c.workspace.ID, id, change)
	if err != nil {
		return err
	}
	return send(w, pack(n))
}

type page struct {
	Data   []number `json:"data"`
	Cursor *string  `json:"cursor"`
}

func (s Server) list(w http.ResponseWriter, r *http.Request, c *call) error {
	filter, after, limit, err := listQuery(r)
	if err != nil {
		return err
	}
	numbers, err := s.Numbers.Numbers(r.Context(), c.workspace.ID, filter, after, limit+1)
	if err != nil {
		return err
	}
	var p page
	if len(numbers) > limit {
		numbers = numbers[:limit]
		raw, err := hex.DecodeString(strings.ReplaceAll(numbers[limit-1].ID, "-", ""))
		if err != nil {
			return err
		}
		cursor := base64.RawURLEncoding.EncodeToString(raw)
		p.Cursor = &cursor
	}
	p.Data = make([]number, len(numbers))
	for i, n := range numbers {
		p.Data[i] = pack(n)
	}
	return send(w, p)
}

// query refuses a query that cannot be parsed, and unknown and repeated names. Values of known names go to value.
func query(r *http.Request, value func(name, text string) (known bool, detail string)) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return api.NewProblem(api.CodeInvalidRequest, "The query cannot be parsed: "+err.Error()+".")
	}
	var broken []api.ProblemField
	for name, texts := range values {
		known, detail := false, ""
		if value != nil {
			known, detail = value(name, texts[0])
		}
		switch {
		case !known:
			detail = "is not a query parameter of this operation; names are case-sensitive"
		case len(texts) > 1:
			detail = "appears more than once"
		}
		if detail != "" {
			broken = append(broken, api.ProblemField{Pointer: name, Detail: detail})
		}
	}
	if broken != nil {
		slices.SortFunc(broken, func(a, b api.ProblemField) int { return strings.Compare(a.Pointer, b.Pointer) })
		return api.NewProblem(api.CodeInvalidRequest, "", broken...)
	}
	return nil
}

// order is the order in which broken rules are reported. The query itself has none.
const order = "limit number agentId type"

func listQuery(r *http.Request) (f phone.Filter, after string, limit int, err error) {
	limit = 100
	var cursor *string
	var rules []api.ProblemField
	rule := func(ok bool, name, detail string) {
		if !ok {
			rules = append(rules, api.ProblemField{Pointer: name, Detail: detail})
		}
	}
	err = query(r, func(name, text string) (bool, string) {
		switch name {
		case "limit":
			n, err := strconv.Atoi(text)
			if err != nil || text[0] == '+' || len(strings.TrimPrefix(text, "-")) > 18 {
				return true, "must be a whole number of at most 18 digits"
			}
			rule(n >= 1, name, "must be 1 or more")
			limit = min(n, 1000)
		case "cursor":
			cursor = &text
		case "number":
			f.Number = text
			rule(phone.IsE164(text) || phone.IsSIPPrefix(text), name, "must be a phone number in E.164 form, with its + written %2B in a URL, or a SIP prefix")
		case "agentId":
			f.AgentID = &text
			rule(isAgentID(text), name, wantAgentID)
		case "type":
			f.Type = phone.Type(text)
			rule(f.Type == phone.PSTN || f.Type == phone.SIPUsername, name, "must be PSTN or SIP_USERNAME")
		default:
			return false, ""
		}
		return true, ""
	})
	if err == nil && cursor != nil {
		raw, failed := base64.RawURLEncoding.Strict().DecodeString(*cursor)
		if failed != nil || len(raw) != 16 {
			return f, "", 0, api.NewProblem(api.CodeInvalidRequest, "", api.ProblemField{Pointer: "cursor", Detail: "must be the cursor of an earlier page of this list"})
		}
		h := hex.EncodeToString(raw)
		after = h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	}
	if err == nil && rules != nil {
		slices.SortFunc(rules, func(a, b api.ProblemField) int {
			return strings.Index(order, a.Pointer) - strings.Index(order, b.Pointer)
		})
		err = api.NewProblem(api.CodeValidationFailed, "", rules...)
	}
	return f, after, limit, err
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}
