# Run this test with: phonenumbers sandbox -- sh support-line-test.sh
set -eu

json='Content-Type: application/json'
auth="Authorization: Bearer $VOGENT_API_KEY"

# The program: it buys a number and links it to an agent. If a response is lost, curl sends the
# request again. The Idempotency-Key makes that safe.
open_support_line() { # NUMBER AGENT ORDER
  bought=$(curl -sS --retry 3 --retry-all-errors "$VOGENT_BASE_URL/phone_numbers" \
    -H "$auth" -H "$json" -H "Idempotency-Key: $3" \
    -d "{\"type\": \"purchase\", \"purchase\": {\"number\": \"$1\"}}")
  id=$(echo "$bought" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
  [ "$id" ] || fail "cannot buy $1: $bought"
  curl -fsS --retry 3 -X PUT "$VOGENT_BASE_URL/phone_numbers/$id" \
    -H "$auth" -H "$json" -d "{\"agentId\": \"$2\"}" >/dev/null
}

fail() {
  echo "$1" >&2
  exit 1
}

# The test. The sandbox buys the number, but loses the response.
control=${VOGENT_BASE_URL%/api}/_control
curl -fsS -X PUT "$control/faults" -H "$json" \
  -d '{"faults": [{"operation": "createPhoneNumber", "cut": "after", "times": 1}]}'
open_support_line +14155550100 agent_1 order-17

call=$(curl -sS "$control/calls" -H "$json" -d '{"to": "+14155550100", "from": "+18005550100"}')
case $call in
*'"agentId":"agent_1"'*) ;;
*) fail "the call gives $call; want agent_1" ;;
esac

numbers=$(curl -fsS "$VOGENT_BASE_URL/phone_numbers" -H "$auth")
[ "$(echo "$numbers" | grep -o '"id"' | wc -l)" -eq 1 ] || fail "the numbers are $numbers; want one"
