package api

// Purchase returns a request to buy a number that is for sale. The number must be in E.164 form, as a search returns it.
func Purchase(number string) CreatePhoneNumberInput {
	return CreatePhoneNumberInput{Type: CreateByPurchase, Purchase: &PurchaseDetails{Number: number}}
}

// SIPImport returns a request to import a number that you have from a SIP carrier.
func SIPImport(details SIPImportDetails) CreatePhoneNumberInput {
	return CreatePhoneNumberInput{Type: CreateBySIPImport, SIPImport: &details}
}

// VogentSIP returns a request to create a SIP address.
func VogentSIP(details VogentSIPDetails) CreatePhoneNumberInput {
	return CreatePhoneNumberInput{Type: CreateByVogentSIP, VogentSIP: &details}
}
