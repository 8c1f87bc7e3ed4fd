package api

// Purchase asks to buy a number that is for sale, in E.164 form, as a search returned it.
func Purchase(number string) CreatePhoneNumberRequest {
	return CreatePhoneNumberRequest{Type: CreateByPurchase, Purchase: &PurchaseDetails{Number: number}}
}

// SIPImport asks to bring in a number that you have at a SIP carrier.
func SIPImport(details SIPImportDetails) CreatePhoneNumberRequest {
	return CreatePhoneNumberRequest{Type: CreateBySIPImport, SIPImport: &details}
}

// VogentSIP asks to make a SIP address.
func VogentSIP(details VogentSIPDetails) CreatePhoneNumberRequest {
	return CreatePhoneNumberRequest{Type: CreateByVogentSIP, VogentSIP: &details}
}
