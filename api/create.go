package api

// Purchase asks to buy a number that is for sale, in E.164 form, as a search returned it.
func Purchase(number string) CreatePhoneNumberInput {
	return CreatePhoneNumberInput{Type: CreateByPurchase, Purchase: &PurchaseDetails{Number: number}}
}

// SIPImport asks to bring in a number that you have at a SIP carrier.
func SIPImport(details SIPImportDetails) CreatePhoneNumberInput {
	return CreatePhoneNumberInput{Type: CreateBySIPImport, SIPImport: &details}
}

// VogentSIP asks to make a SIP address.
func VogentSIP(details VogentSIPDetails) CreatePhoneNumberInput {
	return CreatePhoneNumberInput{Type: CreateByVogentSIP, VogentSIP: &details}
}
