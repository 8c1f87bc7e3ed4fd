package client_test

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// shop is a server with a prepared response to each try of a purchase, and to each look-up between the tries.
type shop struct {
	tries   []string // "200", another status, "422 code", or cut, each with "ttl", or "ttl=" and seconds, if keys are honored
	lookUps []string // found, none or cut; the last one is repeated

	posts  int
	keys   []string
	looked int
}

func (s *shop) send(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		s.looked++
		what := s.lookUps[min(s.looked, len(s.lookUps))-1]
		return s.reply(what, map[string]string{"found": pageOf("", owned), "none": pageOf("")})
	}
	s.posts++
	for name, values := range r.Header {
		if http.CanonicalHeaderKey(name) == "Idempotency-Key" {
			s.keys = append(s.keys, values...)
		}
	}
	if s.posts > len(s.tries) {
		return nil, fmt.Errorf("try %d is one too many", s.posts)
	}
	return s.reply(s.tries[s.posts-1], map[string]string{"200": owned})
}

func (s *shop) reply(what string, bodies map[string]string) (*http.Response, error) {
	header := http.Header{}
	if rest, seconds, ok := strings.Cut(what, " ttl"); ok {
		what = rest
		header.Set("Idempotency-Key-TTL", cmp.Or(strings.TrimPrefix(seconds, "="), "86400"))
	}
	if what == "cut" {
		return nil, io.ErrUnexpectedEOF
	}
	if body, ok := bodies[what]; ok {
		return reply(http.StatusOK, header, body), nil
	}
	var status int
	var code string
	if _, err := fmt.Sscanf(what+" -", "%d %s", &status, &code); err != nil {
		return nil, err
	}
	if code == "-" {
		return reply(status, header, map[int]string{http.StatusCreated: owned}[status]), nil
	}
	return reply(status, header, `{"code":"`+code+`","detail":"no"}`), nil
}
