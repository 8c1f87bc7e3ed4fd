package api_test

import (
	"encoding/json"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

func TestCreateConstructorsSetTheTypeAndItsObjectOnly(t *testing.T) {
	for _, test := range []struct {
		request api.CreatePhoneNumberInput
		want    string
	}{
		{api.Purchase("+14155550100"), `{"purchase":{"number":"+14155550100"},"type":"purchase"}`},
		{
			api.SIPImport(api.SIPImportDetails{PhoneNumber: "+18001234567", TerminationURI: "sip.example.com", Username: "u", Password: "p"}),
			`{"sipImport":{"password":"p","phoneNumber":"+18001234567","terminationUri":"sip.example.com","username":"u"},"type":"sip_import"}`,
		},
		{
			api.VogentSIP(api.VogentSIPDetails{SIPPrefix: "support", Username: "caller", Password: "12345"}),
			`{"type":"vogent_sip","vogentSip":{"password":"12345","sipPrefix":"support","username":"caller"}}`,
		},
	} {
		if got, err := json.Marshal(test.request); err != nil || string(got) != test.want {
			t.Errorf("encoded to %s, %v; want %s", got, err, test.want)
		}
	}
}
