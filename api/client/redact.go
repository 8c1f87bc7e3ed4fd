package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	redacted = "[redacted]"
	// leftOut stands for a whole text. Next to the words around it, a [redacted] in the place of a word would name the word.
	leftOut = "[redacted: it may hold a secret]"
)

// clean makes a stranger's text fit for one line of an error: redacted, with visible characters only, not too long.
func (x *call) clean(text string) string { return oneLine(x.redact(text)) }

// cleanName does the same to a name, such as a JSON pointer. A name is no value, so a word that is also a password stays in it.
func (x *call) cleanName(name string) string { return oneLine(x.hidden().replace(name)) }

// cleanError does the same to the text of an error. The words of the network, of the context and of Go are no stranger's.
func (x *call) cleanError(err error) string {
	var network *net.OpError
	var late net.Error
	if errors.As(err, &network) || errors.As(err, &late) && late.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return x.cleanName(err.Error())
	}
	return x.clean(err.Error())
}

// oneLine replaces what a terminal or a log would act on, or not show: control characters, the marks that turn the direction of
// the text, and everything else that is invisible.
func oneLine(text string) string {
	const most = 1000 // bytes
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return strings.TrimSpace(text)
}

// redact takes the API key and the passwords of the call out of a stranger's text. [Error] has the rules.
func (x *call) redact(text string) string {
	s := x.hidden()
	if text = s.replace(text); s.wordIn(text) {
		return leftOut
	}
	return text
}

// redactCut does the same to a text that may break off within a secret: the part of it that is there goes as well.
func (x *call) redactCut(text string) string {
	text = x.redact(text)
	if text == leftOut {
		return text
	}
	text = text[:begun(text, x.hidden().words)]
	if at := begun(text, x.hidden().long); at < len(text) {
		return text[:at] + redacted
	}
	return text
}

func (x *call) hidden() *secrets {
	if x.secrets == nil {
		x.secrets = secretsOf(append([]string{x.apiKey()}, x.settings.passwords...))
	}
	return x.secrets
}

// secrets are what no text may hold, as they are and as one reads them who takes a part of them for an escape.
type secrets struct {
	long  []string // replaced wherever they stand
	words []string // a text that has one as a word of its own is left out
}

func secretsOf(all []string) *secrets {
	var s secrets
	for _, secret := range all {
		for _, sent := range []string{secret, string([]rune(secret))} { // JSON has U+FFFD for what is not UTF-8
			for _, r := range readings(sent) {
				into := &s.long
				if wordLike(r.text) {
					into = &s.words
				}
				if !slices.Contains(*into, r.text) {
					*into = append(*into, r.text)
				}
			}
		}
	}
	return &s
}

// wordLike reports whether other text may well have the secret in it by chance: it has fewer than 8 characters, or fewer than 16
// without both a letter and a digit among them.
func wordLike(secret string) bool {
	n := utf8.RuneCountInString(secret)
	mixed := strings.ContainsFunc(secret, unicode.IsLetter) && strings.ContainsFunc(secret, unicode.IsDigit)
	return n < 8 || n < 16 && !mixed
}

// replace puts [redacted] in the place of each long secret.
func (s *secrets) replace(text string) string {
	type span struct{ from, to int }
	var found []span
	if len(s.long) > 0 {
		for _, r := range readings(text) {
			for _, secret := range s.long {
				for from := range occurrences(r.text, secret) {
					found = append(found, span{r.begin(from), r.begin(from + len(secret))})
				}
			}
		}
	}
	if found == nil {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for _, f := range found {
		if f.from >= done { // else it overlaps the one before
			b.WriteString(text[done:f.from])
			b.WriteString(redacted)
		}
		done = max(done, f.to)
	}
	b.WriteString(text[done:])
	return b.String()
}

// wordIn reports whether a text has one of the words as a word or a value of its own. The names of a JSON object are neither.
func (s *secrets) wordIn(text string) bool {
	if len(s.words) == 0 || !slices.ContainsFunc(readings(text), s.wordInReading) {
		return false
	}
	values, ok := stringsOf(text)
	return !ok || slices.ContainsFunc(values, s.wordIn)
}

func (s *secrets) wordInReading(r reading) bool {
	for _, word := range s.words {
		for from := range occurrences(r.text, word) {
			if standsAlone(r.text[:from], r.text[from+len(word):]) {
				return true
			}
		}
	}
	return false
}

// standsAlone reports whether what is between before and after is a word of its own: no letter, digit or _ touches it, and no - or .
// joins it to one, as in a host name. Before a = it is the name of a value.
func standsAlone(before, after string) bool {
	inWord := func(r rune) bool { return r == '_' || unicode.In(r, unicode.L, unicode.M, unicode.N) }
	joins := func(r rune) bool { return r == '-' || r == '.' }
	left, n := utf8.DecodeLastRuneInString(before)
	if joins(left) {
		left, _ = utf8.DecodeLastRuneInString(before[:len(before)-n])
	}
	right, n := utf8.DecodeRuneInString(after)
	if joins(right) {
		right, _ = utf8.DecodeRuneInString(after[n:])
	}
	return !inWord(left) && !inWord(right) && !strings.HasPrefix(after, "=")
}

// stringsOf returns the strings in a JSON object or array, without the names of members. It is false for any other text.
func stringsOf(text string) (values []string, ok bool) {
	if start := strings.TrimLeft(text, " \t\r\n"); start == "" || start[0] != '{' && start[0] != '[' {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	var open []json.Delim
	for named := false; ; { // whether the next value has its name already
		token, err := decoder.Token()
		if err != nil {
			return values, errors.Is(err, io.EOF) && len(open) == 0
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				open = append(open, t)
			} else {
				open = open[:len(open)-1]
			}
		case string:
			if !named && len(open) > 0 && open[len(open)-1] == '{' {
				named = true
				continue
			}
			values = append(values, t)
		}
		named = false
	}
}

// unfinished is an escape that the end of a text breaks off, or U+FFFD for half of a character.
var unfinished = regexp.MustCompile(`(?i)(\\+([ux][0-9a-f]{0,7})?|%[0-9a-f]?|&#?[0-9a-z]{0,32}|\x{FFFD})$`)

// begun returns where a secret begins that the end of a text breaks off, and the length of the text where none does.
func begun(text string, secrets []string) int {
	begin := len(text)
	for _, r := range readings(text) {
		end := r.text
		for range 4 { // as an escape within an escape can break off
			for _, secret := range secrets {
				for n := min(len(secret)-1, len(end)); n > 0; n-- {
					if strings.HasSuffix(end, secret[:n]) {
						begin = min(begin, r.begin(len(end)-n))
						break
					}
				}
			}
			end = end[:len(end)-len(unfinished.FindString(end[max(0, len(end)-64):]))]
		}
	}
	return begin
}

// occurrences yields where in a text a part begins.
func occurrences(text, part string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for from := 0; part != ""; from++ {
			at := strings.Index(text[from:], part)
			if from += at; at < 0 || !yield(from) {
				return
			}
		}
	}
}
