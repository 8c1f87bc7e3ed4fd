package spectest

import (
	"slices"
	"testing"
)

func TestWhatWasNotSeenIsMissing(t *testing.T) {
	missing := NewSeen().Missing(Load(t))
	for _, want := range []string{
		"code rate_limited", "getPhoneNumber 200 /agentId", "getPhoneNumber 200 /agentId null", "getPhoneNumber 200 /type = PSTN",
		"listPhoneNumbers 200 /data/*/id", "searchPhoneNumbers 200 /*/number", "getPhoneNumber 429 header retry-after", "problem /errors/*/pointer",
		"createPhoneNumber 422 code sip_prefix_taken", "listPhoneNumbers 200 application/json",
	} {
		if !slices.Contains(missing, want) {
			t.Errorf("%q is not among what is missing", want)
		}
	}
}
